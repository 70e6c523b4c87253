"""Limits with units: `8 KiB`, `5 ms`, `3 mW`, `80 %`.

A metric's unit is the last part of its name: `mcu.flash_bytes`, `mcu.latency_s`, `egfet.power_mw`.
"""

import math
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation, localcontext

from nas.spec.metrics import SHARE_METRICS

_SCALES: tuple[Mapping[str, Decimal], ...] = tuple(
    {unit: Decimal(str(factor)) for unit, factor in scale.items()}
    for scale in (
        {"B": 1, "bytes": 1, "kB": 1000, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30},
        {"s": 1, "ms": "1e-3", "us": "1e-6", "µs": "1e-6", "ns": "1e-9"},
        {"W": 1, "mW": "1e-3", "uW": "1e-6", "µW": "1e-6", "nW": "1e-9"},
        {"J": 1, "mJ": "1e-3", "uJ": "1e-6", "µJ": "1e-6", "nJ": "1e-9"},
        {"m2": 1, "cm2": "1e-4", "mm2": "1e-6", "um2": "1e-12", "µm2": "1e-12"},
        {"V": 1, "mV": "1e-3"},
        {"Hz": 1, "kHz": 1000, "MHz": 10**6},
    )
)
_SHARES: Mapping[str, Decimal] = {"%": Decimal("0.01")}
_COUNTS: Mapping[str, Decimal] = {"k": Decimal(10**3), "M": Decimal(10**6), "G": Decimal(10**9)}
_QUANTITY = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?)\s*([^\s\d].*?)?\s*\Z", re.ASCII)


def parse_quantity(text: str, metric: str) -> float:
    """A number with or without a unit as a number in the unit of `metric`.

    `kB` is 1000 bytes and `KiB` 1024; `k`, `M` and `G` serve metrics without a unit, `%` those of the
    task. Raises ValueError with what must hold, for a wrong number or a unit of another kind.
    """
    units = units_of(metric)
    found = _QUANTITY.match(text)
    if found is None:
        raise ValueError(f"must be a number, with or without a unit, not {text!r}")
    number, unit = found.groups()
    if unit is not None and unit not in units:
        raise ValueError(f"the unit must be one of {', '.join(units)}, not {unit!r}{_hint(unit, units)}")
    return _scaled(number, units[unit] if unit is not None else Decimal(1))


def units_of(metric: str) -> Mapping[str, Decimal]:
    """Unit -> how many of the metric's own unit it is."""
    name = metric.rpartition(".")[2]
    if metric in SHARE_METRICS:
        return _SHARES
    own = name.rpartition("_")[2] if "_" in name and "_per_" not in name else ""
    for scale in _SCALES:
        for unit, factor in scale.items():
            if unit.lower() == own:
                return {other: amount / factor for other, amount in scale.items()}
    return _COUNTS


def _scaled(number: str, factor: Decimal) -> float:
    with localcontext(prec=60):
        try:
            value = float(Decimal(number) * factor)
        except InvalidOperation:
            value = math.inf
    if not math.isfinite(value):
        raise ValueError(f"must be a finite number, not {number}")
    return value


def _hint(unit: str, units: Mapping[str, Decimal]) -> str:
    if unit.lower() == "kb" and "kB" in units:
        return "; write kB for 1000 bytes, KiB for 1024"
    near = [known for known in units if known.lower() == unit.lower()]
    return f"; did you mean {near[0]!r}?" if near else ""
