"""Which form a bespoke MLP takes in C, by estimates of bytes and instructions that were measured."""

from dataclasses import replace
from typing import Literal, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from codegen.c.dense import program_layers
from codegen.c.dense.layers import stored_bits
from codegen.c.program import MlpProgram
from codegen.c.table import has_masks, product_types
from codegen.c.text import integer_type
from codegen.cores import Core
from codegen.ir.design import FormObjective
from codegen.plan.dense import DensePlan, plan_dense
from codegen.plan.dense_choice import score
from codegen.plan.dense_costs import SHIFT_RULE, DenseTraits, Figures, dense_figures

MlpForm: TypeAlias = Literal["straight", "table", "shared"]
Count = TypeVar("Count", int, npt.NDArray[np.int64])

STRAIGHT_BYTES = 4096
"""Up to this estimated size the balanced choice is the straight form."""
ROUTINE_BYTES = {True: 300, False: 420}
"""Of the shared routine with what calls it, on DSP cores and on others."""


def choose_form(program: MlpProgram, core: Core, objective: FormObjective = "balanced") -> MlpForm:
    """The form with the fewest "instructions", the least "flash", or "balanced": straight code up to
    `STRAIGHT_BYTES`, which has the fewest instructions of small and of sparse networks, and beyond that the
    least product of both. The shared routine is one of the forms where it takes the network.
    """
    straight = straight_bytes(program)
    if objective == "balanced" and straight <= STRAIGHT_BYTES:
        return "straight"
    figures: dict[MlpForm, Figures] = {
        "straight": Figures(straight_instructions(program, core), straight, 0),
        "table": Figures(table_instructions(program, core), table_bytes(program), 0),
    }
    shared = _shared_figures(program, core)
    if shared is not None:
        figures["shared"] = shared
    return min(figures, key=lambda form: score(figures[form], objective))


def _shared_figures(program: MlpProgram, core: Core) -> Figures | None:
    """With bytes of what the other estimates count: the routine and the tables, and no `P_quantize`."""
    design = shared_design(program)
    figures = None if design is None else dense_figures(*design, core)
    return None if figures is None else replace(figures, code_bytes=ROUTINE_BYTES["dsp" in core.features])


def shared_design(program: MlpProgram, *, is_class: bool = True) -> tuple[DensePlan, DenseTraits] | None:
    """What the shared routine's cost depends on, None where it does not take the network."""
    layers = program_layers(program)
    if isinstance(layers, str):
        return None
    plan = plan_dense((layers[0].n_in, *(layer.n_out for layer in layers)), sums=True)
    return plan, DenseTraits(False, SHIFT_RULE, True, stored_bits(layers) is not None, is_class)


def straight_instructions(program: MlpProgram, core: Core) -> float:
    """Estimated instructions of the straight form: hwmodels.mcu has finer ones."""
    products = [product for layer in program.layers for one in layer.sums for product in one.products]
    n_neurons = sum(len(layer.sums) for layer in program.layers)
    n_masked = sum(product.mask is not None for product in products)
    n_multiplied = sum(abs(one.weight) & (abs(one.weight) - 1) != 0 for one in products)
    n_loads = sum(layer.n_loads for layer in program.layers)
    wide = "thumb2" in core.features
    each, masked, multiplied, load = (1.1, 1.0, 0.8, 1.0) if wide else (2.1, 2.0, 1.5, 0.7)
    return (
        each * len(products) + masked * n_masked + multiplied * n_multiplied + load * n_loads + 7 * n_neurons
    )


def table_instructions(program: MlpProgram, core: Core) -> float:
    """Estimated instructions of the table form."""
    n_products = sum(layer.n_products for layer in program.layers)
    n_neurons = sum(len(layer.sums) for layer in program.layers)
    each = 7.0 if "thumb2" in core.features else 10.0
    return (each + 2.5 * has_masks(program)) * n_products + 28.0 * n_neurons


def straight_bytes(program: MlpProgram) -> int:
    """Estimated Thumb-2 bytes of the straight form."""
    products = [product for layer in program.layers for one in layer.sums for product in one.products]
    masked = sum(product.mask is not None for product in products)
    n_neurons = sum(len(layer.sums) for layer in program.layers)
    n_loads = sum(layer.n_loads for layer in program.layers)
    return straight_estimate(n_neurons, len(products) - masked, masked, n_loads)


def straight_estimate(n_neurons: Count, n_plain: Count, n_masked: Count, n_loads: Count) -> Count:
    """The estimate from counts, of one network or, as arrays, of many: plain and masked products, loads."""
    return 60 + 12 * n_neurons + 4 * n_plain + 7 * n_masked + 2 * n_loads


def table_bytes(program: MlpProgram) -> int:
    """Bytes of the tables, exact, and an estimate of the code that reads them."""
    return sum(table_sizes(program)) + 120 + 48 * len(program.layers)


def table_sizes(program: MlpProgram) -> tuple[int, int, int]:
    """Exact bytes of the three tables: products, starts, biases."""
    n_products = sum(layer.n_products for layer in program.layers)
    sums = [one for layer in program.layers for one in layer.sums]
    fields = [type_bytes(kind) for kind in product_types(program)]
    if not has_masks(program):
        del fields[1]
    biases = integer_type(min(one.bias for one in sums), max(one.bias for one in sums))
    return (
        max(n_products, 1) * _struct_bytes(fields),
        (len(sums) + 1) * type_bytes(integer_type(0, n_products)),
        len(sums) * type_bytes(biases),
    )


def type_bytes(kind: str) -> int:
    """The size of an exact-width integer type."""
    return int("".join(character for character in kind if character.isdigit())) // 8


def _struct_bytes(fields: list[int]) -> int:
    """Each field on a multiple of its size, the whole on a multiple of the largest."""
    end = 0
    for size in fields:
        end += -end % size + size
    return end + -end % max(fields)
