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
    if abs(value) >= 1e4:
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
_SMALLER_SECONDS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def quantity(value: float, unit: str) -> str:
    """A figure with its unit: "12.3 cm²", "0.93", "8 KiB", "310 µs"."""
    if not math.isfinite(value):
        return figure(value)
    if unit == "bytes" and value >= 0:
        return byte_count(round(value))
    if unit == "s" and 0 < value < 1:
        size, name = next((pair for pair in _SMALLER_SECONDS if value >= pair[0]), _SMALLER_SECONDS[-1])
        return f"{figure(value / size)} {name}"
    return f"{figure(value)} {_PRETTY_UNITS.get(unit, unit)}".rstrip()
