"""How raw features become codes in few instructions and little flash: what all features share is no table."""

from dataclasses import dataclass

import numpy as np

from codegen.c.text import comment, float32
from codegen.ir import Feature, Interface


@dataclass(frozen=True, slots=True)
class Column:
    """One property of all features. constant: its C text where all share it. kind: of the table's items
    otherwise, "uint16_t" where the upper half of each float32 is all of it. texts: one for each feature.
    """

    constant: str | None
    kind: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InputTable:
    """lo, scale, top: columns. code_lo: what is added to the steps of a feature for its code, None where
    features differ in it.
    """

    lo: Column
    scale: Column
    top: Column
    names: tuple[str, ...]

    @property
    def columns(self) -> tuple[tuple[str, Column], ...]:
        """Those that need a table."""
        named = (("lo", self.lo), ("scale", self.scale), ("top", self.top))
        return tuple((name, column) for name, column in named if column.constant is None)

    @property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """(items, name) of each feature."""
        return tuple(
            (", ".join(column.texts[at] for _, column in self.columns), name)
            for at, name in enumerate(self.names)
        )

    @property
    def row_bytes(self) -> int:
        """Of one feature in the table."""
        sizes = [2 if column.kind == "uint16_t" else 4 for _, column in self.columns]
        return sum(sizes) + sum(sizes) % max(sizes, default=1)


def input_table(interface: Interface) -> InputTable:
    features = interface.features
    return InputTable(
        _floats([feature.lo for feature in features]),
        _floats([feature.scale for feature in features]),
        _tops(features),
        tuple(comment(feature.name) for feature in features),
    )


def _tops(features: tuple[Feature, ...]) -> Column:
    texts = tuple(str((1 << feature.bits) - 1) for feature in features)
    return Column(texts[0] if len(set(texts)) == 1 else None, "uint16_t", texts)


def _floats(values: list[float]) -> Column:
    texts = tuple(float32(value) for value in values)
    if len(set(texts)) == 1:
        return Column(texts[0], "float", texts)
    words = np.array(values, dtype=np.float32).view(np.uint32)
    if not (words & 0xFFFF).any():
        return Column(None, "uint16_t", tuple(f"0x{int(word) >> 16:04x}" for word in words))
    return Column(None, "float", texts)
