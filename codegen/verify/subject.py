"""The emitted C module as the subject of a test: its files, and a header that names its functions."""

from dataclasses import dataclass
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from codegen.artifact import Artifact
from codegen.c.body import input_type, optimization, output_type
from codegen.errors import CodegenError
from codegen.ir import ClassOutput, GateNetlist, Network

ANSWERS, ANSWERS32, QUANTIZED = "answers.bin", "answers32.bin", "quantized.bin"
MODULE = "module"
"""The folder of the emitted files, whose names are the user's and could be those of ours."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A folder with the module, `subject.h` and the sources of the harness.

    module, selftest: paths below the folder; selftest is None where the artifact has none. rows32: the
    module has `P_predict32`. input_dtype, answer_dtype: of the rows in the files of harness.c,
    with n_answers. optimization: the compiler's level that the module is made for.
    """

    folder: Path
    prefix: str
    module: str
    selftest: str | None
    rows32: bool
    input_dtype: np.dtype[Any]
    answer_dtype: np.dtype[Any]
    n_answers: int
    optimization: str


def write_subject(network: Network, artifact: Artifact, folder: Path) -> Subject:
    """Writes the module into `folder`/module and the rest into `folder`.

    Raises CodegenError where the artifact has no module.
    """
    (folder / MODULE).mkdir()
    names = set()
    for file in artifact.files:
        path = PurePosixPath(file.path)
        if path.suffix in (".c", ".h"):
            (folder / MODULE / path.name).write_text(file.text, encoding="utf-8")
            names.add(path.name)
    prefix, classes = artifact.prefix, isinstance(network.interface.output, ClassOutput)
    if not {f"{prefix}.c", f"{prefix}.h"} <= names:
        raise CodegenError(f"artifact: must hold {prefix}.c and {prefix}.h, but has {sorted(names)}")
    for source in resources.files("codegen.verify").joinpath("firmware").iterdir():
        (folder / source.name).write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    selftest = f"{prefix}_selftest.c"
    rows32 = isinstance(network.body, GateNetlist)
    declared = (folder / MODULE / f"{prefix}.h").read_text(encoding="utf-8")
    header = _header(network, prefix, classes=classes, from_raw=f" {prefix}_predict_raw(" in declared)
    (folder / "subject.h").write_text(header, encoding="utf-8")
    return Subject(
        folder=folder,
        prefix=prefix,
        module=f"{MODULE}/{prefix}.c",
        selftest=f"{MODULE}/{selftest}" if selftest in names else None,
        rows32=rows32,
        input_dtype=_dtype(input_type(network.interface)),
        answer_dtype=_dtype("int32_t" if classes else output_type(network)),
        n_answers=1 if classes else network.interface.n_outputs,
        optimization=optimization(network),
    )


def _dtype(kind: str) -> np.dtype[Any]:
    return np.dtype(kind.removesuffix("_t")).newbyteorder("<")


def _header(network: Network, prefix: str, *, classes: bool, from_raw: bool) -> str:
    n_answers = 1 if classes else network.interface.n_outputs
    answer, call = ("int", "(*(y) = {0}(x))") if classes else (f"{prefix}_value_t", "{0}((x), (y))")
    return "\n".join(
        [
            f'#include "{MODULE}/{prefix}.h"',
            f"#define N_FEATURES {network.interface.n_features}u",
            f"#define N_ANSWERS {n_answers}u",
            f"typedef {prefix}_input_t input_t;",
            f"typedef {answer} answer_t;",
            f"#define SUBJECT_QUANTIZE(raw, x) {prefix}_quantize((raw), (x))",
            f"#define SUBJECT_PREDICT32(x, y) {prefix}_predict32((x), (y))",
            *([_from_raw(prefix, classes=classes)] if from_raw else []),
            "#ifdef MEASURED /* the call goes through measured.S, which has labels around it */",
            f"{'int' if classes else 'void'} measured_predict(const input_t x[]"
            f"{'' if classes else ', answer_t y[]'});",
            f"#define SUBJECT_PREDICT(x, y) {call.format('measured_predict')}",
            "#else",
            f"#define SUBJECT_PREDICT(x, y) {call.format(f'{prefix}_predict')}",
            "#endif",
            "",
        ]
    )


def _from_raw(prefix: str, *, classes: bool) -> str:
    call = f"{prefix}_predict_raw((raw)" + (")" if classes else ", (y))")
    return f"#define SUBJECT_PREDICT_RAW(raw, y) {f'(*(y) = {call})' if classes else call}"


def rows_bytes(rows: npt.NDArray[Any], dtype: np.dtype[Any]) -> bytes:
    """The rows as a file of harness.c holds them."""
    return rows.astype(dtype).tobytes()
