"""What chains of fully connected layers cost on a core, on the shared routine and with a kernel for each
layer.

Figures are linear in a few quantities that structure tells. What one of each costs is data that
benchmarks/calibrate_dense.py fits to measured firmware: codegen/data/dense/figures.json. Constants are exact.
"""

import functools
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal, TypeAlias

from codegen.cores import Core
from codegen.ir.graph import Tensor, TensorGraph
from codegen.ir.operators import FullyConnected
from codegen.ir.requantization import INT8_MAX, INT8_MIN, activation_limits
from codegen.plan.dense import DensePlan
from codegen.plan.errors import PlanError

FORMAT = "silkscreen-dense-figures-1"
FITTED_AS = {"cortex-m0plus": "cortex-m0"}
"""Cores that take the figures of another with the same instruction set."""
GROUP = 4
"""Inputs in a step of the portable routine."""
WORD_BYTES = 4
UNROLLED = 32
"""Inputs up to which a kernel's code grows."""
HALVES_RULE, SHIFT_RULE = 4, 2
"""Constants of a requantization in the portable routine: by products of halves, or by a shift alone."""

Kind: TypeAlias = Literal["shared_tensors", "shared_sums", "layers"]
"""The shared routine of int8 tensors, of a bespoke MLP, and kernels layer by layer."""
Terms: TypeAlias = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class DenseTraits:
    """What the routine of a chain depends on besides widths. is_doubled: the rounding "double". n_rule:
    constants of a requantization in the portable routine. is_shared: all outputs of a layer are scaled alike.
    is_saturated: the clamp is one saturation. is_class: the answer is a class, not values. subtracts:
    some feature's lowest value is not 0. input_columns, input_halves: properties that features do not share,
    and how many of them are halves of float32 values; input_bytes: of their table.
    """

    is_doubled: bool
    n_rule: int
    is_shared: bool
    is_saturated: bool
    is_class: bool
    subtracts: bool = False
    input_columns: int = 0
    input_halves: int = 0
    input_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """instructions: of one inference from codes. flash_bytes: code_bytes and constant_bytes."""

    instructions: float
    code_bytes: float
    constant_bytes: int

    @property
    def flash_bytes(self) -> float:
        return self.code_bytes + self.constant_bytes


@dataclass(frozen=True, slots=True)
class Rates:
    """What one of each quantity costs, by name. frame_bytes: of stack besides buffers, the most that was
    seen.
    """

    instructions: Terms
    code_bytes: Terms
    frame_bytes: int


def chain_traits(graph: TensorGraph, *, is_class: bool = True) -> DenseTraits:
    """Of a graph that is a chain. Where a tensor has no quantization yet, its limits are taken to be those of
    int8, and all outputs to be scaled alike; features are alike, and begin at 0 as their zero point says.
    """
    source = graph.tensors[graph.inputs[0]].quantization
    operators = [one for one in graph.operators if isinstance(one, FullyConnected)]
    rounding = operators[0].rounding
    return DenseTraits(
        is_doubled=rounding == "double",
        n_rule=SHIFT_RULE if rounding == "power_of_two" else HALVES_RULE,
        is_shared=all(_n_scales(graph.tensors[one.weight]) == 1 for one in operators),
        is_saturated=all(_is_whole(one, graph.tensors[one.output]) for one in operators),
        is_class=is_class,
        subtracts=source is not None and source.zero_point != INT8_MIN,
    )


def _n_scales(weight: Tensor) -> int:
    return 1 if weight.quantization is None else len(weight.quantization.scales)


def _is_whole(operator: FullyConnected, output: Tensor) -> bool:
    """Whether the limits of the output are those of int8."""
    if output.quantization is None:
        return True
    return activation_limits(operator.activation, output.quantization) == (INT8_MIN, INT8_MAX)


def dense_figures(plan: DensePlan, traits: DenseTraits, core: Core) -> Figures | None:
    """On the shared routine; None for a core without figures."""
    rates = load_rates("shared_sums" if plan.sums else "shared_tensors", core.name)
    if rates is None:
        return None
    is_dsp = "dsp" in core.features
    return Figures(
        amount(dense_terms(plan, traits, is_dsp=is_dsp), rates.instructions),
        amount(code_terms(plan, traits), rates.code_bytes),
        constant_bytes(plan, traits, is_dsp=is_dsp),
    )


def layer_figures(widths: tuple[int, ...], traits: DenseTraits, core: Core) -> Figures | None:
    """With a kernel for each layer, less exactly; None for a core without figures."""
    rates = load_rates("layers", core.name)
    if rates is None:
        return None
    terms = layer_terms(widths, traits)
    return Figures(amount(terms, rates.instructions), amount(terms, rates.code_bytes), 0)


def dense_terms(plan: DensePlan, traits: DenseTraits, *, is_dsp: bool) -> Terms:
    """Quantities of instructions: of the module, and of all layers."""
    total = dict(module_terms(plan, traits))
    for layer in range(plan.n_layers):
        for name, number in dense_layer_terms(plan, traits, layer, is_dsp=is_dsp).items():
            total[name] = total.get(name, 0) + number
    return total


