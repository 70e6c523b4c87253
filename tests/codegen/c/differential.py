"""Programs that run emitted modules on the host and count what differs from `evaluate`."""

import subprocess
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import numpy as np

from codegen.artifact import Artifact
from codegen.cores import Core
from codegen.ir import ClassOutput, GateNetlist, Network
from codegen.ir.evaluate import evaluate
from codegen.verify.build import SANITIZERS, WARNINGS, compile_c, link_firmware, run_firmware
from codegen.verify.c import raw_rows
from tests.networks import codes_for

N_ROWS = 64
N_RAW = 24
_FOUND = """\
#ifdef ON_CORE /* no output there: the status is the last wrong network, numbered from 1 */
#define FOUND(network) wrong = (network) + 1
#else
#include <stdio.h>
#define FOUND(network) printf("network %d\\n", network), wrong = 1
#endif
"""


def numbers(array: np.ndarray) -> str:
    return ", ".join(str(int(number)) for number in array.ravel())


def check_function(index: int, network: Network, prefix: str, *, from_raw: bool = False) -> str:
    """A C function that counts the rows on which the module is wrong. from_raw: it has `P_predict_raw`, which
    is compared with the codes of raw rows.
    """
    codes = codes_for(network.interface, N_ROWS, index)
    expected = evaluate(network, codes).reshape(N_ROWS, -1)
    classes, n_out = isinstance(network.interface.output, ClassOutput), expected.shape[1]
    kind = "int" if classes else f"{prefix}_value_t"
    one = "y[0] = {0}_predict(x + r * {1});" if classes else "{0}_predict(x + r * {1}, y);"
    many = f"{prefix}_predict32(x + r * {network.interface.n_features}, y32);"
    rows32 = (
        f"for (r = 0; r < {N_ROWS}; r += 32) {{ {many} for (i = 0; i < {32 * n_out}; i++)"
        f" wrong += y32[i] != e[r * {n_out} + i]; }}"
    )
    raws = raw_rows(network.interface, None, index, n_random=N_RAW)
    raw_codes = network.interface.quantize(raws)
    n_in = network.interface.n_features
    call = "y32[0] = {0}_predict_raw({1});" if classes else "{0}_predict_raw({1}, y32);"
    again = one.replace("x + r * {1}", "q")
    from_raw_loop = f"""for (r = 0; r < {N_RAW}; r++) {{
        {prefix}_input_t q[{n_in}];
        {prefix}_quantize(raw + r * {n_in}, q);
        for (i = 0; i < {n_in}; i++) wrong += q[i] != c[r * {n_in} + i];
        {again.format(prefix)}
        {call.format(prefix, f"raw + r * {n_in}")}
        for (i = 0; i < {n_out}; i++) wrong += y[i] != y32[i];
    }}"""
    raw_arrays = (
        f"static const uint32_t bits[] = {{{numbers(raws.view(np.uint32))}}};"
        f" const float *const raw = (const float *)(const void *)bits;"
        f" static const {prefix}_input_t c[] = {{{numbers(raw_codes)}}};"
    )
    return f"""
static int check{index}(void)
{{
    static const {prefix}_input_t x[] = {{{numbers(codes)}}};
    {raw_arrays if from_raw else ""}
    static const {kind} e[] = {{{numbers(expected)}}};
    {kind} y[{n_out}], y32[{32 * n_out}];
    int r, i, wrong = 0;
    (void)y32;
    for (r = 0; r < {N_ROWS}; r++) {{
        {one.format(prefix, network.interface.n_features)}
        for (i = 0; i < {n_out}; i++) wrong += y[i] != e[r * {n_out} + i];
    }}
    {rows32 if isinstance(network.body, GateNetlist) else ""}
    {from_raw_loop if from_raw else ""}
    return wrong;
}}
"""


def write_program(networks: Sequence[Network], artifacts: Sequence[Artifact], folder: Path) -> list[str]:
    """Writes modules with prefixes of their own and one program that checks all; gives the sources."""
    folder.mkdir()
    for artifact in artifacts:
        artifact.write(folder)
    pairs = list(zip(networks, artifacts, strict=True))
    checks = [
        check_function(index, network, one.prefix, from_raw=_has_raw(one))
        for index, (network, one) in enumerate(pairs)
    ]
    headers = [f'#include "{artifact.prefix}.h"' for artifact in artifacts]
    calls = [f"    if (check{index}() != 0) {{ FOUND({index}); }}" for index in range(len(pairs))]
    main = ["int main(void)", "{", "    int wrong = 0;", *calls, "    return wrong;", "}", ""]
    text = "\n".join([_FOUND, *headers, *checks, *main])
    (folder / "main.c").write_text(text, encoding="utf-8")
    return ["main.c", *(f"{artifact.prefix}.c" for artifact in artifacts)]


def _has_raw(artifact: Artifact) -> bool:
    return any(f" {artifact.prefix}_predict_raw(" in file.text for file in artifact.files)


def run_on_core(core: Core, sources: list[str], folder: Path) -> int:
    """The program in QEMU: 0 where all agrees, the number of a wrong network from 1, or a fault's status."""
    ours = resources.files("codegen.verify").joinpath("firmware")
    for name in ("startup.c", "io_semihosting.c", "io.h", "link.ld.in"):
        (folder / name).write_text((ours / name).read_text(encoding="utf-8"), encoding="utf-8")
    compiled = [
        *core.compiler_flags,
        "-std=c99",
        "-O2",
        "-ffunction-sections",
        "-fdata-sections",
        "-DON_CORE",
    ]
    all_sources = [*sources, "startup.c", "io_semihosting.c"]
    compile_c(core.compiler, [*compiled, "-c", *all_sources], folder)
    objects = [source.replace(".c", ".o") for source in all_sources]
    simulator = link_firmware(core, objects, "image.elf", folder)
    return run_firmware(simulator, "image.elf", folder).returncode


def compile_and_run(compiler: list[str], sources: list[str], folder: Path) -> str:
    """What the program prints: nothing where all agrees and no sanitizer complains."""
    command = [*compiler, "-O1", *WARNINGS, *SANITIZERS, *sources, "-o", "checks"]
    built = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr[:3000]
    ran = subprocess.run(
        ["./checks"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"ASAN_OPTIONS": "detect_leaks=0"},
    )
    return ran.stdout + ran.stderr[:3000]
