"""What is known of an operator with weights before its weights are: sizes, and how sums become outputs."""

from dataclasses import dataclass

from codegen.ir.graph import Tensor, TensorGraph
from codegen.ir.operators import Weighted
from codegen.ir.requantization import INT8_MAX, INT8_MIN, activation_limits
from codegen.plan.geometry import Geometry, geometry_of


@dataclass(frozen=True, slots=True)
class Finish:
    """How sums become outputs.

    is_doubled: by the high half of the doubled product, in which case is_rounded says that halves of negative
    numbers take an instruction more. n_clamps: limits inside int8. is_shared: one factor for all outputs.
    """

    is_doubled: bool
    is_rounded: bool
    n_clamps: int
    is_shared: bool

    def terms(self, n_outputs: float) -> dict[str, float]:
        """Quantities of so many outputs."""
        return {
            "outputs": n_outputs,
            "doubled": n_outputs * self.is_doubled,
            "rounded": n_outputs * self.is_rounded,
            "clamps": n_outputs * self.n_clamps,
        }


@dataclass(frozen=True, slots=True)
class Task:
    """An operator with weights."""

    sizes: Geometry
    finish: Finish


def task_of(operator: Weighted, graph: TensorGraph) -> Task:
    """Where a tensor has no quantization yet, an activation's output is taken to begin at its zero point and
    to end at 127, as calibration makes it."""
    sizes = geometry_of(operator, graph)
    assert sizes is not None
    output, weight = graph.tensors[operator.output], graph.tensors[operator.weight]
    zero_point, limits = _limits(operator, output)
    doubled = operator.rounding == "double"
    shared = weight.quantization is None or len(weight.quantization.scales) == 1
    clamps = (limits[0] > INT8_MIN) + (limits[1] < INT8_MAX)
    return Task(sizes, Finish(doubled, doubled and limits[0] < zero_point, clamps, shared))


def _limits(operator: Weighted, output: Tensor) -> tuple[int, tuple[int, int]]:
    """The zero point of the output and its lowest and highest value."""
    if output.quantization is None:
        return (0 if operator.activation == "none" else INT8_MIN), (INT8_MIN, INT8_MAX)
    return output.quantization.zero_point, activation_limits(operator.activation, output.quantization)
