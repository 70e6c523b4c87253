"""Fills the C templates of kernels."""

import functools
from collections.abc import Iterable

import jinja2

from codegen.c.text import integer

_PER_LINE = 10


def render(template: str, **values: object) -> str:
    """The text of codegen/c/templates/kernels/<template>."""
    return _templates().get_template(f"kernels/{template}").render(**values)


def array(kind: str, name: str, values: Iterable[int]) -> str:
    """A constant array, on a multiple of 4 bytes where its items are words."""
    texts = [integer(signed32(value) if kind == "int32_t" else value) for value in values]
    lines = [", ".join(texts[at : at + _PER_LINE]) for at in range(0, len(texts), _PER_LINE)]
    body = ",\n".join(f"    {line}" for line in lines)
    return f"static const {kind} {name}[{len(texts)}] = {{\n{body}}};\n"


def signed32(value: int) -> int:
    """The number that the 32-bit pattern stands for."""
    return (value + (1 << 31)) % (1 << 32) - (1 << 31)


@functools.cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("codegen.c"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
