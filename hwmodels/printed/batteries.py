"""Printed batteries and harvesters by name: the power that each can give."""

import difflib
import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

from hwmodels.model import HardwareModelError


@dataclass(frozen=True, slots=True)
class Battery:
    """A power supply. power_mw: the most that it gives. source: of that figure."""

    name: str
    power_mw: float
    source: str


@cache
def batteries() -> tuple[Battery, ...]:
    """Those that ship, in hwmodels/printed/batteries.json; the strongest first."""
    text = (resources.files("hwmodels.printed") / "batteries.json").read_text(encoding="utf-8")
    found = [Battery(name, facts["power_mw"], facts["source"]) for name, facts in json.loads(text).items()]
    return tuple(sorted(found, key=lambda battery: -battery.power_mw))


def find_battery(name: str) -> Battery:
    """The battery of a name. Raises HardwareModelError with the nearest and all names."""
    known = {battery.name: battery for battery in batteries()}
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise HardwareModelError(f"printed: battery must be one of {', '.join(known)}, not {name!r}{hint}")
    return known[name]


def sufficient_batteries(power_mw: float) -> tuple[Battery, ...]:
    """Those that give at least `power_mw`, the strongest first."""
    return tuple(battery for battery in batteries() if battery.power_mw >= power_mw)
