"""What a module has besides its kernels: calls, the compiler's routines, and code that operators share."""

import dataclasses
import json
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mcu_operator_rows import BATCH, LARGE_KIB, SMALL_BATCH, WEIGHTED, read_rows
from mcu_operators import KINDS, case_of, random_operator, terms_of

from codegen.c import emit_c
from codegen.cores import Core, load_core
from codegen.ir import (
    Clamp,
    Constant,
    Feature,
    Interface,
    Network,
    Quantization,
    Tensor,
    TensorGraph,
    TensorNet,
    Value,
    ValueOutput,
)
from codegen.toolchain import run_tool
from codegen.verify import measure_firmware
from codegen.verify.build import compile_c
from codegen.verify.kernels import KernelCase, run_kernels_on_core
from hwmodels.mcu.tensor.kernels import kernel_terms
from hwmodels.mcu.tensor.terms import KernelTerms

KEPT = Path(__file__).parent / "results" / "mcu_tensor_modules.json"
SEEDS, TWIN_SEEDS = range(12), range(10)
"""Of the operators whose routines are looked up."""
STARTUP = ["memcpy", "memset"]
"""Routines with which every program copies its data and clears its variables."""
KEPT_REGISTERS_BYTES = 16
"""What `P_predict_in` pushes at most to keep its pointers over calls; a chain of clamps needs none."""
CHAIN = 9
_SECTION = re.compile(r"^RELOCATION RECORDS FOR \[\.text\.(kernel\d+)[\w.]*\]:$")
_ROUTINE = re.compile(r"\s((?:mem(?:cpy|set|move))|__\w+)$")


@dataclass(frozen=True, slots=True)
class ModuleRow:
    """kernel: a form, or "chain 1", "chain 9" for so many calls of one function of no weight.

    library: routines that the form calls. shared_bytes: of code that operators share which differ in weights
    alone. flash_bytes, instructions, stack_bytes: of the whole module for
    chains, 0 for forms.
    """

    core: str
    kernel: str
    library: tuple[str, ...]
    shared_bytes: float = 0.0
    flash_bytes: int = 0
    instructions: float = 0.0
    stack_bytes: int = 0


def measure_modules(name: str) -> list[ModuleRow]:
    core = load_core(name)
    roomy = dataclasses.replace(core, simulators=core.simulators[-1:])
    rows = [ModuleRow(name, kernel, *found) for kernel, found in _libraries(roomy).items()]
    for length in (1, CHAIN):
        network = _chain(length)
        codes = np.zeros((1, network.interface.n_features), dtype=np.int32)
        artifact = emit_c(network, name="net", vectors=codes, core=core)
        found = measure_firmware(artifact, network, codes, roomy)
        rows.append(
            ModuleRow(
                name,
                f"chain {length}",
                (),
                0.0,
                found.flash_bytes,
                found.instructions_mean,
                found.stack_bytes,
            )
        )
    return rows


def module_terms(rows: list[ModuleRow]) -> dict[str, float]:
    """Of a module with no operator, and of each call; a clamp's own code is taken off."""
    one, many = (next(row for row in rows if row.kernel == f"chain {n}") for n in (1, CHAIN))
    call_bytes = (many.flash_bytes - one.flash_bytes) / (CHAIN - 1)
    each = (many.instructions - one.instructions) / (CHAIN - 1)
    return {
        "flash_bytes": one.flash_bytes - call_bytes,
        "instructions": round(one.instructions - each, 1),
        "stack_bytes": one.stack_bytes + KEPT_REGISTERS_BYTES,
        "call_bytes": call_bytes,
        "call_instructions": 4.0,
    }


def _chain(length: int) -> Network:
    """One clamp after the other over one item, so that next to nothing but calls is there."""
    scale = Quantization((0.05,), 3)
    tensors = tuple(Tensor(f"t{at}", (1,), "int8", scale) for at in range(length + 1))
    operators = tuple(Clamp(at, at + 1, "relu") for at in range(length))
    graph = TensorGraph(tensors, operators, (0,), (length,))
    feature = Feature("x", -6.5, 6.25, 8, signed=True)
    return Network(Interface((feature,), ValueOutput((Value("y", 0.05, 0.0),))), TensorNet(graph, ()))


def _libraries(core: Core) -> dict[str, tuple[tuple[str, ...], float]]:
    """By form the routines of the compiler that most of its operators call, and bytes that twins share."""
    chosen = [(kind, seed) for kind in KINDS for seed in SEEDS]
    nets = [random_operator(*one) for one in chosen]
    cases = [
        case_of(net, f"kernel{at}", core, kind)
        for at, (net, (kind, _)) in enumerate(zip(nets, chosen, strict=True))
    ]
    calls: dict[str, set[str]] = {}
    _inspect(cases, core, lambda folder: calls.update(_calls(folder, core)))
    shared = _shared_bytes(core) | _routine_bytes(cases, nets, core)
    found: dict[str, list[str]] = {}
    for case, net, (kind, _) in zip(cases, nets, chosen, strict=True):
        terms = terms_of(kind, net, core)
        if isinstance(terms, KernelTerms):
            found.setdefault(terms.kernel, []).append(case.name)
    return {
        kernel: (_usual([calls.get(name, set()) for name in names]), shared.get(kernel, 0.0))
        for kernel, names in found.items()
    }


