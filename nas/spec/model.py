"""The spec of a run: frozen models of plain values, one for each section of the YAML file.

docs/spec.md explains every key. The models check the shape of a section; what concerns several
sections, or needs names from elsewhere, is checked by `nas.specfile`.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PrivateAttr,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from nas.data.dataset import Task
from nas.spec.units import parse_quantity

FAMILIES: tuple[str, ...] = ("approximate_mlp",)
"""Families of search spaces that a spec can name."""

DEFAULT_MINUTES = 5.0
DEFAULT_FOLDS = 3

Algorithm = Literal["auto", "random", "nsga2", "pymoo_nsga2", "tpe", "gp"]
Source = Literal["bundled", "csv", "npz", "openml", "call"]


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _matching(pattern: str, rule: str) -> Callable[[str], str]:
    compiled = re.compile(pattern, re.ASCII)

    def check(text: str) -> str:
        if compiled.fullmatch(text) is None:
            raise ValueError(f"must be {rule}, not {text[:80]!r}")
        return text

    return check


NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,63}"
ALIAS_PATTERN = r"[A-Za-z][A-Za-z0-9_]{0,31}"
CALL_PATTERN = r"[^:\s]+:[A-Za-z_][A-Za-z0-9_]*"


def at_key(key: str, text: str) -> PydanticCustomError:
    """The error of a section that belongs to one of its keys."""
    return PydanticCustomError("at_key", "{text}", {"key": key, "text": text})


Whole = Annotated[int, BeforeValidator(_whole)]
Name = Annotated[
    str,
    Field(json_schema_extra={"pattern": f"^{NAME_PATTERN}$"}),
    AfterValidator(
        _matching(NAME_PATTERN, "1 to 64 letters, digits, spaces, `_`, `.` or `-`, a letter or digit first")
    ),
]
Alias = Annotated[
    str, AfterValidator(_matching(ALIAS_PATTERN, "1 to 32 letters, digits or `_`, a letter first"))
]
Reference = Annotated[
    str,
    Field(json_schema_extra={"pattern": f"^{CALL_PATTERN}$"}),
    AfterValidator(_matching(CALL_PATTERN, "module:function or file.py:function")),
]
Text = Annotated[str, Field(min_length=1)]


class Section(BaseModel):
    """A mapping of known keys. A key without a value counts as left out."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _leave_out_empty(cls, given: object) -> object:
        if isinstance(given, Mapping):
            return {key: value for key, value in given.items() if value is not None}
        return given


class DataSpec(Section):
    """Where the data comes from: exactly one of bundled, csv, npz, openml and call."""

    bundled: Literal["wdbc", "digits", "wine", "iris", "diabetes"] | None = None
    csv: Text | None = None
    npz: Text | None = None
    openml: Annotated[Whole, Field(ge=1)] | None = None
    call: Reference | None = None
    target: Text | None = None
    drop: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    separator: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    missing: Literal["error", "drop_rows"] = "error"

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [name for name in SOURCES if getattr(self, name) is not None]
        if len(given) != 1:
            came = " and ".join(given) if given else "none"
            raise ValueError(f"exactly one of {', '.join(SOURCES)} must be given, but got {came}")
        if given == ["csv"] and self.target is None:
            raise ValueError("a csv needs target, the name of the column to predict")
        for key, allowed in _KEYS_OF_SOURCES.items():
            is_given = getattr(self, key) != type(self).model_fields[key].default
            if is_given and given[0] not in allowed:
                raise at_key(key, f"goes with {' or '.join(allowed)}, not with {given[0]}")
        return self

    @property
    def source(self) -> Source:
        """Which source is given."""
        return next(name for name in SOURCES if getattr(self, name) is not None)


SOURCES: tuple[Source, ...] = ("bundled", "csv", "npz", "openml", "call")
_KEYS_OF_SOURCES: Mapping[str, tuple[Source, ...]] = {
    "target": ("csv", "openml"),
    "drop": ("csv", "openml"),
    "separator": ("csv",),
    "missing": ("csv", "openml"),
}


class ValidationSpec(Section):
    """How the training rows are divided again: into folds, or one part by its share."""

    folds: Annotated[Whole, Field(ge=2, le=50)] | None = None
    share: Annotated[float, Field(gt=0, lt=1)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare_share(cls, given: object) -> object:
        is_number = isinstance(given, int | float) and not isinstance(given, bool)
        return {"share": given} if is_number else given

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.folds is None) == (self.share is None):
            raise ValueError("exactly one of folds and share must be given")
        return self


def _share_or_given(value: object) -> object:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if value == "given" or (is_number and 0 < float(value) < 1):  # type: ignore[arg-type]
        return value
    shown = repr(value) if isinstance(value, str | int | float) else "a mapping or list"
    raise ValueError(f"must be a share above 0 and below 1, or given, not {shown}")


class SplitSpec(Section):
    """The test part and the validation parts.

    test: its share of the rows, or "given" where the source brings one. stratified: None means yes for
    a classification.
    """

    test: Annotated[float | Literal["given"], BeforeValidator(_share_or_given)] = 0.3
    stratified: bool | None = None
    validation: ValidationSpec = ValidationSpec(folds=DEFAULT_FOLDS)


