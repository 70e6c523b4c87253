"""The ports of an emitted module, the names inside it, and pieces of Verilog text."""

from dataclasses import dataclass

from codegen.identifiers import Namespace
from codegen.ir.interface import ClassOutput, Interface


@dataclass(frozen=True, slots=True)
class Port:
    """name: a safe identifier. width: in bits, at least 1."""

    name: str
    width: int
    signed: bool

    @property
    def declaration(self) -> str:
        """Such as "signed [3:0] x"."""
        return f"{'signed ' if self.signed else ''}{width_text(self.width)}{self.name}"


@dataclass(frozen=True, slots=True)
class Ports:
    """inputs: one a feature, in order. outputs: `class_index`, or one a value. names: those still free."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    names: Namespace


def make_ports(interface: Interface, output_widths: tuple[int, ...]) -> Ports:
    """The ports of a network; outputs are named before features, and both before anything else."""
    names = Namespace("verilog")
    if isinstance(interface.output, ClassOutput):
        outputs = [Port(names.claim("class_index"), output_widths[0], signed=False)]
    else:
        values = zip(interface.output.values, output_widths, strict=True)
        outputs = [Port(names.claim(value.name), width, signed=True) for value, width in values]
    inputs = [Port(names.claim(feature.name), feature.bits, feature.signed) for feature in interface.features]
    return Ports(tuple(inputs), tuple(outputs), names)


def index_bits(n_classes: int) -> int:
    """Width of a class index."""
    return max(1, (n_classes - 1).bit_length())


def width_text(width: int) -> str:
    """The range of a declaration, with a space behind it; nothing for one bit."""
    return f"[{width - 1}:0] " if width > 1 else ""


def select(name: str, width: int, high: int, low: int) -> str:
    """Bits high..low of a word; a one-bit word has no range to select from."""
    if high - low + 1 == width:
        return name
    return f"{name}[{high}]" if high == low else f"{name}[{high}:{low}]"


def unsigned_literal(value: int, width: int) -> str:
    return f"{max(width, 1)}'d{value}"


def signed_literal(value: int, width: int) -> str:
    """A two's complement constant; the lowest value of a width has no decimal form."""
    if value == -(1 << (width - 1)):
        return f"{width}'sb1{'0' * (width - 1)}"
    return f"{'-' if value < 0 else ''}{width}'sd{abs(value)}"


def bits_literal(value: int, width: int) -> str:
    """A signed constant shown bit by bit, such as a mask."""
    return f"{width}'sb{value % (1 << width):0{width}b}"
