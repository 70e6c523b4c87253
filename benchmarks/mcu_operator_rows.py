"""Measurements of single operators on a core, kept in results/mcu_tensor_measurements.json."""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mcu_operators import KINDS, case_of, random_operator

from codegen.cores import load_core
from codegen.verify.kernel_costs import measure_kernels

KEPT = Path(__file__).parent / "results" / "mcu_tensor_measurements.json"
HELD_OUT_FROM = 1000
"""Seeds from here on are not fitted, but judged."""
HELD_OUT_WEIGHTLESS_FROM = 2000
"""The same of operators without weights; those before it were looked at when their quantities were found."""
WEIGHTED = (*KINDS[:6], "dilated")
POOLS, MOVES = ("average", "largest", "plain_average", "plain_largest"), ("pad", "concatenate", "copies")
N_FITTED = dict.fromkeys(WEIGHTED, 60) | dict.fromkeys(POOLS, 40) | dict.fromkeys(MOVES, 80)
N_HELD_OUT = dict.fromkeys(WEIGHTED, 20) | dict.fromkeys((*POOLS, *MOVES), 16)
OTHERS_FITTED, OTHERS_HELD_OUT = 24, 8
BATCH, SMALL_BATCH, LARGE_KIB = 120, 16, 1024
"""Operators in one program, where flash is large, and where it is not."""


@dataclass(frozen=True, slots=True)
class Row:
    """One operator on one core. seed: of `random_operator`."""

    core: str
    kind: str
    seed: int
    instructions: int
    code_bytes: int
    constant_bytes: int
    stack_bytes: int

    @property
    def is_held_out(self) -> bool:
        return self.seed >= HELD_OUT_FROM


def measure_core(name: str, kinds: Sequence[str] = KINDS) -> list[Row]:
    """Operators on a core, in the largest machine that has it."""
    core = load_core(name)
    roomy = dataclasses.replace(core, simulators=core.simulators[-1:])
    wanted = [(kind, seed) for kind in kinds for seed in _seeds(kind)]
    batch = BATCH if roomy.simulators[0].flash_kib >= LARGE_KIB else SMALL_BATCH
    rows: list[Row] = []
    for first in range(0, len(wanted), batch):
        some = wanted[first : first + batch]
        cases = [case_of(random_operator(*one), f"kernel{at}", roomy, one[0]) for at, one in enumerate(some)]
        found = measure_kernels(cases, roomy)
        rows += [Row(name, *one, *dataclasses.astuple(cost)) for one, cost in zip(some, found, strict=True)]
    return rows


def _seeds(kind: str) -> tuple[int, ...]:
    n_fitted, n_held_out = N_FITTED.get(kind, OTHERS_FITTED), N_HELD_OUT.get(kind, OTHERS_HELD_OUT)
    first = HELD_OUT_FROM if kind in WEIGHTED else HELD_OUT_WEIGHTLESS_FROM
    return (*range(n_fitted), *range(first, first + n_held_out))


def read_rows() -> list[Row]:
    if not KEPT.exists():
        return []
    document = json.loads(KEPT.read_text(encoding="utf-8"))
    return [Row(core, *row) for core, rows in document.items() for row in rows]


def write_rows(rows: list[Row]) -> None:
    """One line an operator: kind, seed, instructions, code, constants, stack."""
    cores = dict.fromkeys(row.core for row in rows)
    parts = []
    for core in cores:
        lines = [json.dumps(dataclasses.astuple(row)[1:]) for row in rows if row.core == core]
        parts.append(f'"{core}": [\n' + ",\n".join(lines) + "\n]")
    KEPT.write_text("{" + ",\n".join(parts) + "}\n", encoding="utf-8")
