"""Kinds of values in a spec, and what its sections have in common."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from nas.search.registry import ALGORITHMS
from nas.spec.names import did_you_mean, one_of


def whole(value: object) -> object:
    """A float without a fraction as the integer it is; anything else unchanged."""
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


WHOLE = BeforeValidator(whole)
"""Takes 2e6 for 2000000."""

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


def _known_algorithm(name: str) -> str:
    if name not in ALGORITHMS and not re.fullmatch(CALL_PATTERN, name, re.ASCII):
        hint = did_you_mean(name, ALGORITHMS)
        raise ValueError(
            f"must be {one_of((*ALGORITHMS, 'a searcher of your own as module:object'))}, not {name!r}{hint}"
        )
    return name


AlgorithmName = Annotated[
    str,
    Field(json_schema_extra={"anyOf": [{"enum": list(ALGORITHMS)}, {"pattern": f"^{CALL_PATTERN}$"}]}),
    AfterValidator(_known_algorithm),
]
Text = Annotated[str, Field(min_length=1)]
Share = Annotated[float, Field(gt=0, lt=1)]


def without_empty(given: object) -> object:
    """A mapping without the keys that have no value; anything else unchanged."""
    if isinstance(given, Mapping):
        return {key: value for key, value in given.items() if value is not None}
    return given


class Section(BaseModel):
    """A mapping of known keys. A key without a value counts as left out."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    @model_validator(mode="before")
    @classmethod
    def _leave_out_empty(cls, given: object) -> object:
        return without_empty(given)
