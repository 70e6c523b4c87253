"""The options of the family `approximate_mlp`; docs/spaces.md explains them line by line."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from codegen.ir.network import MAX_SHIFT
from searchspaces.parse import (
    IntRange,
    OptionProblem,
    Parsers,
    RealRange,
    faultless,
    parse_choice,
    parse_flag,
    parse_int,
    parse_int_range,
    parse_real_range,
    parse_teacher,
    read_values,
)
from searchspaces.space import SpaceError

FAMILY = "approximate_mlp"
WeightKind: TypeAlias = Literal["power_of_two", "ternary", "signed_digits"]
ArgmaxForm: TypeAlias = Literal["exact", "reduced"]
Detail: TypeAlias = Literal["genes", "axes"]
Genes: TypeAlias = Literal["all", "masks"]
Teacher: TypeAlias = Literal["forest"]

MAX_LAYERS = 4
WIDTHS = IntRange(0, 256)
CODE_BITS = IntRange(1, 16)
SHIFTS = IntRange(0, MAX_SHIFT)
DIGITS = IntRange(1, 8)
PRESSURES = RealRange(0.0, 1.0)

DEFAULT_HIDDEN = (IntRange(2, 8),)
DEFAULT_INPUT_BITS = IntRange(2, 4)
DEFAULT_ACTIVATION_BITS = IntRange(8, 8)
DEFAULT_ACTIVATION_SHIFT = IntRange(0, 6)


@dataclass(frozen=True, slots=True)
class WeightForm:
    """How a weight is written: as a sum of at most `digits` terms of sign and shift.

    power_of_two: one term. ternary: one term without shift, that is -1, 0 or 1. signed_digits: several.
    """

    kind: WeightKind
    digits: int = 1

    def __str__(self) -> str:
        return f"signed_digits_{self.digits}" if self.kind == "signed_digits" else self.kind


POWER_OF_TWO = WeightForm("power_of_two")


@dataclass(frozen=True, slots=True)
class ApproximateMlpOptions:
    """What of an approximate MLP may vary. Made from a spec by `parse_options`.

    hidden: a range of widths for each hidden layer; a lower end of 0 (axes only) means that the layer and
    those after it may be absent. activation_shift: None (axes only) leaves the choice to the training.
    weights, argmax: the forms to choose from. pressure: on area, in training (axes only). genes: what of a
    network varies; "masks" keeps the rest as it was trained. distill: whose answers to made-up rows are
    learnt too (genes only).
    """

    hidden: tuple[IntRange, ...] = DEFAULT_HIDDEN
    input_bits: IntRange = DEFAULT_INPUT_BITS
    weights: tuple[WeightForm, ...] = (POWER_OF_TWO,)
    max_shift: int = 6
    masks: bool = True
    activation_bits: IntRange = DEFAULT_ACTIVATION_BITS
    activation_shift: IntRange | None = DEFAULT_ACTIVATION_SHIFT
    argmax: tuple[ArgmaxForm, ...] = ("exact",)
    pressure: RealRange = PRESSURES
    detail: Detail = "genes"
    genes: Genes = "all"
    distill: Teacher | None = None

    def max_shift_of(self, form: WeightForm) -> int:
        """Largest shift of a term in this form."""
        return 0 if form.kind == "ternary" else self.max_shift


def parse_options(mapping: Mapping[str, object]) -> ApproximateMlpOptions:
    """The options of a spec. Raises SpaceError with one line for each problem."""
    return faultless(read_options(mapping))


def read_options(mapping: Mapping[str, object]) -> tuple[ApproximateMlpOptions, tuple[OptionProblem, ...]]:
    """The options as far as they can be read (defaults elsewhere), and everything wrong with them."""
    read, problems = read_values(FAMILY, mapping, PARSERS)
    options = ApproximateMlpOptions(**read)  # type: ignore[arg-type]
    return options, (*problems, *_contradictions(options))


def _contradictions(options: ApproximateMlpOptions) -> list[OptionProblem]:
    found: list[OptionProblem] = []
    may_vanish = [width.lower == 0 for width in options.hidden]
    if may_vanish != sorted(may_vanish):
        found.append(
            OptionProblem(FAMILY, "hidden", "a layer after one that may be absent (0) must be one too")
        )
    if options.detail == "axes":
        if options.distill is not None:
            found.append(OptionProblem(FAMILY, "distill", "must be false where detail is axes"))
        return found + _unless_genes(options)
    if options.genes == "masks":
        found += _unless_masks(options)
    if any(may_vanish):
        found.append(
            OptionProblem(FAMILY, "hidden", "widths must be at least 1 where detail is genes, not 0")
        )
    if options.activation_shift is None:
        found.append(
            OptionProblem(
                FAMILY, "activation_shift", "must be a range such as 0..6 where detail is genes, not 'auto'"
            )
        )
    if len(options.weights) > 1:
        names = ", ".join(str(form) for form in options.weights)
        found.append(
            OptionProblem(FAMILY, "weights", f"one form is needed where detail is genes, not {names}")
        )
    return found


def _unless_genes(options: ApproximateMlpOptions) -> list[OptionProblem]:
    if options.genes == "all":
        return []
    return [OptionProblem(FAMILY, "genes", f"{options.genes} needs detail: genes, not {options.detail}")]


def _unless_masks(options: ApproximateMlpOptions) -> list[OptionProblem]:
    """What masks over a trained network can't go with."""
    found = []
    if len(options.hidden) > 1:
        text = f"must be one layer where genes is masks, not {len(options.hidden)}"
        found.append(OptionProblem(FAMILY, "hidden", text))
    if not options.masks:
        found.append(OptionProblem(FAMILY, "masks", "must be true where genes is masks, not false"))
    return found


