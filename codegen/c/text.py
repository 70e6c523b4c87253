"""Pieces of C: literals, strings, comments and the smallest type that holds a range."""

import re

import numpy as np

from codegen.errors import CodegenError

_INT32 = 1 << 31


class EmitError(CodegenError):
    """A network can't be written as C. The text says which part and why."""


def integer(value: int) -> str:
    """An integer constant expression of this value, of type int, long or int64_t."""
    if value == -_INT32:
        return "(-2147483647 - 1)"
    if -_INT32 < value < _INT32:
        return str(value)
    if value == -(1 << 63):
        return "(-INT64_C(9223372036854775807) - 1)"
    return f"-INT64_C({-value})" if value < 0 else f"INT64_C({value})"


def float32(value: float) -> str:
    """The shortest constant of type float that reads back as this float32 value."""
    return f"{np.float32(value)!s}f"


def string(text: str) -> str:
    """A string literal of the UTF-8 bytes of `text`, written in ASCII; no trigraph can arise in it."""
    return '"' + "".join(_string_byte(byte) for byte in text.encode("utf-8", "replace")) + '"'


def _string_byte(byte: int) -> str:
    plain = 32 <= byte < 127 and chr(byte) not in '"\\?'
    return chr(byte) if plain else f"\\{byte:03o}"


def comment(text: str, limit: int = 60) -> str:
    """`text` as it may stand inside a comment: printable ASCII, cut after `limit` characters."""
    plain = "".join(character if 32 <= ord(character) < 127 else "?" for character in text[:limit])
    # A backslash can join lines; two of the others in a row can end a comment, nest one, or make a trigraph.
    return re.sub(r"[*/?](?=[*/?])", r"\g<0> ", plain.replace("\\", "/"))


def integer_type(lo: int, hi: int) -> str:
    """The smallest exact-width type that holds lo..hi; unsigned where lo is not negative."""
    if lo >= 0:
        sizes = [size for size in (8, 16, 32, 64) if hi < 1 << size]
    else:
        sizes = [size for size in (8, 16, 32, 64) if -(1 << (size - 1)) <= lo and hi < 1 << (size - 1)]
    if not sizes:
        raise EmitError(f"values of {lo}..{hi} do not fit into 64 bits")
    return f"{'' if lo < 0 else 'u'}int{sizes[0]}_t"


def value_type(lo: int, hi: int) -> str:
    """int32_t where it holds lo..hi, else int64_t."""
    return "int32_t" if integer_type(min(lo, -1), hi) != "int64_t" else "int64_t"