def _shared_bytes(core: Core) -> dict[str, float]:
    """By form how many bytes fewer two operators take that differ in their weights alone, in the mean."""
    pairs = [(kind, seed) for kind in WEIGHTED for seed in TWIN_SEEDS]
    cases = []
    for at, one in enumerate(pairs):
        net = random_operator(*one)
        cases += [case_of(net, f"kernel{2 * at}", core), case_of(_twin(net), f"kernel{2 * at + 1}", core)]
    sections: dict[str, int] = {}
    _inspect(cases, core, lambda folder: sections.update(_sections(folder, core)))
    alone = {(row.kind, row.seed): row.code_bytes for row in read_rows() if row.core == core.name}
    found: dict[str, list[float]] = {}
    for at, one in enumerate(pairs):
        names = (f"kernel{2 * at}", f"kernel{2 * at + 1}")
        both = sum(size for name, size in sections.items() if name.split("_")[0].split(".")[0] in names)
        terms = kernel_terms(random_operator(*one).graph, core)
        if isinstance(terms, KernelTerms):
            found.setdefault(terms.kernel, []).append(max(2 * alone[one] - both, 0))
    return {kernel: round(sum(sizes) / len(sizes), 1) for kernel, sizes in found.items()}


def _routine_bytes(cases: list[KernelCase], nets: list[TensorNet], core: Core) -> dict[str, float]:
    """By form of pools how large the routine is that runs over a window."""
    sections: dict[str, int] = {}
    _inspect(cases, core, lambda folder: sections.update(_sections(folder, core)))
    found: dict[str, list[int]] = {}
    for case, net in zip(cases, nets, strict=True):
        size, terms = sections.get(f"{case.name}_f_window"), kernel_terms(net.graph, core)
        if size is not None and isinstance(terms, KernelTerms):
            found.setdefault(terms.kernel, []).append(size)
    return {kernel: round(sum(sizes) / len(sizes), 1) for kernel, sizes in found.items()}


def _inspect(cases: list[KernelCase], core: Core, look: Callable[[Path], None]) -> None:
    """Shows `look` the folders of programs that hold all cases; twins come in one."""
    batch = BATCH if core.simulators[0].flash_kib >= LARGE_KIB else SMALL_BATCH
    for first in range(0, len(cases), batch):
        run_kernels_on_core(cases[first : first + batch], core, inspect=look)


def _twin(net: TensorNet) -> TensorNet:
    """The same operator with other weights."""
    weight, bias = net.constants
    other = (-np.frombuffer(weight.data, dtype=np.int8)).astype(np.int8)
    return TensorNet(net.graph, (Constant(weight.tensor, other.tobytes()), bias))


def _sections(folder: Path, core: Core) -> dict[str, int]:
    """Bytes of code of each section, where merged functions are one, by its name behind .text."""
    text = run_tool([core.tool("objdump"), "-h", "kernels.o"], cwd=folder, timeout_s=60.0).stdout.decode()
    found = re.findall(r"^ *\d+ \.text\.(kernel\S+) +([0-9a-f]+) ", text, re.MULTILINE)
    return {name: (int(size, 16) + 3) // 4 * 4 for name, size in found}


def _calls(folder: Path, core: Core) -> dict[str, set[str]]:
    """Routines of the compiler by the case that calls them."""
    name, found = "", dict[str, set[str]]()
    text = run_tool([core.tool("objdump"), "-r", "kernels.o"], cwd=folder, timeout_s=60.0).stdout
    for line in text.decode().splitlines():
        if line.startswith("RELOCATION"):
            match = _SECTION.match(line)
            name = match.group(1) if match else ""
        elif name and (routine := _ROUTINE.search(line)):
            found.setdefault(name, set()).add(routine.group(1))
    return found


def _usual(sets: list[set[str]]) -> tuple[str, ...]:
    names = sorted(set().union(*sets))
    return tuple(name for name in names if sum(name in one for one in sets) * 2 > len(sets))


def library_bytes(core_name: str, names: list[str]) -> dict[str, int]:
    """What each routine adds to a program that has those of its start-up and the ones before it."""
    core, found, before = load_core(core_name), dict[str, int](), list(STARTUP)
    with tempfile.TemporaryDirectory() as folder_name:
        for name in names:
            without = _linked_bytes(core, before, Path(folder_name))
            before.append(name)
            found[name] = _linked_bytes(core, before, Path(folder_name)) - without
    return found


def _linked_bytes(core: Core, names: list[str], folder: Path) -> int:
    addresses = "".join(f"    .word {name}\n" for name in names)
    text = f"    .text\n    .global main\nmain:\n{addresses}"
    (folder / "main.S").write_text(text, encoding="utf-8")
    flags = [*core.compiler_flags, "-nostartfiles", "-Wl,-e,main"]
    compile_c(core.compiler, [*flags, "main.S", "-o", "main"], folder)
    sizes = run_tool([core.tool("size"), "main"], cwd=folder, timeout_s=60.0).stdout.decode()
    return int(sizes.splitlines()[1].split()[0]) - 4 * len(names)


def read_modules() -> list[ModuleRow]:
    if not KEPT.exists():
        return []
    document = json.loads(KEPT.read_text(encoding="utf-8"))
    return [ModuleRow(**{**row, "library": tuple(row["library"])}) for row in document]


def write_modules(rows: list[ModuleRow]) -> None:
    lines = ",\n".join(json.dumps(dataclasses.asdict(row)) for row in rows)
    KEPT.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
