# mypy: disable-error-code="untyped-decorator, arg-type, assignment, no-any-return, return-value"
"""More patterns for a graph: neighbors of those on which an output has its rarer value.

A classifier that answers nearly always the same on random codes, because its data lie in a corner, looks
redundant on them. Its decision is found near the few patterns where it answers otherwise.
"""

import numpy as np
from numba import njit

from hwmodels.printed.costs import IntArray
from hwmodels.printed.sketch.graph import ALL_ONES, N_INPUTS, N_MORE, N_WORDS, SIZE, WORDS, A, B, UintArray

NOISE = np.random.default_rng(1).integers(0, 1 << 63, 4096, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
"""Random words; the lowest bit leaves one lane of a mask in place."""


@njit(cache=True)
def add_patterns(g: IntArray, v: UintArray, outputs: IntArray) -> None:
    """Fills the words from N_WORDS on: each with 64 neighbors of one pattern; and simulates them."""
    first, start = 1 + g[N_INPUTS], 0
    rare = _rare_values(v, outputs)
    for word in range(N_WORDS, N_MORE):
        start = _next_pattern(v[outputs[word % len(outputs)] >> 1], rare[word % len(outputs)], start + 1)
        at_word, lane = start >> 6, np.uint64(start & 63)
        for variable in range(1, first):
            base = ALL_ONES if (v[variable, at_word] >> lane) & np.uint64(1) else np.uint64(0)
            place = (word * 131 + variable * 7) & 4095
            change = NOISE[place] & NOISE[(place + 1) & 4095] & NOISE[(place + 2) & 4095]
            if word & 1:
                change &= NOISE[(place + 3) & 4095]
            v[variable, word] = base ^ change
    for variable in range(first, g[SIZE]):
        a, b = g[A + variable], g[B + variable]
        flip_a = ALL_ONES if a & 1 else np.uint64(0)
        flip_b = ALL_ONES if b & 1 else np.uint64(0)
        for w in range(N_WORDS, N_MORE):
            v[variable, w] = (v[a >> 1, w] ^ flip_a) & (v[b >> 1, w] ^ flip_b)
    g[WORDS] = N_MORE


@njit(cache=True)
def _rare_values(v: UintArray, outputs: IntArray) -> UintArray:
    """Of each output, ALL_ONES where it is more often 1 than not."""
    flips = np.zeros(len(outputs), np.uint64)
    for i in range(len(outputs)):
        ones = 0
        for w in range(N_WORDS):
            rest = v[outputs[i] >> 1, w]
            rest -= (rest >> np.uint64(1)) & np.uint64(0x5555555555555555)
            rest = (rest & np.uint64(0x3333333333333333)) + (
                (rest >> np.uint64(2)) & np.uint64(0x3333333333333333)
            )
            rest = (rest + (rest >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
            ones += np.int64((rest * np.uint64(0x0101010101010101)) >> np.uint64(56))
        flips[i] = ALL_ONES if ones > 32 * N_WORDS else np.uint64(0)
    return flips


@njit(cache=True)
def _next_pattern(values: UintArray, flip: np.uint64, start: int) -> int:
    """The next pattern from `start` on, cyclically, where a signal has its rarer value; `start` for none."""
    start %= 64 * N_WORDS
    for step in range(N_WORDS + 1):
        word = (start // 64 + step) % N_WORDS
        rest = values[word] ^ flip
        if step == 0:
            rest = rest >> np.uint64(start % 64) << np.uint64(start % 64)
        if rest:
            bit = 0
            while not (rest >> np.uint64(bit)) & np.uint64(1):
                bit += 1
            return 64 * word + bit
    return start