def module_terms(plan: DensePlan, traits: DenseTraits) -> Terms:
    output = "class" if traits.is_class else "value"
    return {"module": 1, "input": plan.widths[0], output: plan.widths[-1]}


def dense_layer_terms(plan: DensePlan, traits: DenseTraits, layer: int, *, is_dsp: bool) -> Terms:
    """Of one layer."""
    n_pairs, row = plan.n_pairs(layer), plan.row_items(layer)
    n_scaled = 0 if plan.sums and layer == plan.n_layers - 1 else n_pairs
    terms = {
        "layer": 1,
        "pair": n_pairs,
        "scaled_pair": n_scaled,
        "own_pair": 0 if traits.is_shared else n_scaled,
        "doubled_pair": n_scaled if traits.is_doubled else 0,
        "limited_pair": 0 if traits.is_saturated else n_scaled,
    }
    if is_dsp:
        return terms | {"item_pair": n_pairs * row, "step": n_pairs * row // plan.step}
    n_groups = -(-plan.widths[layer] // GROUP)
    return terms | {"group": n_pairs * n_groups, "item": GROUP * n_groups}


def code_terms(plan: DensePlan, traits: DenseTraits) -> Terms:
    """Quantities of code."""
    return {
        "module": 1,
        "classes": traits.is_class and plan.widths[-1] > 2,
        "two_classes": traits.is_class and plan.widths[-1] == 2,
        "own": not traits.is_shared,
        "doubled": traits.is_doubled,
        "limited": not traits.is_saturated,
        "long_step": plan.step > 8,
        "scaled": plan.n_layers > 1 or not plan.sums,
        "input_low": traits.subtracts,
        "input_column": traits.input_columns,
        "input_half": traits.input_halves,
    }


def layer_terms(widths: tuple[int, ...], traits: DenseTraits) -> Terms:
    """Quantities of both figures of kernels layer by layer; tails are outputs beyond whole tiles of four."""
    pairs = list(itertools.pairwise(widths))
    n_outputs = sum(widths[1:])
    unrolled = [(min(n_in, UNROLLED), n_out % 4 // 2 + n_out % 2) for n_in, n_out in pairs]
    return {
        "module": 1,
        "layer": len(pairs),
        "input": sum(n_in for n_in, _ in pairs),
        "output": n_outputs,
        "own_output": 0 if traits.is_shared else n_outputs,
        "doubled_output": n_outputs if traits.is_doubled else 0,
        "limited_output": 0 if traits.is_saturated else n_outputs,
        "mac": sum(n_in * n_out for n_in, n_out in pairs),
        "tail_mac": sum(n_in * (n_out % 4) for n_in, n_out in pairs),
        "tail": sum(n_tails for _, n_tails in unrolled),
        "unrolled": sum(n_in for n_in, _ in unrolled),
        "unrolled_tail": sum(n_in * n_tails for n_in, n_tails in unrolled),
    }


def constant_bytes(plan: DensePlan, traits: DenseTraits, *, is_dsp: bool) -> int:
    """Exact bytes of weights, biases and scales in the tables of the routine, and of those of features."""
    layers = range(plan.n_layers)
    return (
        traits.input_bytes
        + WORD_BYTES
        + sum(layer_constant_bytes(plan, traits, layer, is_dsp=is_dsp) for layer in layers)
    )


def layer_constant_bytes(plan: DensePlan, traits: DenseTraits, layer: int, *, is_dsp: bool) -> int:
    n_rule = 3 if is_dsp else traits.n_rule
    header = 2 + (0 if traits.is_saturated else 2) + (n_rule if traits.is_shared else 0)
    pair = 2 + (0 if traits.is_shared else 2 * n_rule)
    row = plan.row_items(layer) if is_dsp else GROUP * -(-plan.widths[layer] // GROUP)
    return WORD_BYTES * (header + plan.n_pairs(layer) * pair) + 2 * row * plan.n_pairs(layer)


def amount(terms: Terms, each: Terms) -> float:
    """A figure: the quantities times what one of each costs."""
    return sum(number * each.get(name, 0.0) for name, number in terms.items())


def load_rates(kind: Kind, core: str) -> Rates | None:
    """None for a core that is not measured."""
    entry = _document()["cores"].get(FITTED_AS.get(core, core))
    return None if entry is None or kind not in entry else Rates(**entry[kind])


def rates_source() -> str:
    """The compiler behind all rates, and what fitted them."""
    return f"{_document()['compiler']}, fitted by benchmarks/calibrate_dense.py"


@functools.cache
def _document() -> Any:
    path = resources.files("codegen") / "data" / "dense" / "figures.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    if document["format"] != FORMAT:
        raise PlanError(f"{path}: format must be {FORMAT!r}, not {document['format']!r}")
    return document
