"""The price of chains of fully connected layers beside measured firmware, on networks that were not fitted.

python benchmarks/dense_model.py [--check] [--quick]

Every fourth network that calibrate_dense measured is held out. Instructions of one inference from codes;
flash of a firmware that quantizes and predicts. Both ways take seconds.
"""

import sys

import numpy as np
from calibrate_dense import CORES, HELD_OUT, KINDS, Row, design_of, read_rows
from harness import Bar, arguments, report_bars

from codegen.cores import load_core
from codegen.plan.dense_costs import Figures, dense_figures

MEAN_BAR, WORST_BAR = 5.0, 12.0
"""Percent of instructions."""
FLASH_SHARE, FLASH_BYTES = 0.01, 128


def price(row: Row) -> Figures:
    plan, traits = design_of(row)
    figures = dense_figures(plan, traits, load_core(row.core))
    assert figures is not None
    return figures


def main() -> int:
    given = arguments(__doc__ or "")
    rows = [row for row in read_rows() if row.seed % HELD_OUT == 0]
    if not rows:
        raise SystemExit(
            "no measurements of the present code are kept; run benchmarks/calibrate_dense.py --measure 20"
        )
    bars = []
    print("| core | network | instructions, mean / worst | flash, mean / worst |\n|---|---|---|---|")
    for core in CORES:
        for kind in KINDS[:2]:
            tested = [row for row in rows if (row.core, row.kind) == (core, kind)]
            figures = [price(row) for row in tested]
            pairs = list(zip(figures, tested, strict=True))
            errors = np.array([abs(one.instructions / row.instructions - 1) * 100 for one, row in pairs])
            flash = np.array([abs(one.flash_bytes - row.flash_bytes) for one, row in pairs])
            over = max(
                abs(one.flash_bytes - row.flash_bytes) / max(FLASH_BYTES, FLASH_SHARE * row.flash_bytes)
                for one, row in pairs
            )
            print(
                f"| {core} | {kind} | {errors.mean():.1f} % / {errors.max():.1f} %"
                f" | {flash.mean():.0f} / {flash.max():.0f} bytes |"
            )
            bars.append(Bar(f"{core}, {kind}: instructions, mean", errors.mean(), MEAN_BAR, "%", "min"))
            bars.append(Bar(f"{core}, {kind}: instructions, worst", errors.max(), WORST_BAR, "%", "min"))
            bars.append(Bar(f"{core}, {kind}: flash, part of what is allowed", over, 1.0, "", "min"))
    return report_bars(bars, given)


if __name__ == "__main__":
    sys.exit(main())
