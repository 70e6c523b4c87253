"""Synthesized networks kept in memory and on disk, so that a network is synthesized once.

An entry is a file under the hash of all that decides the result: the network, the cells, the recipes, the
tool and the source code of the flow. Its first line is the SHA-256 of the second, which is JSON.
"""

import hashlib
import json
import os
import tempfile
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import codegen
from codegen.cells import CellLibrary
from codegen.ir.errors import IrError
from codegen.ir.network import GateNetlist, Network
from codegen.ir.serialize import content_hash, from_json, to_json
from codegen.synthesis.mapping import THOROUGH, Mapping, Recipe, mapping_tool
from codegen.synthesis.network import mapped_as, synthesize_network
from codegen.synthesis.price import MappedNetlist
from codegen.toolchain import find_yosys

CACHE_VARIABLE = "SILKSCREEN_SYNTHESIS_CACHE"
"""Environment variable: another folder for the entries, or "off" for none on disk."""
MAX_BYTES = 256 << 20
"""Entries on disk; beyond it those that were not used for longest are removed, down to three quarters."""
MAX_IN_MEMORY = 256
_FLOW_PACKAGES = ("ir", "circuit", "synthesis")


def cache_folder() -> Path | None:
    """By `CACHE_VARIABLE`, else `$XDG_CACHE_HOME/silkscreen/synthesis`, by default below `~/.cache`."""
    named = os.environ.get(CACHE_VARIABLE, "")
    if named:
        return None if named == "off" else Path(named)
    root = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(root) if root else Path.home() / ".cache") / "silkscreen" / "synthesis"


@dataclass(slots=True, eq=False)
class SynthesisCache:
    """folder: of the entries, made when first written to; None keeps none on disk. max_bytes: of all entries.

    What can't be read or written is passed over: an entry only saves time.
    """

    folder: Path | None
    max_bytes: int = MAX_BYTES
    _recent: OrderedDict[str, Mapping] = field(default_factory=OrderedDict)

    def get(self, key: str, network: Network) -> Mapping | None:
        """What was put under the key for this network; None where there is nothing, or it is damaged."""
        found = self._recent.get(key) or self._read(key, network)
        if found is not None:
            self._remember(key, found)
        return found

    def put(self, key: str, network: Network, mapping: Mapping) -> None:
        """Keeps a result under a key; on disk it is there completely or not at all."""
        self._remember(key, mapping)
        if self.folder is None:
            return
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            _write(self._path(key), _entry(network, mapping))
            _shrink(self.folder, self.max_bytes)

    def _remember(self, key: str, mapping: Mapping) -> None:
        self._recent[key] = mapping
        self._recent.move_to_end(key)
        if len(self._recent) > MAX_IN_MEMORY:
            self._recent.popitem(last=False)

    def _path(self, key: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{key}.json"

    def _read(self, key: str, network: Network) -> Mapping | None:
        if self.folder is None:
            return None
        try:
            found = _parse(self._path(key).read_text(encoding="ascii"), network)
            os.utime(self._path(key))  # its last use decides what is removed first
        except (OSError, ValueError, IrError, KeyError, TypeError):
            return None
        return found


@cache
def _cache_in(folder: Path | None) -> SynthesisCache:
    return SynthesisCache(folder)


def synthesize_cached(
    network: Network,
    library: CellLibrary,
    *,
    recipes: Sequence[Recipe] = THOROUGH,
    verilog: str | None = None,
    kept: SynthesisCache | None = None,
) -> MappedNetlist:
    """`synthesize_network` with the same arguments and errors, or what it gave before.

    kept: where to look and keep; None is the cache of `cache_folder`.
    """
    kept = kept or _cache_in(cache_folder())
    key = cache_key(network, library, recipes, verilog)
    found = kept.get(key, network)
    if found is not None:
        return mapped_as(network, found, library)
    made = synthesize_network(network, library, recipes=recipes, verilog=verilog)
    kept.put(key, network, Mapping(made.netlist, made.recipe, made.tool))
    return made


def cache_key(
    network: Network, library: CellLibrary, recipes: Sequence[Recipe], verilog: str | None = None
) -> str:
    """A hash of everything that decides what `synthesize_network` gives. Raises ToolError without a tool."""
    parts = (
        _flow_hash(),
        content_hash(network),
        repr((library.name, library.cells)),
        repr([(recipe.name, recipe.script) for recipe in recipes]),
        mapping_tool(),
        "" if verilog is None else f"{find_yosys().version}\n{verilog}",
    )
    sums = [hashlib.sha256(part.encode()).hexdigest() for part in parts]
    return hashlib.sha256("\n".join(sums).encode()).hexdigest()


@cache
def _flow_hash() -> str:
    """Of the source of the packages that lower and map: another lowering makes another netlist."""
    total = hashlib.sha256()
    for root in codegen.__path__:
        for package in _FLOW_PACKAGES:
            for path in sorted((Path(root) / package).glob("*.py")):
                total.update(path.read_bytes())
    return total.hexdigest()


def _entry(network: Network, mapping: Mapping) -> str:
    netlist = to_json(replace(network, body=mapping.netlist))
    body = json.dumps({"recipe": mapping.recipe, "tool": mapping.tool, "network": netlist})
    return f"{hashlib.sha256(body.encode()).hexdigest()}\n{body}\n"


def _parse(text: str, network: Network) -> Mapping:
    """Raises ValueError or IrError for a damaged entry, or one of another interface."""
    checksum, body = text.split("\n")[:2]
    if hashlib.sha256(body.encode()).hexdigest() != checksum:
        raise ValueError("the checksum does not fit")
    tree = json.loads(body)
    found = from_json(tree["network"])
    if found.interface != network.interface or not isinstance(found.body, GateNetlist):
        raise ValueError("the entry is of another network")
    return Mapping(found.body, str(tree["recipe"]), str(tree["tool"]))


def _write(path: Path, text: str) -> None:
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".new-", delete=False) as file:
        try:
            file.write(text)
            file.close()
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _shrink(folder: Path, max_bytes: int) -> None:
    """Removes the entries that were not used for longest where all together are too large."""
    entries = sorted(
        (entry.stat().st_mtime, entry.stat().st_size, entry.path) for entry in os.scandir(folder)
    )
    total = sum(size for _, size, _ in entries)
    target = total if total <= max_bytes else max_bytes * 3 // 4
    for _, size, path in entries:
        if total <= target:
            return
        Path(path).unlink(missing_ok=True)
        total -= size
