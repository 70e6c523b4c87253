"""Random networks: the emitted C gives what `evaluate` gives, under sanitizers, as C99 and as C++."""

from pathlib import Path

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
    Interface,
    Layer,
    Network,
    Neuron,
    Term,
)
from tests.codegen.c.differential import compile_and_run, write_program
from tests.networks import codes_for, networks

BATCH = 12


def program(tested: list[Network], folder: Path, forms: tuple[str, ...]) -> list[str]:
    """Writes the modules and one program that checks them all; gives the sources."""
    artifacts: list[Artifact] = []
    for index, network in enumerate(tested):
        form = forms[index % len(forms)] if isinstance(network.body, BespokeMlp) else "auto"
        vectors = codes_for(network.interface, 2, 0)
        artifacts.append(emit_c(network, name=f"n{index}", vectors=vectors, layout="plain", form=form))  # type: ignore[arg-type]
    return write_program(tested, artifacts, folder)


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
