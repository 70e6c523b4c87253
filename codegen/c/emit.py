"""`emit_c`: a network as one C module, its self-test and the files of a build system."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from codegen.artifact import Artifact, File
from codegen.c.body import DEFAULT_SCHEDULE, Form, ModuleBody, module_body
from codegen.c.render import render
from codegen.c.text import EmitError, comment, float32, integer, string
from codegen.cores import Core, load_core
from codegen.identifiers import safe_identifier
from codegen.ir import ClassOutput, Feature, Interface, Network, Schedule
from codegen.ir.counts import count
from codegen.ir.evaluate import evaluate
from codegen.ir.serialize import content_hash

Layout: TypeAlias = Literal["plain", "cmake", "arduino", "platformio"]
CodeMatrix: TypeAlias = npt.NDArray[np.integer[Any]]
Values: TypeAlias = dict[str, object]

MAX_VECTORS = 64
"""Rows of the data that the self-test holds; the proof runs over all of them."""
DEFAULT_CORE = "cortex-m4"
_MAX_PREFIX = 40
_SELFTEST_FOLDERS: dict[Layout, str] = {
    "plain": "",
    "cmake": "test/",
    "arduino": "extras/",
    "platformio": "examples/selftest/",
}
_CMAKE_TARGETS = frozenset({"all", "clean", "help", "install", "package", "test"})


@dataclass(frozen=True, slots=True)
class Foretold:
    """What a cost model foretells of one `P_predict`: instructions on a core, which its self-test prints."""

    core: str
    instructions: int


def emit_c(
    network: Network,
    *,
    name: str,
    vectors: CodeMatrix,
    layout: Layout = "cmake",
    form: Form = "auto",
    core: Core | None = None,
    schedule: Schedule = DEFAULT_SCHEDULE,
    foretold: Foretold | None = None,
) -> Artifact:
    """The network as self-contained C99 that is also C++, every name beginning with a prefix.

    name: any text; the prefix is an identifier made of it. vectors: (n_samples, n_features) codes, of
    which up to `MAX_VECTORS` go into the self-test. layout: "plain" (three files), "cmake" (a library
    target, ctest, install), "arduino" or "platformio" (a library of theirs).

    form: of a bespoke MLP, "straight" code, "table", or "auto" (see `codegen.c.forms.choose_form`); of a
    tensor network the best kernels wanted, "portable", "acle" (C with intrinsics), or "asm" (assembler where
    the core has it); of both "shared", one routine for all layers; "auto" takes what the schedule's
    objective asks for. core, schedule: that the C is made for, the core `DEFAULT_CORE` where none is given;
    it runs on any other core too, portable and in the same memory. foretold: stands
    beside the cycles that the self-test prints.

    Raises EmitError for operators that have no C form, for networks that have not the form, and for vectors
    that do not fit; PlanError for a schedule that does not fit.
    """
    if layout not in get_args(Layout):
        raise EmitError(f"layout must be one of {', '.join(get_args(Layout))}, not {layout!r}")
    _check_vectors(network, vectors)
    prefix = _prefix(name)
    body = module_body(network, prefix, form, core=core or load_core(DEFAULT_CORE), schedule=schedule)
    values = _values(network, body, name, prefix)
    rows = vectors[_spread(len(vectors))]
    sources = {
        f"{prefix}.h": render("module.h.j2", **values),
        f"{prefix}.c": render("module.c.j2", **values),
        f"{prefix}_selftest.c": render("selftest.c.j2", **values, **_test_values(network, rows, foretold)),
    }
    files = [File(_place(path, layout), text) for path, text in sources.items()]
    return Artifact("c", prefix, (*files, *_build_files(network, values, rows, prefix, layout)))


def _prefix(name: str) -> str:
    """An identifier that is no target of CMake's own either."""
    prefix = safe_identifier(name, "c")[:_MAX_PREFIX].rstrip("_")
    return f"{prefix}_net" if prefix.lower() in _CMAKE_TARGETS else prefix


def _check_vectors(network: Network, vectors: CodeMatrix) -> None:
    n_features = network.interface.n_features
    if vectors.ndim != 2 or vectors.shape[1] != n_features or not len(vectors):
        raise EmitError(f"vectors must be (at least 1, {n_features}) codes, not {vectors.shape}")


def _spread(n_rows: int) -> npt.NDArray[np.intp]:
    """Up to `MAX_VECTORS` row numbers, evenly over all rows."""
    n_chosen = min(n_rows, MAX_VECTORS)
    return np.arange(n_chosen) * n_rows // n_chosen


def _place(file: str, layout: Layout) -> str:
    """The path of a source file in a layout."""
    if layout == "plain":
        return file
    if file.endswith("_selftest.c"):
        return _SELFTEST_FOLDERS[layout] + file
    return ("include/" if layout in ("cmake", "platformio") and file.endswith(".h") else "src/") + file


