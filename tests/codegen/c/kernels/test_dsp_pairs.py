"""Pairs of weights on pairs of columns sum what the taps sum."""

import numpy as np
import pytest

from codegen.c.kernels.dsp_pairs import row_steps, row_weights


@pytest.mark.parametrize("n_taps", range(1, 12))
@pytest.mark.parametrize(("stride", "outputs"), [(1, 1), (1, 2), (2, 1)])
def test_steps_of_a_row_sum_its_taps(n_taps: int, stride: int, outputs: int) -> None:
    rng = np.random.default_rng(n_taps)
    weights, x = [int(w) for w in rng.integers(-9, 10, n_taps)], rng.integers(-9, 10, n_taps + 3)
    pairs, sums = row_weights(weights, stride), {"a": 0, "b": 0}
    for one in row_steps(n_taps, stride, outputs):
        low, high = (int(value) for value in x[2 * one.word : 2 * one.word + 2])
        first, second = pairs[one.weight]
        products = {
            "smlad": low * first + high * second,
            "smlabt": low * second,
            "smlatb": high * first,
        }
        sums[one.sum] += products[one.instruction]
    taps = np.array(weights)
    assert sums["a"] == int(taps @ x[:n_taps])
    if outputs == 2:
        assert sums["b"] == int(taps @ x[1 : n_taps + 1])
