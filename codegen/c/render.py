"""Fills the C templates."""

import functools

import jinja2


def render(template: str, **values: object) -> str:
    """The text of codegen/c/templates/<template>; a name without a value is an error."""
    return _templates().get_template(template).render(values)


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