def _build_files(
    network: Network, values: Values, rows: CodeMatrix, prefix: str, layout: Layout
) -> tuple[File, ...]:
    if layout == "cmake":
        return (File("CMakeLists.txt", render("CMakeLists.txt.j2", **values)),)
    if layout == "arduino":
        example = render("Predict.ino.j2", **values, row=_row(rows[0]))
        return (
            File("library.properties", render("library.properties.j2", **values)),
            File("examples/Predict/Predict.ino", example),
        )
    if layout == "platformio":
        return (File("library.json", _library_json(values)),)
    return ()


def _values(network: Network, body: ModuleBody, name: str, prefix: str) -> Values:
    """Everything that the templates name; texts of the user are made safe here and nowhere later."""
    interface, output = network.interface, network.interface.output
    classes = isinstance(output, ClassOutput)
    return {
        "title": comment(name),
        "prefix": prefix,
        "upper": prefix.upper(),
        "hash": content_hash(network),
        "body": body.title,
        "cost": _cost(network),
        "classes": classes,
        "n_outputs": interface.n_outputs,
        "n_features": interface.n_features,
        "goal": f"{interface.n_outputs} {'classes' if classes else 'values'}",
        "output": _output_title(network),
        "no_class": "; an index of N_OUTPUTS or more is no class" if body.rows32 else "",
        "features": [_feature(feature) for feature in interface.features],
        "runs": _runs(interface, body),
        "uniform": _is_uniform(interface, body),
        "arena_bytes": body.arena_bytes,
        "inputs_text": body.inputs,
        "predict_raw": body.from_raw,
        "optimization": body.optimization,
        "signed": any(feature.signed for feature in interface.features),
        "input_type": body.input_type,
        "code": "code" if body.input_type == "uint16_t" else f"({prefix}_input_t)code",
        "value_type": body.value_type,
        "private_value_t": classes and f"{prefix}_value_t" in body.text,
        "own_function": f"{prefix.upper()}_OWN_FUNCTION" in body.text,
        "routine": f"{prefix.upper()}_ROUTINE" in body.text,
        "rows32": body.rows32,
        "labels": [string(label) for label in output.labels] if isinstance(output, ClassOutput) else [],
        "values": []
        if isinstance(output, ClassOutput)
        else [
            {
                "name": comment(value.name),
                "scale": repr(float(value.scale)),
                "offset": repr(float(value.offset)),
            }
            for value in output.values
        ],
        "body_text": body.text,
    }


def _is_uniform(interface: Interface, body: ModuleBody) -> bool:
    """Whether all inputs of a tensor network are quantized alike, so that no table of them is needed."""
    kinds = {(one.lo, one.hi, one.bits, one.signed) for one in interface.features}
    return body.arena_bytes is not None and len(kinds) == 1


def _runs(interface: Interface, body: ModuleBody) -> list[dict[str, object]]:
    """What the header says of the inputs: one entry each, or one for all of them."""
    features = interface.features
    each = [{"place": f"{index:3d}", **_feature(feature)} for index, feature in enumerate(features)]
    if len(each) == 1 or not _is_uniform(interface, body):
        return each
    name = f"{comment(features[0].name)} to {comment(features[-1].name)}, each"
    return [each[0] | {"place": f"0 to {len(each) - 1}", "name": name}]


def _library_json(values: Values) -> str:
    """The manifest of a PlatformIO library.

    Source: docs.platformio.org, "library.json": name, version and frameworks as there; sources lie in src,
    headers in include.
    """
    manifest = {
        "name": values["prefix"],
        "version": "1.0.0",
        "description": f"A neural network as integer arithmetic: {values['title']}",
        "keywords": "neural network, inference, microcontroller",
        "headers": f"{values['prefix']}.h",
        "frameworks": "*",
        "platforms": "*",
        "build": {"flags": values["optimization"]},
    }
    return json.dumps(manifest, indent=2) + "\n"


def _feature(feature: Feature) -> dict[str, object]:
    return {
        "name": comment(feature.name),
        "lo": float32(feature.lo),
        "range": f"{np.float32(feature.lo)} to {np.float32(feature.hi)}",
        "bits": feature.bits,
        "scale": float32(feature.scale),
        "top": (1 << feature.bits) - 1,
        "base": -feature.code_lo,
    }


def _cost(network: Network) -> str:
    counts = count(network)
    return f"{counts.macs} multiply-accumulates, {counts.parameters} parameters"


def _output_title(network: Network) -> str:
    output = network.interface.output
    if isinstance(output, ClassOutput):
        return f"one of {len(output.labels)} classes"
    return ", ".join(comment(value.name) for value in output.values[:8])


def _test_values(network: Network, rows: CodeMatrix, foretold: Foretold | None) -> Values:
    expected = evaluate(network, rows)
    return {
        "n_vectors": len(rows),
        "inputs": [_row(row) for row in rows],
        "outputs": [_row(np.atleast_1d(row)) for row in expected],
        "foretold_core": "none" if foretold is None else foretold.core,
        "foretold_instructions": 0 if foretold is None else foretold.instructions,
    }


def _row(numbers: Sequence[Any] | CodeMatrix) -> str:
    return ", ".join(integer(int(number)) for number in numbers)
