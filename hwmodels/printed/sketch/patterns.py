# mypy: disable-error-code="untyped-decorator, arg-type, assignment, no-any-return, return-value"
"""More patterns for a graph: neighbors of those on which an output has its rarer value.

A classifier that answers nearly always the same on random codes, because its data lie in a corner, looks
redundant on them. Its decision is found near the few patterns where it answers otherwise.
"""

import numpy as np
from numba import njit

from hwmodels.printed.costs import FloatArray, IntArray
from hwmodels.printed.sketch.graph import ALL_ONES, N_INPUTS, N_MORE, N_WORDS, SIZE, WORDS, A, B, UintArray

NOISE = np.random.default_rng(1).integers(0, 1 << 63, 4096, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
"""Random words; the lowest bit leaves one lane of a mask in place."""


STEP = 16
"""Words of neighbors that are made before rare patterns are looked for again."""
N_COMMON = 12
"""Words of patterns that all networks have; the others up to N_WORDS are made for each."""
UPWARD = np.uint64(0x00000000FFFFFFFF)
"""The lanes that push a sum up; the others push it down."""
OFTEN = np.uint64(0xFF00FF00FF00FF00)
MOSTLY = np.uint64(0xF0F0F0F0F0F0F0F0)


@njit(cache=True)
def direct_patterns(v: UintArray, directions: FloatArray, n_bits: IntArray) -> None:
    """Fills the words from N_COMMON on, so that sums reach both ends and all that is between.

    directions: (n, n_features, MAX_CODE_BITS), what a sum gains by each input bit. A word is of one of them:
    a half, three quarters or more of the features push the sum as far as they can, up in half of the patterns
    and down in the others.
    """
    for word in range(N_COMMON, N_WORDS):
        direction, variable = directions[(word - N_COMMON) % len(directions)], 1
        for feature in range(len(n_bits)):
            place = (word * 257 + feature * 13) & 4087
            extreme = NOISE[place] | (NOISE[place + 1] & OFTEN) | (NOISE[place + 2] & MOSTLY)
            extreme |= NOISE[place + 3] & OFTEN & MOSTLY
            for bit in range(n_bits[feature]):
                noise = NOISE[(word * 131 + variable * 29) & 4095]
                gain = direction[feature, bit]
                pushed = UPWARD if gain > 0 else ~UPWARD
                v[variable, word] = (pushed & extreme) | (noise & ~extreme) if gain else noise
                variable += 1


@njit(cache=True)
def add_patterns(g: IntArray, v: UintArray, outputs: IntArray) -> None:
    """Fills the words from N_WORDS on: each with 64 neighbors of one pattern; and simulates them.

    In steps, so that later words are around rare patterns that earlier ones found.
    """
    known = N_WORDS
    while known < N_MORE:
        until = min(N_MORE, known + STEP)
        _add_neighbors(g, v, outputs, known, until)
        for variable in range(1 + g[N_INPUTS], g[SIZE]):
            a, b = g[A + variable], g[B + variable]
            flip_a = ALL_ONES if a & 1 else np.uint64(0)
            flip_b = ALL_ONES if b & 1 else np.uint64(0)
            left, right, row = v[a >> 1], v[b >> 1], v[variable]
            for w in range(known, until):
                row[w] = (left[w] ^ flip_a) & (right[w] ^ flip_b)
        known = until
    g[WORDS] = N_MORE


@njit(cache=True)
def _add_neighbors(g: IntArray, v: UintArray, outputs: IntArray, known: int, until: int) -> None:
    """The input bits of the words from `known` on."""
    first, start = 1 + g[N_INPUTS], 0
    rare = _rare_values(v, outputs, known)
    for word in range(known, until):
        which = word % len(outputs)
        wanted = rare[which] if word & 3 else ~rare[which]
        start = _next_pattern(v[outputs[which] >> 1], wanted, start + 67, known)
        at_word, lane = start >> 6, np.uint64(start & 63)
        for variable in range(1, first):
            base = ALL_ONES if (v[variable, at_word] >> lane) & np.uint64(1) else np.uint64(0)
            place = (word * 131 + variable * 7) & 4087
            change = NOISE[place] & NOISE[place + 1] & NOISE[place + 2]
            if word & 1:
                change &= NOISE[place + 3]
            v[variable, word] = base ^ change


@njit(cache=True)
def _rare_values(v: UintArray, outputs: IntArray, known: int) -> UintArray:
    """Of each output, ALL_ONES where it is more often 1 than not."""
    flips = np.zeros(len(outputs), np.uint64)
    for i in range(len(outputs)):
        ones = 0
        for w in range(known):
            rest = v[outputs[i] >> 1, w]
            rest -= (rest >> np.uint64(1)) & np.uint64(0x5555555555555555)
            rest = (rest & np.uint64(0x3333333333333333)) + (
                (rest >> np.uint64(2)) & np.uint64(0x3333333333333333)
            )
            rest = (rest + (rest >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
            ones += np.int64((rest * np.uint64(0x0101010101010101)) >> np.uint64(56))
        flips[i] = ALL_ONES if ones > 32 * known else np.uint64(0)
    return flips


@njit(cache=True)
def _next_pattern(values: UintArray, flip: np.uint64, start: int, known: int) -> int:
    """The next pattern from `start` on, cyclically, where a signal has its rarer value; `start` for none."""
    start %= 64 * known
    for step in range(known + 1):
        word = (start // 64 + step) % known
        rest = values[word] ^ flip
        if step == 0:
            rest = rest >> np.uint64(start % 64) << np.uint64(start % 64)
        if rest:
            bit = 0
            while not (rest >> np.uint64(bit)) & np.uint64(1):
                bit += 1
            return 64 * word + bit
    return start
