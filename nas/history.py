"""What an archive says of a stage: the generations in order, and the candidates they brought to the front."""

from collections.abc import Iterable

import numpy as np

from nas.front import Scored
from nas.objectives import Figures
from nas.records import Block


def in_order(blocks: Iterable[Block], family: str) -> list[Block]:
    """The blocks of a stage by generation.

    A resumed run goes on from its last snapshot and writes the generations after it once more; the later
    writing, which says the same, takes the place of the earlier one.
    """
    by_generation = {block.generation: block for block in blocks if block.family == family}
    return [by_generation[generation] for generation in sorted(by_generation)]


def entered(blocks: Iterable[Block]) -> Scored | None:
    """All candidates that ever entered the front of a stage; None where there is none."""
    with_rows = [block for block in blocks if len(block.rows)]
    if not with_rows:
        return None
    names = with_rows[0].metrics.keys()
    figures: Figures = {
        name: np.concatenate([block.metrics[name] for block in with_rows]).astype(np.float64)
        for name in names
    }
    return Scored(np.concatenate([block.rows for block in with_rows]), figures)
