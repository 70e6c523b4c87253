"""Approximate MLPs as a dozen decisions, from which a network is then trained."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from codegen.ir import Design, FullyConnected, Tensor, TensorGraph
from codegen.ir.graph import DType
from codegen.ir.operators import Activation
from searchspaces.approximate_mlp.options import (
    FAMILY,
    POWER_OF_TWO,
    ApproximateMlpOptions,
    ArgmaxForm,
    WeightForm,
)
from searchspaces.axes import Axis, AxisTable, ChoiceAxis, IntAxis, RealAxis
from searchspaces.space import AxisValue, Domain, Rows, SpaceError


@dataclass(frozen=True, slots=True)
class MlpRecipe:
    """How one network is trained; everything but data and seed.

    hidden: widths, empty for a linear network. input_bits: top bits seen of each feature. activation_shift:
    None leaves it to the training. pressure: on area, from 0 (none) to 1 (few terms survive).
    """

    hidden: tuple[int, ...] = (5,)
    input_bits: int = 4
    weights: WeightForm = POWER_OF_TWO
    max_shift: int = 6
    activation_bits: int = 8
    activation_shift: int | None = None
    argmax: ArgmaxForm = "exact"
    pressure: float = 0.0


class ApproximateMlpAxes:
    """An axis space: rows are the decisions that have more than one possible value.

    Decisions: hidden0, hidden1, ... (0 ends the list), input_bits, weights, activation_bits,
    activation_shift, argmax, pressure.
    """

    def __init__(self, options: ApproximateMlpOptions, n_features: int, n_outputs: int) -> None:
        """n_outputs: classes, or 1 for a regression. Raises SpaceError where the options are for genes."""
        if options.detail != "axes":
            raise SpaceError(f"{FAMILY}: detail: must be axes for an axis space, not {options.detail!r}")
        self._options = options
        self._n_features = n_features
        self._n_outputs = n_outputs
        self._forms = {str(form): form for form in options.weights}
        self._table = AxisTable(_axes(options))

    @property
    def family(self) -> str:
        return FAMILY

    @property
    def options(self) -> ApproximateMlpOptions:
        return self._options

    @property
    def domain(self) -> Domain:
        return self._table.domain

    def sample(self, rng: np.random.Generator, n_rows: int) -> Rows:
        """(n_rows, n_variables), uniform."""
        return self._table.sample(rng, n_rows)

    def values(self, row: Rows) -> dict[str, AxisValue]:
        """All decisions of a row; those without effect take the lowest value. Raises SpaceError outside."""
        values = self._table.values(row)
        hidden = self._hidden(values)
        for axis in self._table.axes:
            if not self._matters(axis.name, len(hidden)):
                values[axis.name] = axis.read(axis.lower)
        return values

    def row(self, values: Mapping[str, AxisValue]) -> Rows:
        """The inverse of `values`. Raises SpaceError, naming the decision."""
        return self._table.row(values)

    def recipe(self, row: Rows) -> MlpRecipe:
        """How to train the network of a row."""
        values = self.values(row)
        shift = values["activation_shift"]
        return MlpRecipe(
            hidden=self._hidden(values),
            input_bits=int(values["input_bits"]),
            weights=self._forms[str(values["weights"])],
            max_shift=self._options.max_shift,
            activation_bits=int(values["activation_bits"]),
            activation_shift=None if shift == "auto" else int(shift),
            argmax="reduced" if values["argmax"] == "reduced" else "exact",
            pressure=float(values["pressure"]),
        )

    def structure(self, row: Rows) -> Design:
        """Fully connected layers without values. Training may leave weights out, never add any."""
        return Design(mlp_graph(self.recipe(row), self._n_features, self._n_outputs))

    def _hidden(self, values: Mapping[str, AxisValue]) -> tuple[int, ...]:
        widths = [int(values[f"hidden{index}"]) for index in range(len(self._options.hidden))]
        return tuple(widths[: widths.index(0)]) if 0 in widths else tuple(widths)

    def _matters(self, name: str, n_hidden: int) -> bool:
        if name == "argmax":
            return self._n_outputs > 1
        if name.startswith("activation"):
            return n_hidden > 0
        return not name.startswith("hidden") or int(name.removeprefix("hidden")) < n_hidden


def _axes(options: ApproximateMlpOptions) -> tuple[Axis, ...]:
    shift = options.activation_shift
    return (
        *(IntAxis(f"hidden{index}", width.lower, width.upper) for index, width in enumerate(options.hidden)),
        IntAxis("input_bits", options.input_bits.lower, options.input_bits.upper),
        ChoiceAxis("weights", tuple(str(form) for form in options.weights)),
        IntAxis("activation_bits", options.activation_bits.lower, options.activation_bits.upper),
        ChoiceAxis("activation_shift", ("auto",))
        if shift is None
        else IntAxis("activation_shift", shift.lower, shift.upper),
        ChoiceAxis("argmax", options.argmax),
        RealAxis("pressure", options.pressure.lower, options.pressure.upper),
    )


def mlp_graph(recipe: MlpRecipe, n_features: int, n_outputs: int) -> TensorGraph:
    """The structure of a recipe: one fully connected layer after the other, ReLU between them."""
    widths = [n_features, *recipe.hidden, n_outputs]
    tensors = [Tensor("input", (n_features,), _code_type(recipe.input_bits))]
    operators = []
    for index, (n_in, n_out) in enumerate(pairwise(widths)):
        is_last = index == len(widths) - 2
        source = len(tensors) - 1
        tensors += [
            Tensor(f"layer{index}.weight", (n_out, n_in), _weight_type(recipe)),
            Tensor(f"layer{index}.bias", (n_out,), "int32"),
            Tensor(f"layer{index}", (n_out,), "int32" if is_last else _code_type(recipe.activation_bits)),
        ]
        activation: Activation = "none" if is_last else "relu"
        operators.append(FullyConnected(source, source + 1, source + 2, source + 3, activation))
    return TensorGraph(tuple(tensors), tuple(operators), (0,), (len(tensors) - 1,))


def _code_type(bits: int) -> DType:
    """The smallest type that holds unsigned codes of this width."""
    return "uint8" if bits <= 8 else "int16" if bits <= 15 else "int32"


def _weight_type(recipe: MlpRecipe) -> DType:
    """The smallest type that holds the sum of a weight's digits, below 2**(max_shift + 1)."""
    top = 0 if recipe.weights.kind == "ternary" else recipe.max_shift
    bits = top + 2 if recipe.weights.digits > 1 else top + 1
    return "int8" if bits <= 7 else "int16" if bits <= 15 else "int32"
