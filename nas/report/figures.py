"""How figures are written for people: four digits that matter, grouped thousands, times in words."""

import math


def figure(value: float) -> str:
    """Four significant digits; thousands grouped; "-" for NaN."""
    if math.isnan(value):
        return "-"
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    if abs(value) >= 1e3:
        return f"{value:,.0f}" if abs(value) < 1e15 else f"{value:.3e}"
    if abs(value) < 1e-3:
        return f"{value:.3e}"
    return f"{value:#.4g}".rstrip(".")


def count(value: int) -> str:
    return f"{value:,}"


def duration(seconds: float) -> str:
    """ "0.8 s", "42 s", "5 min 3 s", "2 h 10 min"."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def byte_count(n_bytes: int) -> str:
    """ "812 B", "3.4 KiB", "1.2 MiB"."""
    if n_bytes < 1024:
        return f"{n_bytes} B"
    return f"{n_bytes / 1024:.1f} KiB" if n_bytes < 1 << 20 else f"{n_bytes / (1 << 20):.1f} MiB"


_PRETTY_UNITS = {"cm2": "cm²", "mm2": "mm²", "um2": "µm²", "uJ": "µJ", "uW": "µW", "us": "µs", "1": ""}
_LADDERS = {
    "s": ((1.0, 1.0, "s"), (1e-3, 1e-3, "ms"), (1e-6, 1e-6, "µs"), (0.0, 1e-9, "ns")),
    "mW": ((0.1, 1.0, "mW"), (1e-3, 1e-3, "µW"), (1e-6, 1e-6, "nW"), (0.0, 1e-9, "pW")),
    "cm2": ((0.1, 1.0, "cm²"), (1e-5, 1e-2, "mm²"), (0.0, 1e-8, "µm²")),
}
"""From which value on a unit is used, its size, and its name."""


def quantity(value: float, unit: str) -> str:
    """A figure with its unit, a smaller one for small values: "12.30 cm²", "8.0 KiB", "310 µs"."""
    if not math.isfinite(value):
        return figure(value)
    if unit == "bytes" and value >= 0:
        return byte_count(round(value))
    if unit in _LADDERS and value > 0:
        size, unit = next((size, name) for least, size, name in _LADDERS[unit] if value >= least)
        value /= size
    return f"{figure(value)} {_PRETTY_UNITS.get(unit, unit)}".rstrip()
