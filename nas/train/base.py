"""The trained network over whose masks a gene space searches."""

import numpy as np

from codegen.ir import ClassOutput, Interface, Network
from nas.train.group import typical_shift
from nas.train.mlp import train_mlps
from nas.train.rows import Codes, Targets, check_rows
from searchspaces.approximate_mlp import ApproximateMlpOptions, MlpRecipe

SHIFT_STEPS = (-1, 0, 1, 2)
"""Activation shifts that are tried, around the one that suits typical sums."""


def train_base(
    options: ApproximateMlpOptions,
    interface: Interface,
    codes: Codes,
    targets: Targets,
    *,
    seed: int,
    steps: int | None = None,
) -> Network:
    """The best on the given rows of networks with the upper ends of the options, trained for accuracy alone.

    codes: (n_rows, n_features). targets: (n_rows,) class index or value. Values get a scale and an offset
    of their own. A reduced argmax, where the options allow one, is fitted after training and then stays.
    Deterministic from the seed. Raises RunError for unfit arrays.
    """
    shifts = sorted({_shift(options, interface, step) for step in SHIFT_STEPS})
    recipes = [_recipe(options, interface, shift) for shift in shifts]
    networks = train_mlps(recipes, interface, codes, targets, seed=seed, steps=steps)
    rows = check_rows(interface, codes, targets)
    return networks[int(np.argmin([rows.error(network) for network in networks]))]


def _shift(options: ApproximateMlpOptions, interface: Interface, step: int) -> int:
    bits = max(feature.bits for feature in interface.features)
    most = options.max_shift_of(options.weights[0])
    shift = step + typical_shift(bits, interface.n_features, most, options.activation_bits.upper)
    allowed = options.activation_shift
    return max(0, shift) if allowed is None else min(max(shift, allowed.lower), allowed.upper)


def _recipe(options: ApproximateMlpOptions, interface: Interface, shift: int) -> MlpRecipe:
    reduced = isinstance(interface.output, ClassOutput) and "reduced" in options.argmax
    return MlpRecipe(
        hidden=tuple(width.upper for width in options.hidden),
        input_bits=max(feature.bits for feature in interface.features),
        weights=options.weights[0],
        max_shift=options.max_shift,
        activation_bits=options.activation_bits.upper,
        activation_shift=shift,
        argmax="reduced" if reduced else "exact",
    )
