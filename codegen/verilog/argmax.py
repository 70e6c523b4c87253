"""From the sums of the last layer to a class index: a tournament, or the sign of one difference."""

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.ir.network import Comparison, Neuron
from codegen.ir.ranges import Range
from codegen.verilog.ports import Port, Ports, bits_literal, select, unsigned_literal, width_text
from codegen.verilog.sums import Word, difference


@dataclass(frozen=True, slots=True)
class Decision:
    """classes: the class of each entrant. matches: over the entrants, as in `BespokeMlp.argmax`."""

    classes: tuple[int, ...]
    matches: tuple[Comparison, ...]

    @property
    def by_sign(self) -> bool:
        """True where one exact comparison decides: then the sign of left - right does."""
        return len(self.matches) == 1 and self.matches[0].mask == -1

    def sums(self, neurons: Sequence[Neuron]) -> list[Neuron]:
        """The sums to build, out of those of all classes."""
        if not self.matches:
            return []
        entrants = [neurons[index] for index in self.classes]
        if self.by_sign:
            return [difference(entrants[self.matches[0].left], entrants[self.matches[0].right])]
        return entrants

    @property
    def labels(self) -> list[str]:
        """What each of the sums is, for names and comments."""
        if not self.matches:
            return []
        return ["lead"] if self.by_sign else [f"score{index}" for index in self.classes]


def decide(argmax: tuple[Comparison, ...] | None, ranges: Sequence[Range]) -> Decision:
    """The tournament of a network. ranges: of the sum of each class.

    The exact argmax compares neighbors in the order of the classes: the left one has the lower index, so
    it keeps a tie.
    """
    if argmax is not None:
        return Decision(tuple(range(len(ranges))), argmax)
    classes = _contenders(ranges)
    entrants, matches = list(range(len(classes))), list[Comparison]()
    while len(entrants) > 1:
        winners = []
        for left, right in zip(entrants[::2], entrants[1::2], strict=False):
            winners.append(len(classes) + len(matches))
            matches.append(Comparison(left, right))
        entrants = winners + entrants[2 * len(winners) :]
    return Decision(classes, tuple(matches))


def _contenders(ranges: Sequence[Range]) -> tuple[int, ...]:
    """The classes that can win: not those whose largest sum never beats another's smallest."""
    floor = max(lo for lo, _ in ranges)
    holder = next(index for index, (lo, _) in enumerate(ranges) if lo == floor)
    return tuple(
        index for index, (_, hi) in enumerate(ranges) if hi > floor or (hi == floor and index <= holder)
    )


def decision_lines(decision: Decision, words: Sequence[Word], ports: Ports) -> list[str]:
    """The lines that assign the class index. words: of `decision.sums`."""
    output = ports.outputs[0]
    indexes = [unsigned_literal(index, output.width) for index in decision.classes]
    if not decision.matches:
        return ["// Only one class can win.", f"assign {output.name} = {indexes[0]};"]
    if decision.by_sign:
        match = decision.matches[0]
        comment = f"// class {decision.classes[match.right]} where {words[0].name} is negative"
        return [comment, _sign_line(output, words[0], indexes[match.left], indexes[match.right])]
    return _tournament(decision.matches, list(words), indexes, ports)


def _sign_line(output: Port, lead: Word, left: str, right: str) -> str:
    if lead.lo >= 0 or lead.hi < 0:
        return f"assign {output.name} = {left if lead.lo >= 0 else right};"
    sign = select(lead.name, lead.width, lead.width - 1, lead.width - 1)
    return f"assign {output.name} = {_choice(sign, right, left)};"


def _choice(condition: str, true: str, false: str) -> str:
    if (true, false) == ("1'd1", "1'd0"):
        return condition
    return f"{condition} ? {true} : {false}"


def _tournament(
    matches: Sequence[Comparison], words: list[Word], indexes: list[str], ports: Ports
) -> list[str]:
    output, lines = ports.outputs[0], ["// argmax: the right one wins only where it is larger"]
    for number, match in enumerate(matches):
        left, right = words[match.left], words[match.right]
        wins = ports.names.claim(f"wins{number}")
        lines.append(f"wire {wins} = {_comparison(left, right, match.mask)};")
        chosen = _choice(wins, indexes[match.right], indexes[match.left])
        if number == len(matches) - 1:
            return [*lines, f"assign {output.name} = {chosen};"]
        best = _winner(ports.names.claim(f"best{number}"), left, right, match.mask)
        index = ports.names.claim(f"index{number}")
        lines.append(
            f"wire signed {width_text(best.width)}{best.name} = {wins} ? {right.name} : {left.name};"
        )
        lines.append(f"wire {width_text(output.width)}{index} = {chosen};")
        words.append(best)
        indexes.append(index)
    return lines


def _winner(name: str, left: Word, right: Word, mask: int) -> Word:
    lowest = max if mask == -1 else min
    return Word(name, lowest(left.lo, right.lo), max(left.hi, right.hi), signed=True)


def _comparison(left: Word, right: Word, mask: int) -> str:
    """`(right & mask) > (left & mask)`; all operands are signed, so Verilog extends them by their sign."""
    if mask == -1:
        return f"{right.name} > {left.name}"
    dropped = (-mask).bit_length() - 1
    if mask == -(1 << dropped):
        return f"({right.name} >>> {dropped}) > ({left.name} >>> {dropped})"
    literal = bits_literal(mask, max(left.width, right.width, mask.bit_length() + 1))
    return f"({right.name} & {literal}) > ({left.name} & {literal})"
