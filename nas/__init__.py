"""silkscreen: finds the network that fits a printed circuit or a microcontroller, and proves it.

The public interface, imported when first used: `read_spec`, `run`, `resume`, `load_run`, `export`,
`verify`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nas.api import export, load_run, resume, run, verify
    from nas.specfile import read_spec

__all__ = ["export", "load_run", "read_spec", "resume", "run", "verify"]


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'nas' has no attribute {name!r}")
    return getattr(import_module("nas.specfile" if name == "read_spec" else "nas.api"), name)
