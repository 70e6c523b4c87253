"""The compiled C of a network on this machine as a fast exact evaluator, over batches of rows."""

import functools
import shutil
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.c import emit_c
from codegen.c.body import Form
from codegen.errors import CodegenError
from codegen.ir import ClassOutput, Network, TensorNet
from codegen.ir.evaluate import check_codes
from codegen.toolchain import run_tool
from codegen.verify.build import BuildError, compile_c, missing_tool
from codegen.verify.subject import ANSWERS, Subject, rows_bytes, write_subject

Codes: TypeAlias = npt.NDArray[np.integer[Any]]
Int64Array: TypeAlias = npt.NDArray[np.int64]

FLAGS = ("-std=c99", "-O3", "-march=native", "-Imodule")
RUN_TIMEOUT_S = 3600.0
KEPT_PROGRAMS = 4
"""Compiled networks that are kept; a run evaluates one network on several parts of its data in turn."""


def can_evaluate_on_host() -> bool:
    """Whether there is a compiler."""
    return missing_tool("gcc") is None


def evaluate_on_host(network: Network, codes: Codes) -> Int64Array:
    """As `codegen.ir.evaluate.evaluate`, by the emitted C: the same integers, many times faster.

    codes: (n_samples, n_features). Raises IrError for codes that the network can't take, EmitError for a
    network that has no C form, and ToolError where there is no compiler or it fails.
    """
    samples = check_codes(network.interface, codes)
    program = _compiled(network)
    subject, folder = program.subject, program.subject.folder
    (folder / "codes.bin").write_bytes(rows_bytes(samples, subject.input_dtype))
    result = run_tool([str(folder / "harness")], cwd=folder, timeout_s=RUN_TIMEOUT_S)
    if result.returncode != 0:
        words = result.stderr.decode(errors="replace")[:2000]
        raise CodegenError(f"the compiled network ended with status {result.returncode}: {words}")
    answers = np.fromfile(folder / ANSWERS, dtype=subject.answer_dtype).astype(np.int64)
    answers = answers.reshape(len(samples), subject.n_answers)
    return answers[:, 0] if isinstance(network.interface.output, ClassOutput) else answers


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class _Program:
    """A compiled subject, whose folder goes with it."""

    subject: Subject


@functools.lru_cache(maxsize=KEPT_PROGRAMS)
def _compiled(network: Network) -> _Program:
    lowest = np.array([[feature.code_lo for feature in network.interface.features]])
    form: Form = "portable" if isinstance(network.body, TensorNet) else "auto"
    artifact = emit_c(network, name="net", vectors=lowest, layout="plain", form=form)
    folder = Path(tempfile.mkdtemp(prefix="silkscreen-"))
    program = _Program(write_subject(network, artifact, folder))
    weakref.finalize(program, shutil.rmtree, folder, ignore_errors=True)
    sources = [program.subject.module, "io_host.c", "harness.c"]
    try:
        compile_c("gcc", [*FLAGS, *sources, "-o", "harness"], folder)
    except BuildError as error:
        raise CodegenError(f"the emitted C does not compile: {error}") from None
    return program
