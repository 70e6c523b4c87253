"""The jinja2 templates of the Verilog emitter."""

from functools import cache

import jinja2


@cache
def _environment() -> jinja2.Environment:
    # Verilog, not HTML: user text is made safe before it comes here.
    return jinja2.Environment(
        loader=jinja2.PackageLoader("codegen.verilog"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render(template: str, **values: object) -> str:
    """The text of a template with its values filled in."""
    return _environment().get_template(template).render(**values)
