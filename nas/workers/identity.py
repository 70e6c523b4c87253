"""What two machines must have in common to evaluate alike."""

import hashlib
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("numpy", "numba", "torch", "scikit-learn")
CODE = ("nas", "hwmodels", "searchspaces", "codegen")


@cache
def identity() -> dict[str, str]:
    """Name -> version of what decides a result: Python, silkscreen's code, packages it computes with."""
    return {
        "python": platform.python_version(),
        "silkscreen": _code_digest(),
        **{name: _version(name) for name in PACKAGES},
    }


def differences(ours: dict[str, str], theirs: dict[str, str]) -> str:
    """What differs, for the user; empty where nothing does."""
    return ", ".join(
        f"{name} {theirs.get(name, 'missing')} instead of {ours[name]}"
        for name in ours
        if theirs.get(name) != ours[name]
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _code_digest() -> str:
    """The version and what the source files hold: a change that was not released yet counts too."""
    digest = hashlib.sha256()
    for package in CODE:
        spec = find_spec(package)
        assert spec is not None, package
        root = Path((spec.submodule_search_locations or [""])[0])
        for path in sorted(root.rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{_version('silkscreen')} ({digest.hexdigest()[:12]})"
