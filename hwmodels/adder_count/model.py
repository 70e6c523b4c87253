"""The adder count of the published genetic searches, as a hardware model; see docs/printed.md.

Source: the released code of "Bespoke Approximation of Multiplication-Accumulation and Activation Targeting
Printed Multilayer Perceptrons", ICCAD 2023, with the width of its final subtraction corrected.
"""

from collections.abc import Mapping

from codegen.ir import BespokeMlp, Design, Interface, MlpBatch, Network
from hwmodels.adder_count.columns import count_neuron
from hwmodels.model import Cost, CostClass, CostItem, FloatVector, HardwareModelError, Metric, Workload

METRIC = "full_adders"
_REFUSED = "adders are counted of bespoke MLPs only; price other bodies with the model printed"


class AdderCountModel:
    """Counts the full adders of bespoke MLPs, for comparison with published searches; it is no area.

    Clips, comparators of the argmax, and the bits that meet at the end of a column are free in it. It
    takes no options.
    """

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return (Metric(METRIC, "1", "min", "network", "full adders as published searches count; no area"),)

    @property
    def cost_class(self) -> CostClass:
        return "free"

    def accepts(self, design: Design) -> str | None:
        """Refuses all but bespoke MLPs."""
        return _REFUSED if _mlp_of(design) is None else None

    def price(self, design: Design, workload: Workload) -> Cost:
        """Raises HardwareModelError for a design that is not accepted. The workload does not matter."""
        mlp = _mlp_of(design)
        if mlp is None:
            raise HardwareModelError(f"adder_count: {_REFUSED}")
        items = _items(mlp)
        return Cost({METRIC: float(sum(item.amount for item in items))}, items)

    def price_batch(
        self, batch: MlpBatch, interface: Interface, workload: Workload
    ) -> Mapping[str, FloatVector]:
        """(n_networks,) float64, equal to `price` row by row."""
        from hwmodels.adder_count.batch import count_batch  # numba is loaded when a population is priced

        return {METRIC: count_batch(batch)}


def _mlp_of(design: Design) -> BespokeMlp | None:
    content = design.content
    if isinstance(content, Network) and isinstance(content.body, BespokeMlp):
        return content.body
    return None


def _items(mlp: BespokeMlp) -> tuple[CostItem, ...]:
    items = []
    for depth, layer in enumerate(mlp.layers):
        for number, neuron in enumerate(layer.neurons):
            count = count_neuron(neuron)
            parts = (
                ("positive", count.positive),
                ("negative", count.negative),
                ("subtraction", count.subtraction),
            )
            place = f"layer {depth}/neuron {number}"
            items += [CostItem(f"{place}/{part}", METRIC, float(n)) for part, n in parts if n]
    return tuple(items)
