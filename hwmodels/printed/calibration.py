"""From a sketch of synthesis to an estimate of its area: factors fitted offline, kept in a versioned file."""

import json
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from codegen.cells import CellLibrary
from hwmodels.model import FloatVector, HardwareModelError

FORMAT = "silkscreen-printed-estimate-1"


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a sketched area is multiplied by. knots_cm2: areas as built, rising; between them is interpolated.

    log_factor: of the area as built. trust: the power of what removing redundant gates leaves, 0 to 1.
    smallest_left: the smallest share that is believed to be left. counted_factor: synthesized by counted
    area of networks that are too large to sketch. leakage_by_nand: leakage by area, by that of a NAND gate.
    source: data, seeds, tools and errors, in a sentence.
    """

    knots_cm2: tuple[float, ...]
    log_factor: tuple[float, ...]
    trust: tuple[float, ...]
    smallest_left: float
    counted_factor: float
    leakage_by_nand: float
    source: str

    def area_cm2(self, built: FloatVector, reduced: FloatVector, counted: FloatVector) -> FloatVector:
        """(n,) float64, at least 0. built, reduced: NaN where a network is too large."""
        known = np.where(built > 0, built, 1.0)
        log_built = np.log(known)
        left = np.log(np.clip(reduced / known, self.smallest_left, 1.0))
        knots = np.log(self.knots_cm2)
        factor = np.interp(log_built, knots, self.log_factor)
        trust = np.interp(log_built, knots, self.trust)
        sketched = np.where(built > 0, known * np.exp(factor + trust * left), 0.0)
        return np.where(np.isnan(built), counted * self.counted_factor, sketched)


def load_calibration(library: CellLibrary) -> Calibration | None:
    """The calibration of a library that ships, or None: for one without, or with cells of other areas.

    Raises HardwareModelError for a damaged file.
    """
    place = files("hwmodels.printed") / "data" / f"estimate_{library.name}.json"
    if not library.name.isidentifier() or not place.is_file():
        return None
    content = json.loads(place.read_text(encoding="utf-8"))
    if content.get("format") != FORMAT:
        raise HardwareModelError(f"printed: {place}: format must be {FORMAT!r}; reinstall silkscreen")
    if content["cells_um2"] != cells_um2(library):
        return None
    return Calibration(
        tuple(content["knots_cm2"]),
        tuple(content["log_factor"]),
        tuple(content["trust"]),
        content["smallest_left"],
        content["counted_factor"],
        content["leakage_by_nand"],
        content["source"],
    )


def cells_um2(library: CellLibrary) -> dict[str, float]:
    """What ties a calibration to a library: the areas of its cells."""
    return {kind: library.gate(kind).area_um2 for kind in library.kinds}


def nand_leakage(library: CellLibrary, supply_v: float) -> float:
    """Mean leakage of a NAND over its states by its area, in mW/cm2."""
    states = [library.leakage_mw("nand", state, supply_v) for state in range(4)]
    return sum(states) / 4 / library.area_cm2("nand")
