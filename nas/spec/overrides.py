"""`--set search.minutes=1`: one value of a spec replaced or added."""

from nas.spec.problems import Problem, SpecError
from nas.spec.tree import Leaf, ListNode, MapNode, Node, Place, TreeError, parse_tree


def apply_override(root: MapNode, text: str) -> None:
    """Puts the YAML value after `=` at the dotted path before it; changes `root`.

    Mappings on the way are made; `space.0` counts from 0. Under `objectives` and `limits` the metric's
    own dot is understood: `limits.egfet.power_mw.max=3`. Raises SpecError for a path that leads nowhere.
    """
    path, equals, value = text.partition("=")
    place = Place(f"--set {text}" if text.isprintable() else f"--set {text!r}", 0, 0)
    if not equals or not path.strip():
        raise _error(place, "must be a dotted path, `=` and a value, such as search.minutes=1")
    parts = _parts(path.strip())
    node: Node = root
    for index, part in enumerate(parts[:-1]):
        node = _step(node, part, place, ".".join(parts[:index]))
    _put(node, parts[-1], _value(value, place), place, ".".join(parts[:-1]))


def _parts(path: str) -> list[str]:
    first, dot, rest = path.partition(".")
    if not dot:
        return [first]
    if first == "objectives":
        return [first, rest]
    if first == "limits":
        metric, _, end = rest.rpartition(".")
        return [first, metric, end] if metric and end in ("min", "max") else [first, rest]
    return [first, *_parts(rest)]


def _value(text: str, place: Place) -> Node:
    try:
        node, problems = parse_tree(text, place)
    except TreeError as error:
        raise SpecError([error.problem]) from None
    if problems:
        raise SpecError(problems)
    return node


def _step(node: Node, part: str, place: Place, path: str) -> Node:
    match node:
        case MapNode():
            below = node.values.get(part)
            if below is None or (isinstance(below, Leaf) and below.value is None):
                below = MapNode(place)
                node.values[part], node.keys[part] = below, place
            return below
        case ListNode():
            return node.items[_index(node, part, place, path, len(node.items) - 1)]
    raise _error(place, f"{path} is a single value; nothing can be set below it")


def _put(node: Node, part: str, value: Node, place: Place, path: str) -> None:
    match node:
        case MapNode():
            node.values[part], node.keys[part] = value, place
        case ListNode():
            node.items[_index(node, part, place, path, len(node.items) - 1)] = value
        case _:
            raise _error(place, f"{path} is a single value; nothing can be set below it")


def _index(node: ListNode, part: str, place: Place, path: str, last: int) -> int:
    if not (part.isascii() and part.isdigit() and len(part) < 6 and int(part) <= last):
        raise _error(place, f"{path} is a list; its entries are 0 to {last}, not {part!r}")
    return int(part)


def _error(place: Place, text: str) -> SpecError:
    return SpecError([Problem(place.file, place.line, place.column, "", text)])
