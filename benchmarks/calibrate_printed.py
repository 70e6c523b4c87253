"""Fits the factors of the printed model's estimate to what synthesis made of kept designs.

python benchmarks/calibrate_printed.py

Reads what benchmarks/printed_designs.py kept, fits on the splits `FIT_SPLITS`, and writes
hwmodels/printed/data/estimate_egfet.json. benchmarks/printed_model.py judges it on the other splits.
"""

import json
import sys
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from harness import ROOT
from printed_designs import COUNTED, KEPT, LIBRARY, SUPPLIES_V, Built, load_built
from scipy.optimize import least_squares

from codegen.circuit import lower
from codegen.ir import BespokeMlp, Design
from codegen.ir.batch import batch_of
from codegen.toolchain import tool_version
from hwmodels.model import Workload
from hwmodels.printed import PrintedModel
from hwmodels.printed.calibration import FORMAT, cells_um2, nand_leakage
from hwmodels.printed.sketch.population import sketch_batch, sketch_circuit

FIT_SPLITS = (0, 1)
PLACE = ROOT / "hwmodels" / "printed" / "data" / "estimate_egfet.json"
KNOTS_CM2 = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
SMALLEST_LEFT = 0.2
"""Less than that of a network was never left by synthesis, other than of a few gates."""
STIFFNESS = 2.0
"""Weight of a difference between neighboring knots; of 1 the error of one design."""
NOISE = 0.05
"""Relative errors above this weigh in proportion, not squared."""

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Designs:
    """Columns over designs of some searches. leakage_mw: (n, n_supplies). names: of the data sets."""

    names: npt.NDArray[np.str_]
    splits: npt.NDArray[np.int64]
    drives: npt.NDArray[np.str_]
    area: FloatArray
    built: FloatArray
    reduced: FloatArray
    counted: FloatArray
    leakage_mw: FloatArray

    def take(self, index: npt.NDArray[np.bool_]) -> "Designs":
        return Designs(*(getattr(self, name)[index] for name in self.__slots__))


def load_designs() -> Designs:
    """Everything that is kept, with its sketch and counted price; designs without a gate are left out."""
    model, rows = PrintedModel("egfet", estimate=True), []
    for path in sorted(KEPT.glob("*.jsonl.gz")):
        name, split, drive = path.name.removesuffix(".jsonl.gz").rsplit("-", 2)
        for one in load_built(path):
            figures = sketch(one)
            counted = model.price(Design(one.network), Workload()).metrics[COUNTED]
            rows.append((name, int(split), drive, one.area_cm2, *figures[:2], counted, one.leakage_mw))
    names, splits, drives, *columns = zip(*rows, strict=True)
    numbers = [np.array(column, dtype=np.float64) for column in columns]
    found = Designs(np.array(names), np.array(splits), np.array(drives), *numbers)
    return found.take(found.area > 0)


def sketch(one: Built) -> FloatArray:
    """The figures of `hwmodels.printed.sketch`."""
    network = one.network
    if isinstance(network.body, BespokeMlp):
        return sketch_batch(batch_of([network]), network.interface, LIBRARY)[0]
    return sketch_circuit(lower(network, LIBRARY), network.interface, LIBRARY)


def weights_at(areas_cm2: FloatArray) -> FloatArray:
    """(n, n_knots) weights with which values at the knots are interpolated at areas above 0."""
    knots, logs = np.log(KNOTS_CM2), np.log(areas_cm2)
    return np.stack([np.interp(logs, knots, row) for row in np.eye(len(knots))], axis=1)


def fit(designs: Designs) -> tuple[FloatArray, FloatArray]:
    """log_factor and trust at the knots: the least errors of the logarithm, robustly and smoothly."""
    at = weights_at(designs.built)
    left = np.log(np.clip(designs.reduced / designs.built, SMALLEST_LEFT, 1.0))
    wanted, n = np.log(designs.area / designs.built), len(KNOTS_CM2)
    stiff = np.diff(np.eye(n), axis=0) * STIFFNESS * NOISE

    def residuals(values: FloatArray) -> FloatArray:
        factor, trust = values[:n], values[n:]
        errors = at @ factor + (at @ trust) * left - wanted
        robust = np.sign(errors) * np.sqrt(2 * NOISE * (np.hypot(errors, NOISE) - NOISE))
        return np.concatenate([robust, stiff @ factor, stiff @ trust])

    bounds = np.concatenate([np.full(n, -1.0), np.zeros(n)]), np.concatenate([np.full(n, 0.5), np.ones(n)])
    values = least_squares(residuals, np.concatenate([np.full(n, -0.05), np.full(n, 0.9)]), bounds=bounds).x
    return values[:n], values[n:]


def leakage_share(designs: Designs) -> float:
    """Leakage by area in units of a NAND's mean, over all supplies; the median, of circuits of some gates."""
    some = designs.take(designs.area > 0.02)
    units = np.array([nand_leakage(LIBRARY, supply) for supply in SUPPLIES_V])
    return float(np.median(some.leakage_mw / some.area[:, None] / units))


def main() -> int:
    designs = load_designs()
    fitted = designs.take(np.isin(designs.splits, FIT_SPLITS) & (designs.built > 0))
    factor, trust = fit(fitted)
    large = fitted.take(fitted.area > 1.0)
    source = (
        f"fitted by benchmarks/calibrate_printed.py to {len(fitted.area)} designs of gene searches on "
        f"{', '.join(sorted(set(fitted.names)))}, splits {FIT_SPLITS} with search seeds one above, driven by "
        f"{' and '.join(sorted(set(fitted.drives)))}; areas of codegen.synthesis.synthesize_network by "
        f"{tool_version('berkeley-abc')}"
    )
    content = {
        "format": FORMAT,
        "cells_um2": cells_um2(LIBRARY),
        "knots_cm2": KNOTS_CM2,
        "log_factor": factor.round(4).tolist(),
        "trust": trust.round(4).tolist(),
        "smallest_left": SMALLEST_LEFT,
        "counted_factor": round(float(np.median(large.area / large.counted)), 3),
        "leakage_by_nand": round(leakage_share(fitted), 3),
        "date": "2026-11",
        "source": source,
    }
    PLACE.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    print(PLACE.read_text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
