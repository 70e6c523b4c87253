"""Gradient-trained rows for the first population of a gene search.

Random rows of a task with many classes are near chance; trained rows start where a search takes long to come.
"""

import numpy as np

from codegen.ir import Interface
from nas.train.group import typical_shift
from nas.train.mlp import train_mlps
from nas.train.rows import Codes, Targets
from searchspaces.approximate_mlp import ApproximateMlpGenes, ApproximateMlpOptions, MlpRecipe
from searchspaces.space import Rows

SHIFT_STEPS = (-1, 0, 1, 2)
"""Activation shifts of the seeds, around the one that suits typical sums."""
SEED_PRESSURES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""From accuracy alone to few terms: what is large stays large, so the small end of the front has its own."""


def seed_rows(
    space: ApproximateMlpGenes,
    interface: Interface,
    codes: Codes,
    targets: Targets,
    *,
    seed: int,
    n_networks: int = 24,
    steps: int | None = None,
) -> Rows:
    """(n_networks, n_genes) rows of trained networks, varied in activation shift and pressure.

    interface: of the space. codes: (n_rows, n_features). targets: (n_rows,) class index or value; values
    are trained on the scale of the interface. Raises RunError for unfit arrays, SpaceError for another
    interface.
    """
    recipes = [_recipe(space.options, interface, number) for number in range(n_networks)]
    networks = train_mlps(
        recipes, interface, codes, targets, seed=seed, steps=steps, starts=1, fit_output=False
    )
    rows: Rows = np.zeros((len(networks), space.domain.n_variables), space.domain.dtype)
    for row, network in zip(rows, networks, strict=True):
        row[:] = space.encode(network)
    return rows


def _recipe(options: ApproximateMlpOptions, interface: Interface, number: int) -> MlpRecipe:
    form, bits = options.weights[0], options.activation_bits.upper
    input_bits = max(feature.bits for feature in interface.features)
    max_shift = options.max_shift_of(form)
    typical = typical_shift(input_bits, interface.n_features, max_shift, bits)
    wanted = typical + SHIFT_STEPS[number // len(SEED_PRESSURES) % len(SHIFT_STEPS)]
    allowed = options.activation_shift
    return MlpRecipe(
        hidden=tuple(width.upper for width in options.hidden),
        input_bits=input_bits,
        weights=form,
        max_shift=options.max_shift,
        activation_bits=bits,
        activation_shift=wanted if allowed is None else min(max(wanted, allowed.lower), allowed.upper),
        pressure=SEED_PRESSURES[number % len(SEED_PRESSURES)],
    )
