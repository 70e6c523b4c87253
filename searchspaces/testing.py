"""A conformance kit for search spaces: run it on your own in a test.

results = check_space(MySpace(...), np.random.default_rng(0))
assert [result for result in results if not result.passed] == []
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from codegen.ir import Design, Network
from codegen.ir.counts import count
from codegen.ir.members import batch_of, network_of
from searchspaces.space import AxisSpace, Domain, GeneSpace, Rows, Space

N_ROWS = 24
"""Sampled rows that every check looks at."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One property of a space. detail: what was found where it does not hold, else empty."""

    name: str
    passed: bool
    detail: str = ""


def check_space(space: Space, rng: np.random.Generator) -> tuple[CheckResult, ...]:
    """Every property that searches rely on, in a fixed order. A crash fails the check it happens in.

    Both kinds: "rows lie in the domain", "sampling repeats". Gene spaces: "decoding repeats", "batch
    equals single", "encoding inverts decoding". Axis spaces: "values repeat", "rows and values round
    trip", "equal values have equal structures", "structures can be counted".
    """
    seed = int(rng.integers(2**31))
    try:
        rows = space.sample(np.random.default_rng(seed), N_ROWS)
    except Exception as error:
        return (CheckResult("rows lie in the domain", False, f"sample: {_crash(error)}"),)
    checks: list[tuple[str, Callable[[], str]]] = [
        ("rows lie in the domain", lambda: _domain_fault(space.domain, rows)),
        ("sampling repeats", lambda: _sampling_fault(space, rows, seed)),
    ]
    checks += _gene_checks(space, rows) if isinstance(space, GeneSpace) else _axis_checks(space, rows)
    return tuple(_run(name, check) for name, check in checks)


def _gene_checks(space: GeneSpace, rows: Rows) -> list[tuple[str, Callable[[], str]]]:
    return [
        ("decoding repeats", lambda: _decoding_fault(space, rows)),
        ("batch equals single", lambda: _batch_fault(space, rows)),
        ("encoding inverts decoding", lambda: _encoding_fault(space, rows)),
    ]


def _axis_checks(space: AxisSpace, rows: Rows) -> list[tuple[str, Callable[[], str]]]:
    return [
        ("values repeat", lambda: _values_fault(space, rows)),
        ("rows and values round trip", lambda: _round_trip_fault(space, rows)),
        ("equal values have equal structures", lambda: _structure_fault(space, rows)),
        ("structures can be counted", lambda: _count_fault(space, rows)),
    ]


def _run(name: str, check: Callable[[], str]) -> CheckResult:
    try:
        fault = check()
    except Exception as error:
        fault = _crash(error)
    return CheckResult(name, not fault, fault)


def _crash(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _domain_fault(domain: Domain, rows: Rows) -> str:
    if rows.shape != (N_ROWS, domain.n_variables):
        return f"{N_ROWS} sampled rows have the shape {rows.shape}, not {(N_ROWS, domain.n_variables)}"
    if rows.dtype != domain.dtype:
        return f"sampled rows are {rows.dtype}, the domain is {np.dtype(domain.dtype)}"
    for column, variable in enumerate(domain.variables):
        values = rows[:, column]
        if not ((values >= variable.lower) & (values <= variable.upper)).all():
            return f"{variable.name}: a value lies outside {variable.lower}..{variable.upper}"
        if variable.kind != "real" and (values != np.round(values)).any():
            return f"{variable.name}: a value is not whole"
    return ""


def _sampling_fault(space: Space, rows: Rows, seed: int) -> str:
    again = space.sample(np.random.default_rng(seed), N_ROWS)
    return "" if np.array_equal(rows, again) else "equal generators gave different rows"


def _decoding_fault(space: GeneSpace, rows: Rows) -> str:
    if [space.decode(row) for row in rows.copy()] != [space.decode(row) for row in rows.copy()]:
        return "a row decoded to two different networks"
    work = rows.copy()
    space.decode_batch(work)
    return "" if np.array_equal(rows, work) else "decoding changed its rows"


def _batch_fault(space: GeneSpace, rows: Rows) -> str:
    batch = space.decode_batch(rows.copy())
    for index, row in enumerate(rows):
        if network_of(batch, index, space.interface) != _canonical(space.decode(row)):
            return f"row {index}: decode and decode_batch give different networks"
    return ""


def _encoding_fault(space: GeneSpace, rows: Rows) -> str:
    for index, row in enumerate(rows.copy()):
        network = space.decode(row)
        encoded = space.encode(network)
        if fault := _row_fault(space.domain, encoded):
            return f"row {index}: {fault}"
        if _canonical(space.decode(encoded)) != _canonical(network):
            return f"row {index}: the encoded network decodes to another one"
    return ""


def _values_fault(space: AxisSpace, rows: Rows) -> str:
    work = rows.copy()
    if [dict(space.values(row)) for row in work] != [dict(space.values(row)) for row in rows.copy()]:
        return "a row has two different sets of values"
    return "" if np.array_equal(rows, work) else "reading values changed the rows"


def _round_trip_fault(space: AxisSpace, rows: Rows) -> str:
    for index, row in enumerate(rows):
        values = dict(space.values(row))
        written = space.row(values)
        if fault := _row_fault(space.domain, written):
            return f"row {index}: {fault}"
        if again := _difference(values, dict(space.values(written))):
            return f"row {index}: {again}"
    return ""


def _structure_fault(space: AxisSpace, rows: Rows) -> str:
    known: dict[object, Design] = {}
    for index, row in enumerate([*rows, *rows]):
        key = tuple(sorted(space.values(row).items()))
        structure = space.structure(row)
        if known.setdefault(key, structure) != structure:
            return f"row {index % N_ROWS}: rows of the same values have different structures"
    return ""


def _count_fault(space: AxisSpace, rows: Rows) -> str:
    for index, row in enumerate(rows):
        counts = count(space.structure(row).content)
        if min(counts.macs, counts.parameters) < 1:
            return f"row {index}: a structure has {counts.macs} macs and {counts.parameters} parameters"
    return ""


def _row_fault(domain: Domain, row: Rows) -> str:
    if row.shape != (domain.n_variables,) or row.dtype != domain.dtype:
        return f"the row is {row.shape} {row.dtype}, not {(domain.n_variables,)} {np.dtype(domain.dtype)}"
    outside = np.flatnonzero((row < domain.lower) | (row > domain.upper))
    return f"{domain.variables[outside[0]].name}: the value lies outside the domain" if len(outside) else ""


def _difference(before: Mapping[str, object], after: Mapping[str, object]) -> str:
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            return f"{name}: {before.get(name)!r} became {after.get(name)!r}"
    return ""


def _canonical(network: Network) -> Network:
    return network_of(batch_of([network]), 0, network.interface)
