"""A network as self-contained C99, with its self-test and the files of a build system."""

from codegen.c.body import Form
from codegen.c.emit import DEFAULT_CORE, Foretold, Layout, emit_c
from codegen.c.forms import choose_form
from codegen.c.text import EmitError

__all__ = ["DEFAULT_CORE", "EmitError", "Foretold", "Form", "Layout", "choose_form", "emit_c"]
