"""The conformance kit: our spaces pass, and a space broken in one way fails in one check."""

from collections.abc import Mapping

import numpy as np
import pytest

from codegen.ir import Design, MlpBatch, Network, TensorGraph
from searchspaces.approximate_mlp import ApproximateMlpAxes, ApproximateMlpGenes, parse_options
from searchspaces.space import AxisValue, Rows, Space
from searchspaces.testing import CheckResult, check_space
from tests.searchspaces.spaces import AXIS_OPTIONS, GENE_OPTIONS, axes, genes, interface, value_interface


def failed(space: Space) -> list[CheckResult]:
    return [result for result in check_space(space, np.random.default_rng(3)) if not result.passed]


@pytest.mark.parametrize("options", GENE_OPTIONS)
def test_gene_spaces_conform(options: dict[str, object]) -> None:
    assert failed(genes(options)) == []
    assert failed(genes(options, value_interface())) == []


@pytest.mark.parametrize("options", AXIS_OPTIONS)
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_axis_spaces_conform(options: dict[str, object], n_outputs: int) -> None:
    assert failed(axes(options, n_outputs=n_outputs)) == []


class Genes(ApproximateMlpGenes):
    """Correct; the classes below break one thing each."""

    def __init__(self) -> None:
        super().__init__(parse_options({"hidden": 3}), interface())
        self.calls = 0


class OutsideTheDomain(Genes):
    def sample(self, rng: np.random.Generator, n_rows: int) -> Rows:
        rows = super().sample(rng, n_rows)
        rows[0, self.layout.layers[0].masks.start] = 16
        return rows

    def decode(self, row: Rows) -> Network:
        return super().decode(np.clip(row, self.domain.lower, self.domain.upper).astype(np.int32))

    def decode_batch(self, rows: Rows) -> MlpBatch:
        return super().decode_batch(np.clip(rows, self.domain.lower, self.domain.upper).astype(np.int32))


class OtherSampleEachTime(Genes):
    def sample(self, rng: np.random.Generator, n_rows: int) -> Rows:
        self.calls += 1
        return super().sample(np.random.default_rng(self.calls), n_rows)


class ChangesItsRows(Genes):
    def decode_batch(self, rows: Rows) -> MlpBatch:
        batch = super().decode_batch(rows.copy())
        rows[:, -1] = 0
        return batch


class BatchOfOtherNetworks(Genes):
    def decode_batch(self, rows: Rows) -> MlpBatch:
        return super().decode_batch(rows[::-1].copy())


class EncodesNothing(Genes):
    def encode(self, network: Network) -> Rows:
        return super().encode(network) * 0


class CrashesOnEncoding(Genes):
    def encode(self, network: Network) -> Rows:
        raise ValueError("no such network")


@pytest.mark.parametrize(
    ("space", "check", "detail"),
    [
        (
            OutsideTheDomain,
            "rows lie in the domain",
            "layer0.neuron0.input0.term0.mask: a value lies outside 0..15",
        ),
        (OtherSampleEachTime, "sampling repeats", "equal generators gave different rows"),
        (ChangesItsRows, "decoding repeats", "decoding changed its rows"),
        (
            BatchOfOtherNetworks,
            "batch equals single",
            "row 0: decode and decode_batch give different networks",
        ),
        (EncodesNothing, "encoding inverts decoding", "row 0: the encoded network decodes to another one"),
        (CrashesOnEncoding, "encoding inverts decoding", "ValueError: no such network"),
    ],
)
def test_a_gene_space_broken_in_one_way_fails_one_check(space: type[Genes], check: str, detail: str) -> None:
    assert failed(space()) == [CheckResult(check, False, detail)]


class Axes(ApproximateMlpAxes):
    """Correct; the classes below break one thing each."""

    def __init__(self) -> None:
        super().__init__(parse_options({"detail": "axes"}), 4, 3)
        self.calls = 0


class WrongType(Axes):
    def sample(self, rng: np.random.Generator, n_rows: int) -> Rows:
        return super().sample(rng, n_rows).astype(np.float32)

    def values(self, row: Rows) -> dict[str, AxisValue]:
        return super().values(row.astype(np.float64).clip(self.domain.lower, self.domain.upper))


class ForgetsPressure(Axes):
    def row(self, values: Mapping[str, AxisValue]) -> Rows:
        return super().row({**values, "pressure": 0.5})


class GrowingValues(Axes):
    def values(self, row: Rows) -> dict[str, AxisValue]:
        self.calls += 1
        return {**super().values(row), "calls": self.calls}

    def row(self, values: Mapping[str, AxisValue]) -> Rows:
        self.calls = int(values["calls"]) - 1
        return super().row({name: value for name, value in values.items() if name != "calls"})

    def structure(self, row: Rows) -> Design:
        return Axes.structure(Axes(), row)


class GrowingStructures(Axes):
    def structure(self, row: Rows) -> Design:
        self.calls += 1
        return axes({}, n_features=self.calls).structure(row)


class EmptyStructures(Axes):
    def structure(self, row: Rows) -> Design:
        return Design(TensorGraph((), (), (), ()))


@pytest.mark.parametrize(
    ("space", "check", "detail"),
    [
        (WrongType, "rows lie in the domain", "sampled rows are float32, the domain is float64"),
        (ForgetsPressure, "rows and values round trip", "row 0: pressure: 0."),
        (GrowingValues, "values repeat", "a row has two different sets of values"),
        (GrowingStructures, "equal values have equal structures", "row 0: rows of the same values have"),
        (EmptyStructures, "structures can be counted", "row 0: a structure has 0 macs and 0 parameters"),
    ],
)
def test_an_axis_space_broken_in_one_way_fails_one_check(space: type[Axes], check: str, detail: str) -> None:
    found = failed(space())
    assert [result.name for result in found] == [check]
    assert found[0].detail.startswith(detail)


def test_a_space_that_cannot_be_sampled_fails_without_a_trace() -> None:
    class NoSample(Genes):
        def sample(self, rng: np.random.Generator, n_rows: int) -> Rows:
            raise RuntimeError("no rows today")

    assert failed(NoSample()) == [
        CheckResult("rows lie in the domain", False, "sample: RuntimeError: no rows today")
    ]
