"""Random networks: the emitted C gives what `evaluate` gives, under sanitizers, as C99 and as C++."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codegen.artifact import Artifact
from codegen.c import emit_c
from codegen.ir import (
    BespokeMlp,
    ClassOutput,
    Clip,
    Feature,
    GateNetlist,
    Interface,
    Layer,
    Network,
    Neuron,
    Term,
)
from codegen.ir.evaluate import evaluate
from codegen.verify.build import SANITIZERS, WARNINGS
from tests.networks import codes_for, networks

N_ROWS = 64
BATCH = 12


def numbers(array: np.ndarray) -> str:
    return ", ".join(str(int(number)) for number in array.ravel())


def check_function(index: int, network: Network, prefix: str) -> str:
    """A C function that counts the rows on which the module is wrong."""
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
    return f"""
static int check{index}(void)
{{
    static const {prefix}_input_t x[] = {{{numbers(codes)}}};
    static const {kind} e[] = {{{numbers(expected)}}};
    {kind} y[{n_out}], y32[{32 * n_out}];
    int r, i, wrong = 0;
    (void)y32;
    for (r = 0; r < {N_ROWS}; r++) {{
        {one.format(prefix, network.interface.n_features)}
        for (i = 0; i < {n_out}; i++) wrong += y[i] != e[r * {n_out} + i];
    }}
    {rows32 if isinstance(network.body, GateNetlist) else ""}
    return wrong;
}}
"""


def program(tested: list[Network], folder: Path, forms: tuple[str, ...]) -> list[str]:
    """Writes the modules and one program that checks them all; gives the sources."""
    folder.mkdir()
    artifacts: list[Artifact] = []
    for index, network in enumerate(tested):
        form = forms[index % len(forms)] if isinstance(network.body, BespokeMlp) else "auto"
        vectors = codes_for(network.interface, 2, 0)
        artifacts.append(emit_c(network, name=f"n{index}", vectors=vectors, layout="plain", form=form))  # type: ignore[arg-type]
        artifacts[-1].write(folder)
    checks = [check_function(index, network, f"n{index}") for index, network in enumerate(tested)]
    headers = [f'#include "n{index}.h"' for index in range(len(tested))]
    calls = [
        f'    if (check{index}() != 0) {{ printf("network {index}\\n"); wrong = 1; }}'
        for index in range(len(tested))
    ]
    main = ["int main(void)", "{", "    int wrong = 0;", *calls, "    return wrong;", "}", ""]
    text = "\n".join(["#include <stdio.h>", *headers, *checks, *main])
    (folder / "main.c").write_text(text, encoding="utf-8")
    return ["main.c", *(f"{artifact.prefix}.c" for artifact in artifacts)]


def compile_and_run(compiler: list[str], sources: list[str], folder: Path) -> str:
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


def extreme_networks() -> list[Network]:
    """The largest inputs, shifts, clips and biases, and more inputs than a byte can number."""
    output = ClassOutput(("a", "b"))
    wide = tuple(Feature(f"f{index}", 0.0, 1.0, 16) for index in range(3))
    many = tuple(Feature(f"f{index}", 0.0, 1.0, 9) for index in range(300))
    hidden = (
        Neuron((1 << 40) - 1, (Term(0, 24, 65535, 1), Term(1, 24, 65535, -1), Term(2, 0, 1, 1))),
        Neuron(-(1 << 40) + 1, (Term(0, 24, 65535, 1), Term(2, 24, 40000, 1))),
        Neuron(70000, (Term(1, 3, 65535, -1),)),
    )
    last = (
        Neuron(-(1 << 31), (Term(0, 15, 65535, 1),)),
        Neuron(5, (Term(1, 14, 65535, 1), Term(2, 2, 3, -1))),
    )
    narrow = (Neuron(0, (Term(0, 0, 1, 1),)), Neuron(0, (Term(1, 0, 1, 1), Term(2, 1, 3, -1))))
    counted = tuple(
        Neuron(place, tuple(Term(index, index % 5, 511, 1) for index in range(place, 300, 7)))
        for place in range(2)
    )
    bodies = [
        (wide, (Layer(hidden, Clip(25, 16)), Layer(last))),
        (wide, (Layer(hidden, Clip(40, 3)), Layer(narrow))),
        (wide, (Layer(hidden[2:], Clip(33, 16)), Layer((Neuron(1, ()), Neuron(2, ()))))),
        (many, (Layer(counted, Clip(4, 12)), Layer((narrow[0], Neuron(1, (Term(1, 9, 4095, 1),)))))),
    ]
    return [Network(Interface(features, output), BespokeMlp(layers)) for features, layers in bodies]


@pytest.mark.parametrize("form", ["straight", "table"])
def test_extreme_networks_agree_with_evaluate(form: str, tmp_path: Path, requires_tool) -> None:  # type: ignore[no-untyped-def]
    requires_tool("gcc")
    folder = tmp_path / "c"
    sources = program(extreme_networks(), folder, (form,))
    assert compile_and_run(["gcc", "-std=c99"], sources, folder) == ""


@pytest.mark.parametrize(
    ("compiler", "forms"),
    [
        (["gcc", "-std=c99"], ("straight", "table")),
        (["g++", "-x", "c++"], ("table", "straight")),
    ],
)
@settings(
    max_examples=2,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)
@given(tested=st.lists(networks(), min_size=BATCH, max_size=BATCH))
def test_random_networks_agree_with_evaluate(
    compiler: list[str],
    forms: tuple[str, ...],
    tested: list[Network],
    tmp_path_factory: pytest.TempPathFactory,
    requires_tool,  # type: ignore[no-untyped-def]
) -> None:
    requires_tool(compiler[0])
    folder = tmp_path_factory.mktemp("batch") / "c"
    assert compile_and_run(compiler, program(tested, folder, forms), folder) == ""
