"""Proofs that emitted C computes the network: on the host under sanitizers, and on simulated cores."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.artifact import Artifact, Proof
from codegen.cores import Core, load_core
from codegen.ir import Feature, Interface, Network
from codegen.ir.evaluate import evaluate
from codegen.toolchain import ToolError, ToolResult, install_hint
from codegen.verify.budget import rows_within
from codegen.verify.build import (
    BuildError,
    build_firmware,
    build_host,
    host_title,
    missing_tool,
    run_firmware,
    run_host,
    simulator_title,
)
from codegen.verify.measure import FirmwareMeasurement, measure_firmware
from codegen.verify.subject import ANSWERS, ANSWERS32, QUANTIZED, Subject, rows_bytes, write_subject
from codegen.verify.verilog import proof_codes

__all__ = ["FirmwareMeasurement", "measure_firmware", "verify_c"]

IntArray: TypeAlias = npt.NDArray[np.integer[Any]]
Int64Array: TypeAlias = npt.NDArray[np.int64]
Rows: TypeAlias = npt.NDArray[Any]
RawArray: TypeAlias = npt.NDArray[np.float32]
Run: TypeAlias = Callable[[Subject], ToolResult]

USUAL_CORES = ("cortex-m0", "cortex-m4")
"""Where a module is proven that is made for no core in particular."""
MAX_MACS, MAX_MACS_ON_CORE = 1 << 29, 1 << 27
"""Multiply-accumulates of a tensor network that a proof runs through, on the host and on a simulated core."""
MAX_RAW_ON_CORE = 1000
"""Raw rows that run on a simulated core, where float arithmetic is slow; the host runs all."""
_SHOWN = 40


def verify_c(
    network: Network,
    artifact: Artifact,
    codes: IntArray,
    *,
    seed: int,
    n_random: int = 20000,
    raw: npt.NDArray[np.floating[Any]] | None = None,
    cores: Sequence[Core] = (),
) -> tuple[Proof, ...]:
    """A proof on the host, "c-host", and one on each of the cores, such as "c-cortex-m4".

    cores: those of the boards that the module is for; `USUAL_CORES` where none is given.

    All compare `P_predict` with `evaluate` on all of `codes` (n_samples, n_features) and on `n_random`
    random rows over the full range of every feature, and `P_quantize` with `Interface.quantize` on the
    rows `raw` (n_rows, n_features), where they are given, and on random ones with infinities, NaN and
    the borders of codes. The host compiles with warnings as errors and runs under the address and
    undefined-behavior sanitizers, the self-test and `P_predict32` too; the cores run in QEMU.

    Of a tensor network fewer rows run, so that they take about `MAX_MACS` multiply-accumulates on the host
    and `MAX_MACS_ON_CORE` on a core; half of them are from `codes`.

    A missing or hanging tool gives the status "missing" with what to do as the detail; a module that
    does not compile, or that a sanitizer stops, gives "mismatch" with the tool's words as the detail.
    Raises CodegenError where there is no vector, or the artifact is not of this network's kind.
    """
    vectors = _mixed(network, codes, seed, n_random)
    rows = raw_rows(network.interface, raw, seed, n_random=_n_raw(network))
    answers = evaluate(network, vectors).reshape(len(vectors), -1)
    task = _Task(network, artifact, vectors, answers, rows, network.interface.quantize(rows))
    host = _prove("c-host", ("gcc",), host_title, _run_on_host, task)
    return (host, *(_prove_on_core(core, task) for core in cores or map(load_core, USUAL_CORES)))


def _mixed(network: Network, codes: IntArray, seed: int, n_random: int) -> Int64Array:
    """Given and random rows; where not all may run, one of each in turn, so that any cut has both."""
    n_rows = rows_within(network, MAX_MACS)
    if len(codes) + n_random <= n_rows:
        return proof_codes(network, codes, seed=seed, n_random=n_random)
    n_given = min(len(codes), n_rows // 2)
    given = codes[np.arange(n_given) * len(codes) // max(n_given, 1)]
    rows = proof_codes(network, given, seed=seed, n_random=min(n_random, n_rows - n_given))
    order = np.argsort([*range(n_given), *range(len(rows) - n_given)], kind="stable")
    return rows[order]


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """What is proven, and what is right: answers (n_vectors, n_answers), quantized like raw."""

    network: Network
    artifact: Artifact
    codes: Int64Array
    answers: Int64Array
    raw: RawArray
    quantized: npt.NDArray[np.int32]

    def cut(self, max_raw: int, max_macs: int) -> "_Task":
        n_rows = rows_within(self.network, max_macs)
        return replace(
            self,
            raw=self.raw[:max_raw],
            quantized=self.quantized[:max_raw],
            codes=self.codes[:n_rows],
            answers=self.answers[:n_rows],
        )


def raw_rows(
    interface: Interface, raw: npt.NDArray[np.floating[Any]] | None, seed: int, n_random: int = 400
) -> RawArray:
    """Random raw rows that are hard to quantize, then the given ones; (n_rows, n_features) float32."""
    rng = np.random.default_rng(seed)
    columns = [_hard_values(feature, n_random, rng) for feature in interface.features]
    hard = np.stack(columns, axis=1)
    if raw is None:
        return hard
    return np.concatenate([hard, np.asarray(raw, dtype=np.float32).reshape(-1, interface.n_features)])


def _n_raw(network: Network) -> int:
    """Random raw rows: 400, fewer where a row has many values."""
    return max(4, min(400, 200_000 // network.interface.n_features))


def _hard_values(feature: Feature, n: int, rng: np.random.Generator) -> RawArray:
    """Values inside and outside the range, borders of codes with their neighbors, and special values."""
    lo, span = np.float64(feature.lo), np.float64(feature.hi) - np.float64(feature.lo)
    wide = lo + span * rng.uniform(-0.5, 1.5, n)
    border = lo + rng.integers(0, (1 << feature.bits) + 1, n) / np.float64(feature.scale)
    special = rng.choice(
        np.array([np.nan, np.inf, -np.inf, 3.4e38, -3.4e38, 1e-45, 0.0, -0.0, feature.lo, feature.hi]), n
    )
    kind = rng.integers(0, 4, n)
    with np.errstate(over="ignore"):
        values = np.select([kind == 0, kind == 1, kind == 2], [special, wide, border], border)
        values = values.astype(np.float32)
        toward = np.where(rng.random(n) < 0.5, np.float32(-np.inf), np.float32(np.inf))
        return np.where(kind == 3, np.nextafter(values, toward), values).astype(np.float32)


def _prove_on_core(core: Core, task: _Task) -> Proof:
    used = core.simulators[0]

    def run(subject: Subject) -> ToolResult:
        nonlocal used
        module, level = subject.module, subject.optimization
        used = build_firmware(core, module, ["harness.c"], "firmware.elf", subject.folder, level)
        return run_firmware(used, "firmware.elf", subject.folder)

    def title() -> str:
        return simulator_title(core, used)

    tools = (core.compiler, *(simulator.program for simulator in core.simulators))
    return _prove(f"c-{core.name}", tools, title, run, task.cut(MAX_RAW_ON_CORE, MAX_MACS_ON_CORE))


def _run_on_host(subject: Subject) -> ToolResult:
    """The programs one after the other, up to the first that fails."""
    programs = {"harness": [subject.module, "io_host.c", "harness.c"]}
    if subject.selftest is not None:
        programs["selftest"] = [subject.module, subject.selftest]
    if subject.rows32:
        programs["harness32"] = [subject.module, "io_host.c", "harness32.c"]
    for program, sources in programs.items():
        build_host(sources, program, subject.folder)
        result = run_host(program, subject.folder)
        if result.returncode != 0:
            break
    return result


def _prove(target: str, tools: tuple[str, ...], title: Callable[[], str], run: Run, task: _Task) -> Proof:
    missing = missing_tool(*tools)
    if missing is not None:
        return Proof(target, missing, "missing", 0, 0, detail=install_hint(missing))
    with tempfile.TemporaryDirectory(prefix="silkscreen-") as folder:
        subject = write_subject(task.network, task.artifact, Path(folder))
        (subject.folder / "codes.bin").write_bytes(rows_bytes(task.codes, subject.input_dtype))
        (subject.folder / "raw.bin").write_bytes(rows_bytes(task.raw, np.dtype("<f4")))
        try:
            result = run(subject)
        except BuildError as error:
            return Proof(target, title(), "mismatch", 0, 0, detail=f"does not compile: {error}")
        except ToolError as error:
            return Proof(target, title(), "missing", 0, 0, detail=str(error))
        if result.returncode != 0:
            words = (result.stderr or result.stdout).decode(errors="replace")[:2000]
            detail = f"ended with status {result.returncode}: {words}"
            return Proof(target, title(), "mismatch", 0, 0, detail=detail)
        return _compare(target, title(), subject, task)


def _compare(target: str, title: str, subject: Subject, task: _Task) -> Proof:
    files: list[tuple[str, str, np.dtype[Any], Rows, Rows]] = [
        ("vector", ANSWERS, subject.answer_dtype, task.codes, task.answers),
        ("raw row", QUANTIZED, subject.input_dtype, task.raw, task.quantized),
    ]
    if (subject.folder / ANSWERS32).exists():
        files.append(("vector of 32 rows", ANSWERS32, subject.answer_dtype, task.codes, task.answers))
    n_wrong, first = 0, ""
    for kind, name, dtype, given, expected in files:
        found = np.fromfile(subject.folder / name, dtype=dtype)
        if found.size < expected.size:
            detail = f"{name}: {expected.size} integers must be written, but {found.size} were"
            return Proof(target, title, "mismatch", 0, 0, detail=detail)
        wrong, text = _differences(kind, given, expected, found[: expected.size].reshape(expected.shape))
        n_wrong, first = n_wrong + wrong, first or text
    detail = f"{len(task.codes)} rows of codes, {len(task.raw)} raw rows quantized"
    n_vectors = sum(len(expected) for *_, expected in files)
    return Proof(target, title, "mismatch" if n_wrong else "proven", n_vectors, n_wrong, first, detail)


def _differences(kind: str, given: Rows, expected: Rows, found: Rows) -> tuple[int, str]:
    """How many rows differ, and the first of them in words."""
    wrong = np.flatnonzero((found != expected).any(axis=1))
    if not len(wrong):
        return 0, ""
    row = int(wrong[0])
    texts = [_numbers(array[row]) for array in (given, expected, found)]
    return len(wrong), f"{kind} {row} ({texts[0]}): expected {texts[1]}, found {texts[2]}"


def _numbers(row: Rows) -> str:
    more = ", ..." if len(row) > _SHOWN else ""
    return ", ".join(f"{number}" for number in row[:_SHOWN].tolist()) + more