def _parse_hidden(value: object) -> tuple[IntRange, ...]:
    layers = value if isinstance(value, list | tuple) else [value]
    if not 1 <= len(layers) <= MAX_LAYERS:
        raise SpaceError(f"must have 1 to {MAX_LAYERS} layers, not {len(layers)}")
    widths = tuple(parse_int_range(layer, WIDTHS) for layer in layers)
    if any(width.upper == 0 for width in widths):
        raise SpaceError(f"the upper end of a width must be at least 1, not {value!r}")
    return widths


def _parse_weights(value: object) -> tuple[WeightForm, ...]:
    forms = tuple(_parse_form(item) for item in (value if isinstance(value, list | tuple) else [value]))
    if not forms or len(set(forms)) != len(forms):
        raise SpaceError(f"must name at least one form and none twice, not {value!r}")
    return forms


def _parse_form(value: object) -> WeightForm:
    if not isinstance(value, Mapping):
        names = ("power_of_two", "ternary")
        if value == "signed_digits":
            raise SpaceError("signed digits need their number: write {signed_digits: 2}")
        return WeightForm(cast("WeightKind", parse_choice(value, names)))
    if list(value) != ["signed_digits"]:
        raise SpaceError(f"must be power_of_two, ternary or {{signed_digits: 2}}, not {dict(value)!r}")
    try:
        return WeightForm("signed_digits", parse_int(value["signed_digits"], DIGITS))
    except SpaceError as error:
        raise SpaceError(f"signed_digits {error}") from None


def _parse_shift(value: object) -> IntRange | None:
    return None if value == "auto" else parse_int_range(value, IntRange(0, 40))


def _parse_argmax(value: object) -> tuple[ArgmaxForm, ...]:
    items = value if isinstance(value, list | tuple) else [value]
    forms = tuple(cast("ArgmaxForm", parse_choice(item, ("exact", "reduced"))) for item in items)
    if not forms or len(set(forms)) != len(forms):
        raise SpaceError(f"must name at least one form and none twice, not {value!r}")
    return forms


PARSERS: Parsers = {
    "hidden": _parse_hidden,
    "input_bits": lambda value: parse_int_range(value, CODE_BITS),
    "weights": _parse_weights,
    "max_shift": lambda value: parse_int(value, SHIFTS),
    "masks": parse_flag,
    "activation_bits": lambda value: parse_int_range(value, CODE_BITS),
    "activation_shift": _parse_shift,
    "argmax": _parse_argmax,
    "pressure": lambda value: parse_real_range(value, PRESSURES),
    "detail": lambda value: parse_choice(value, ("genes", "axes")),
    "genes": lambda value: parse_choice(value, ("all", "masks")),
    "distill": parse_teacher,
}
"""How each option is read; the order is that of the documentation."""
