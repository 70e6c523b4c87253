"""Reducing an exact argmax after training: comparisons ignore low bits that hardly matter."""

from dataclasses import replace

import numpy as np

from codegen.ir import BespokeMlp, Network
from codegen.ir.evaluate import Codes, Int64Array, decide, outputs
from searchspaces.approximate_mlp import MlpRecipe, max_dropped_bits, reduced_argmax

ACCEPTED_LOSS = 0.005
"""Share of all rows that the reduced argmax may get wrong beyond the exact one."""


def reduce_argmax(network: Network, recipe: MlpRecipe, codes: Codes, labels: Int64Array) -> Network:
    """The network with a balanced tournament that ignores as many low bits as the rows allow.

    One bit at a time is dropped where it costs the fewest of the given rows, the widest comparison first
    on ties, as long as all drops together cost at most `ACCEPTED_LOSS` of the rows.
    """
    assert isinstance(network.body, BespokeMlp)
    sums = outputs(network, codes)
    most = max_dropped_bits(recipe.activation_bits, recipe.max_shift)
    dropped = [0] * (sums.shape[1] - 1)
    floor = _n_correct(sums, labels, dropped) - ACCEPTED_LOSS * len(labels)
    open_matches = set(range(len(dropped)))
    while open_matches:
        tried = {match: _n_correct(sums, labels, _with_one_more(dropped, match)) for match in open_matches}
        best = max(sorted(tried), key=lambda match: (tried[match], -dropped[match]))
        open_matches -= {match for match in tried if tried[match] < floor}
        if best in open_matches:
            dropped = _with_one_more(dropped, best)
            open_matches -= {best} if dropped[best] == most else set()
    return replace(network, body=replace(network.body, argmax=reduced_argmax(tuple(dropped))))


def _with_one_more(dropped: list[int], match: int) -> list[int]:
    return [bits + (index == match) for index, bits in enumerate(dropped)]


def _n_correct(sums: Int64Array, labels: Int64Array, dropped: list[int]) -> int:
    return int(np.count_nonzero(decide(sums, reduced_argmax(tuple(dropped))) == labels))
