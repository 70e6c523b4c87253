"""The nearest right name."""

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """ "; did you mean 'x'?" for the nearest name, or nothing where none is near.

    Case does not count, and the metric of a model is near to its full name.
    """
    known = list(names)
    tails = [each for each in known if each.rpartition(".")[2] == name]
    lower = {each.lower(): each for each in reversed(known)}
    near = difflib.get_close_matches(name.lower(), list(lower), n=1, cutoff=0.6)
    found = tails[:1] or [lower[each] for each in near]
    return f"; did you mean {found[0]!r}?" if found else ""


def nearest(name: str, names: Iterable[str], kind: str) -> str:
    """ "; did you mean 'x'?", or where none is near "; the keys are a, b, c" for the kind "keys"."""
    known = list(names)
    return did_you_mean(name, known) or f"; the {kind} are {', '.join(known) or 'none'}"


def one_of(names: Iterable[str]) -> str:
    """The names in a sentence: "a", "a or b", "a, b or c"."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last
