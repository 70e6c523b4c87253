"""How right the estimate of printed area is on designs that it was not fitted to, by data set."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from calibrate_printed import FIT_SPLITS, Designs, load_designs
from harness import Bar
from printed_designs import KEPT, LIBRARY, load_built
from scipy.stats import spearmanr

from codegen.synthesis import FAST, synthesize_network
from hwmodels.printed.calibration import load_calibration

ERROR_BAR, RANK_BAR, OCTAVE_BAR = 0.10, 0.98, 0.85
FEWEST = 8
"""Designs of an octave that are ranked; of fewer, or of fewer than four areas, a rank says little."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Of one data set. error: mean of |estimate / synthesized - 1|. octaves: (lower end in cm2, n, Spearman).

    total: sum of estimates by sum of areas. counted_error, counted_rank: of area_cm2.
    """

    name: str
    n: int
    error: float
    total: float
    rank: float
    octaves: tuple[tuple[float, int, float], ...]
    counted_error: float
    counted_rank: float


def judge_estimate() -> list[Judged]:
    """Every data set, on the splits that no calibration saw."""
    designs, calibration = load_designs(), load_calibration(LIBRARY)
    assert calibration is not None
    designs = designs.take(~np.isin(designs.splits, FIT_SPLITS))
    estimate = calibration.area_cm2(designs.built, designs.reduced, designs.counted)
    return [_judge(name, designs, estimate) for name in sorted(set(designs.names.tolist()))]


def _judge(name: str, designs: Designs, estimate: npt.NDArray[np.float64]) -> Judged:
    chosen = designs.names == name
    own, guess = designs.take(chosen), estimate[chosen]
    return Judged(
        name,
        len(guess),
        float(np.abs(guess / own.area - 1).mean()),
        float(guess.sum() / own.area.sum()),
        float(spearmanr(guess, own.area).statistic),
        tuple(_octaves(guess, own.area)),
        float(np.abs(own.counted / own.area - 1).mean()),
        float(spearmanr(own.counted, own.area).statistic),
    )


def _octaves(guess: npt.NDArray[np.float64], area: npt.NDArray[np.float64]) -> list[tuple[float, int, float]]:
    octave, found = np.floor(np.log2(area)), []
    for one in np.unique(octave):
        inside = octave == one
        if inside.sum() >= FEWEST and len(np.unique(area[inside].round(6))) >= 4:
            rank = float(spearmanr(guess[inside], area[inside]).statistic)
            found.append((float(2**one), int(inside.sum()), rank))
    return found


def judge_one_recipe() -> dict[str, float]:
    """By data set, the lowest Spearman of an octave of what one recipe of ABC makes of the same designs.

    It bounds what any estimate can do: the area is the smallest of several recipes, and one of them alone
    already orders designs of about one area otherwise. A set without an octave that counts is left out.
    """
    areas: dict[str, list[tuple[float, float]]] = {}
    for path in sorted(KEPT.glob("*.jsonl.gz")):
        name, split, _ = path.name.removesuffix(".jsonl.gz").rsplit("-", 2)
        if int(split) not in FIT_SPLITS:
            areas.setdefault(name, []).extend(
                (synthesize_network(one.network, LIBRARY, recipes=FAST).area_cm2, one.area_cm2)
                for one in load_built(path)
                if one.area_cm2 > 0
            )
    ranks = {name: [rank for *_, rank in _octaves(*np.array(pairs).T)] for name, pairs in areas.items()}
    return {name: min(found) for name, found in ranks.items() if found}


def print_table(judged: list[Judged]) -> None:
    """A row a data set, with all octaves."""
    for one in judged:
        octaves = ", ".join(f"{lo:.3g}: {rank:.2f} ({n})" for lo, n, rank in one.octaves)
        print(
            f"{one.name:<14} {one.n:4d} designs, error {one.error:.3f} (counted {one.counted_error:.2f}), "
            f"sums {one.total:.3f}, Spearman {one.rank:.4f} (counted {one.counted_rank:.4f}); "
            f"by octave from cm2: {octaves}"
        )


def estimate_bars(judged: list[Judged]) -> list[Bar]:
    bars = []
    for one in judged:
        bars.append(Bar(f"{one.name}: mean error of the estimate", one.error, ERROR_BAR, "", "min"))
        bars.append(Bar(f"{one.name}: Spearman of the estimate", one.rank, RANK_BAR, ""))
        if one.octaves:
            lowest = min(rank for _, _, rank in one.octaves)
            bars.append(Bar(f"{one.name}: lowest Spearman of an octave", lowest, OCTAVE_BAR, ""))
    return bars
