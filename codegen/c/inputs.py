"""How raw features become codes in few instructions and little flash: what all features share is no table."""

from dataclasses import dataclass

import numpy as np

from codegen.c.render import render
from codegen.c.text import comment, float32
from codegen.ir import Feature, Interface

ZERO = "0.0f"


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
    """What a table says of each feature: the lowest raw value, steps per raw unit, the last step."""

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
    def n_halves(self) -> int:
        """Columns of upper halves of float32 values."""
        return sum(column.kind == "uint16_t" for name, column in self.columns if name != "top")

    @property
    def subtracts(self) -> bool:
        """Whether some lowest value is not 0."""
        return self.lo.constant != ZERO

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
        return sum(sizes) + -sum(sizes) % max(sizes, default=1)


def inputs_text(interface: Interface, prefix: str) -> str:
    """`P_quantize` and what it needs; `P_steps(raw, i)` is a code less the lowest code, one for all
    features."""
    table = input_table(interface)
    base = base_text(interface, "-")
    return render("inputs.c.j2", prefix=prefix, table=table, halves=table.n_halves > 0, base=base)


def has_one_base(interface: Interface) -> bool:
    """Whether the lowest codes of all features are equal, which `inputs_text` needs."""
    return len({feature.code_lo for feature in interface.features}) == 1


def base_text(interface: Interface, sign: str) -> str:
    """` + 128`, or ` - 128`, where codes are signed."""
    base = -interface.features[0].code_lo
    return f" {sign} {base}" if base else ""


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
