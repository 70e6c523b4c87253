"""What the integers at the border of a network mean: raw features in, classes or values out."""

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.ir.errors import IrError

FloatArray: TypeAlias = npt.NDArray[np.floating[Any]]
CodeArray: TypeAlias = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Feature:
    """A raw feature and the integer code that the network sees of it.

    lo, hi: the raw range, finite float32 values with lo < hi; raw values outside are clipped.
    bits: 1 to 16. The code is `floor((x - lo) * scale)` in float32 arithmetic, limited to
    0..2**bits - 1, with `scale` = float32(2**bits / (hi - lo)); NaN becomes the lowest code.
    signed: 2**(bits - 1) is subtracted from the code.
    """

    name: str
    lo: float
    hi: float
    bits: int
    signed: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.bits <= 16:
            raise IrError(f"feature {self.name!r}: bits must be in 1..16, not {self.bits}")
        for end in (self.lo, self.hi):
            with np.errstate(over="ignore"):
                exact = math.isfinite(end) and float(np.float32(end)) == end
            if not exact:
                raise IrError(f"feature {self.name!r}: lo and hi must be finite float32 values, not {end}")
        if not self.lo < self.hi:
            raise IrError(f"feature {self.name!r}: lo must be below hi, but got {self.lo} and {self.hi}")
        if not math.isfinite(self.scale) or self.scale <= 0:
            raise IrError(f"feature {self.name!r}: the range {self.lo}..{self.hi} has no float32 scale")

    @property
    def scale(self) -> float:
        """Codes per raw unit, a float32 value."""
        with np.errstate(over="ignore"):
            return float(np.float32((1 << self.bits) / (self.hi - self.lo)))

    @property
    def code_lo(self) -> int:
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def code_hi(self) -> int:
        return self.code_lo + (1 << self.bits) - 1


@dataclass(frozen=True, slots=True)
class ClassOutput:
    """The network answers with the index of a label."""

    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.labels) < 2 or len(set(self.labels)) != len(self.labels):
            raise IrError(f"output: at least two distinct labels are needed, not {self.labels}")


@dataclass(frozen=True, slots=True)
class Value:
    """One regression output: the raw value is `integer * scale + offset`."""

    name: str
    scale: float
    offset: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.scale) and math.isfinite(self.offset)) or self.scale == 0:
            raise IrError(f"output {self.name!r}: scale must be finite and not 0, offset finite")


@dataclass(frozen=True, slots=True)
class ValueOutput:
    """The network answers with one integer for each value."""

    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise IrError("output: at least one value is needed")


Output: TypeAlias = ClassOutput | ValueOutput


@dataclass(frozen=True, slots=True)
class Interface:
    """Features in, classes or values out."""

    features: tuple[Feature, ...]
    output: Output

    def __post_init__(self) -> None:
        if not self.features:
            raise IrError("interface: at least one feature is needed")

    @property
    def n_features(self) -> int:
        return len(self.features)

    @property
    def n_outputs(self) -> int:
        """Number of classes, or of values."""
        if isinstance(self.output, ClassOutput):
            return len(self.output.labels)
        return len(self.output.values)

    @property
    def n_input_bits(self) -> int:
        return sum(feature.bits for feature in self.features)

    def quantize(self, raw: FloatArray | npt.NDArray[np.uint8]) -> CodeArray:
        """Raw features `(n_samples, n_features)` to codes of the same shape; see `Feature`."""
        values = np.asarray(raw, dtype=np.float32)
        if values.ndim != 2 or values.shape[1] != self.n_features:
            raise IrError(f"quantize: shape must be (n_samples, {self.n_features}), not {values.shape}")
        lo = np.array([feature.lo for feature in self.features], dtype=np.float32)
        scale = np.array([feature.scale for feature in self.features], dtype=np.float32)
        top = np.array([(1 << feature.bits) - 1 for feature in self.features], dtype=np.float32)
        base = np.array([feature.code_lo for feature in self.features], dtype=np.int32)
        with np.errstate(over="ignore", invalid="ignore"):
            steps = np.floor((values - lo) * scale)
        steps = np.where(np.isnan(steps), np.float32(0), steps)
        return np.clip(steps, 0, top).astype(np.int32) + base
