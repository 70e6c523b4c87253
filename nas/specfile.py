"""From YAML text to a Spec, or to everything that is wrong with it, each at its line and column."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from nas.spec.checks import Draft, check_sections, draft_of
from nas.spec.model import Spec
from nas.spec.overrides import apply_override
from nas.spec.problems import Problem, SpecError
from nas.spec.shape import shape_problems
from nas.spec.text import spec_text
from nas.spec.tree import MapNode, Place, TreeError, parse_tree, plain

__all__ = ["parse_saved_spec", "parse_spec", "read_spec", "spec_text"]

MAX_BYTES = 65_536
"""A spec is a few kilobytes; more is refused unread."""


def read_spec(path: str | Path, overrides: Sequence[str] = ()) -> Spec:
    """The spec in a YAML file. Its files are relative to its folder.

    overrides: such as "search.minutes=1", in the order in which they apply.
    Raises SpecError with every problem found; imports no code that the spec names.
    """
    path = Path(path)
    return parse_spec(_read_text(path), name=str(path), base=path.absolute().parent, overrides=overrides)


def parse_spec(
    text: str, *, name: str = "<text>", base: Path = Path(), overrides: Sequence[str] = ()
) -> Spec:
    """The spec in YAML text. name: how problems call it. base: the folder of its files. Raises SpecError."""
    try:
        root, problems = parse_tree(text, Place(name, 1, 1))
    except TreeError as error:
        raise SpecError([error.problem]) from None
    if not isinstance(root, MapNode):
        raise SpecError([Problem(name, 1, 1, "", "must be a mapping of keys such as version, task and data")])
    found = [*problems, *_overridden(root, overrides)]
    values = {key: plain(node) for key, node in root.values.items()}
    try:
        draft = Draft(Spec.model_validate(values), frozenset(Spec.model_fields))
    except ValidationError as error:
        found += shape_problems(root, error)
        draft = draft_of(values, error)
    found += check_sections(root, values, draft, base)
    if found:
        raise SpecError(found)
    return draft.spec.with_base(base)


def parse_saved_spec(text: str, *, name: str, base: Path) -> Spec:
    """The spec that a run was made from, which was checked when it began.

    Only its own form is read again: no hardware model is made and no plug-in is looked up, so that an old
    run can be reported wherever it lies. Raises SpecError.
    """
    try:
        root, problems = parse_tree(text, Place(name, 1, 1))
    except TreeError as error:
        raise SpecError([error.problem]) from None
    if problems or not isinstance(root, MapNode):
        raise SpecError(problems or [Problem(name, 1, 1, "", "must be a mapping of keys")])
    try:
        spec = Spec.model_validate({key: plain(node) for key, node in root.values.items()})
    except ValidationError as error:
        raise SpecError(shape_problems(root, error)) from None
    return spec.with_base(base)


def _overridden(root: MapNode, overrides: Sequence[str]) -> list[Problem]:
    problems: list[Problem] = []
    for text in overrides:
        try:
            apply_override(root, text)
        except SpecError as error:
            problems.extend(error.problems)
    return problems


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise _unreadable(path, f"can't be read: {reason}") from None
    if len(data) > MAX_BYTES:
        raise _unreadable(path, f"is larger than {MAX_BYTES // 1024} KiB; a spec is a few KiB of YAML")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        text = f"not UTF-8 text: byte 0x{data[error.start]:02x}; save the file as UTF-8"
        raise SpecError([Problem(str(path), line, column, "", text)]) from None


def _unreadable(path: Path, text: str) -> SpecError:
    return SpecError([Problem(str(path), 0, 0, "", text)])
