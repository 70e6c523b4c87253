"""Energy of the machine: counted by the processor where that can be read, else a named power times time."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from nas.errors import RunError
from nas.spec import SearchSpec

POWERCAP = Path("/sys/class/powercap")


@dataclass(slots=True)
class RaplCounter:
    """The energy of one processor package, in microjoules; it starts from 0 again beyond `range_uj`.

    Source: Linux, Documentation/power/powercap/powercap.rst.
    """

    path: Path
    range_uj: int
    last_uj: int
    total_uj: int = 0

    @classmethod
    def open(cls, zone: Path) -> Self:
        """Raises OSError or ValueError where it can't be read, which often only root may."""
        maximum = int((zone / "max_energy_range_uj").read_text())
        return cls(zone / "energy_uj", maximum, int((zone / "energy_uj").read_text()))

    def read_uj(self) -> int:
        """Since it was opened; to be called more often than the counter starts anew, minutes at most."""
        now = int(self.path.read_text())
        self.total_uj += now - self.last_uj if now >= self.last_uj else now + self.range_uj - self.last_uj
        self.last_uj = now
        return self.total_uj


def rapl_counters(root: Path = POWERCAP) -> tuple[RaplCounter, ...]:
    """One for each processor package of this machine; none where one of them can't be read."""
    try:
        zones = [zone for zone in sorted(root.glob("intel-rapl:*")) if zone.name.count(":") == 1]
        return tuple(RaplCounter.open(zone) for zone in zones)
    except (OSError, ValueError):
        return ()


@dataclass(slots=True, eq=False)
class PowerMeter:
    """Power since it was made, for one sitting. counters: none where `assumed_w` stands for them."""

    assumed_w: float
    counters: Sequence[RaplCounter] = ()
    start: float = field(default_factory=time.monotonic)

    @property
    def mean_w(self) -> float:
        """In watts."""
        seconds = time.monotonic() - self.start
        if not self.counters or seconds <= 0:
            return self.assumed_w
        return sum(counter.read_uj() for counter in self.counters) / 1e6 / seconds

    @property
    def source(self) -> str:
        """For the user."""
        return "by the processor" if self.counters else f"at an assumed {self.assumed_w:g} W"


def power_meter(search: SearchSpec, counters: Sequence[RaplCounter] | None = None) -> PowerMeter | None:
    """How the energy of a search is known; None where no energy is budgeted.

    counters: of this machine, looked up where left out. Raises RunError where neither they nor the spec say.
    """
    if search.joules is None:
        return None
    here = isinstance(search.workers, int)
    counters = (rapl_counters() if counters is None else counters) if here else ()
    if not counters and search.power_w is None:
        which = "the processor's counter can't be read here" if here else "the workers are other machines"
        raise RunError(
            f"search.joules: the power of the machine must be known, but {which}; add search.power_w"
        )
    return PowerMeter(search.power_w or 0.0, counters)