class SpaceSpec(Section):
    """A family of networks with its options, which the family itself reads."""

    family: Literal["approximate_mlp"]
    options: dict[str, JsonValue] = {}

    @model_validator(mode="before")
    @classmethod
    def _one_key(cls, given: object) -> object:
        if isinstance(given, str):
            return {"family": given}
        if not isinstance(given, Mapping) or "family" in given:
            return given
        if len(given) != 1:
            raise ValueError(f"each entry must name one family with its options, not {len(given)}")
        [(family, options)] = given.items()
        return {"family": family, "options": options if options is not None else {}}

    @model_serializer
    def _as_written(self) -> dict[str, JsonValue]:
        return {self.family: self.options}


class HardwareSpec(Section):
    """A hardware model with its options, which the model itself reads."""

    model: Text
    options: dict[str, JsonValue] = {}

    @model_validator(mode="before")
    @classmethod
    def _options_beside_model(cls, given: object) -> object:
        if not isinstance(given, Mapping) or set(given) == {"model", "options"}:
            return given
        options = {key: value for key, value in given.items() if key != "model"}
        return {"model": given.get("model"), "options": options}

    @model_serializer
    def _as_written(self) -> dict[str, JsonValue]:
        return {"model": self.model, **self.options}


class BadQuantity(str):
    """A limit that could not be read; says why where the limit is checked."""


def _number_or_why(value: object) -> object:
    if isinstance(value, BadQuantity):
        raise ValueError(str(value))
    return value


def _in_units_of_metrics(limits: object) -> object:
    if not isinstance(limits, Mapping):
        return limits
    return {metric: _converted(metric, limit) for metric, limit in limits.items()}


def _converted(metric: str, limit: object) -> object:
    if not isinstance(limit, Mapping):
        return limit
    return {
        end: _quantity(metric, value) if isinstance(value, str) else value for end, value in limit.items()
    }


def _quantity(metric: str, text: str) -> float | str:
    try:
        return parse_quantity(text, metric)
    except ValueError as error:
        return BadQuantity(error)


LimitEnd = Annotated[float, BeforeValidator(_number_or_why)]


class LimitSpec(Section):
    """The range a metric must stay in, in the metric's unit."""

    min: LimitEnd | None = None
    max: LimitEnd | None = None

    @model_validator(mode="before")
    @classmethod
    def _no_bare_number(cls, given: object) -> object:
        if isinstance(given, str | int | float):
            raise ValueError(f"must say which end it is: {{max: {given}}} or {{min: {given}}}")
        return given

    @model_validator(mode="after")
    def _range(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("at least one of min and max must be given")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min <= max must hold, but got {self.min:g} and {self.max:g}")
        return self


def _flag_or_count(value: object) -> object:
    value = _whole(value)
    if isinstance(value, bool) or (isinstance(value, int) and 1 <= value <= 10_000):
        return value
    raise ValueError("must be true, false, or how many networks to train, 1 to 10000")


class SearchSpec(Section):
    """The algorithm and its budget; where neither evaluations nor minutes is given, 5 minutes."""

    algorithm: Algorithm = "auto"
    evaluations: Annotated[Whole, Field(ge=1, le=10**12)] | None = None
    minutes: Annotated[float, Field(gt=0, le=525_600)] | None = None
    workers: Annotated[Whole, Field(ge=1, le=1024)] = 1
    population: Annotated[Whole, Field(ge=4, le=100_000)] | None = None
    seed_with_gradients: Annotated[bool | int, BeforeValidator(_flag_or_count)] = True

    @model_validator(mode="before")
    @classmethod
    def _budget(cls, given: object) -> object:
        if isinstance(given, Mapping) and given.get("evaluations") is None and given.get("minutes") is None:
            return {**given, "minutes": DEFAULT_MINUTES}
        return given


class VerilogSpec(Section):
    """How Verilog is written."""

    style: Literal["word"] = "word"


class CSpec(Section):
    """How C is laid out."""

    layout: Literal["cmake", "arduino", "plain"] = "cmake"


class EmitSpec(Section):
    """What is handed over, and of which winners; where neither target is named, both."""

    verilog: VerilogSpec | None = None
    c: CSpec | None = None
    winners: Annotated[tuple[Text, ...], Field(strict=False, min_length=1)] = ("knee",)

    @model_validator(mode="before")
    @classmethod
    def _both_targets(cls, given: object) -> object:
        if isinstance(given, Mapping) and given.get("verilog") is None and given.get("c") is None:
            return {**given, "verilog": {}, "c": {}}
        return given


class Spec(Section):
    """Everything a run starts from. Read from YAML by `nas.specfile.read_spec`."""

    version: Literal[1]
    name: Name
    seed: Annotated[Whole, Field(ge=0, le=2**32 - 1)] = 1
    task: Task
    data: DataSpec
    split: SplitSpec = SplitSpec()
    space: Annotated[tuple[SpaceSpec, ...], Field(strict=False, min_length=1)]
    hardware: dict[Alias, HardwareSpec] = {}
    objectives: Annotated[dict[str, Literal["min", "max"]], Field(min_length=1)]
    limits: Annotated[dict[str, LimitSpec], BeforeValidator(_in_units_of_metrics)] = {}
    search: SearchSpec = SearchSpec()
    train: dict[str, JsonValue] = {}
    emit: EmitSpec = EmitSpec()

    _base: Path = PrivateAttr(default=Path())

    @property
    def base(self) -> Path:
        """The folder that files named in the spec are relative to: the spec's own."""
        return self._base

    def with_base(self, base: Path) -> Self:
        """The same spec, its files relative to another folder."""
        copy = self.model_copy()
        copy._base = base
        return copy
