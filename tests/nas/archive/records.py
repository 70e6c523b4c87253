"""Records and headers to write in tests."""

import numpy as np

from nas.archive import FORMAT_VERSION, RunHeader
from nas.records import Block, Evaluation, Event

HEADER = RunHeader(
    format_version=FORMAT_VERSION,
    spec_text="version: 1\nname: größe\n",
    data_fingerprint="ab" * 32,
    seed=7,
    versions={"silkscreen": "0.1.0", "numpy": "2.4.0"},
    created="2025-06-01T09:30:00+00:00",
)


def evaluation(number: int, error: str = "", folds: tuple[str, ...] = ()) -> Evaluation:
    return Evaluation(
        number=number,
        family="approximate_mlp",
        values={"depth": 2, "pressure": 0.5, "weights": "ternary", "bias": True},
        fidelity=1.0,
        status="failed" if error else "ok",
        metrics={"accuracy": 0.9 + number / 1e6, "egfet.area_cm2": 12.5},
        network=None if error else f"{number:064x}",
        seconds=0.25,
        error=error,
        folds=folds,
    )


def block(generation: int, n_rows: int = 3) -> Block:
    rng = np.random.default_rng(generation)
    return Block(
        family="approximate_mlp",
        generation=generation,
        asked=generation * 200,
        evaluations=generation * 150,
        rejected=generation * 50,
        seconds=generation / 8,
        rows=rng.integers(-5, 5, (n_rows, 4)).astype(np.int32),
        metrics={"accuracy": rng.random(n_rows), "macs": rng.integers(0, 99, n_rows)},
    )


def event(text: str = "") -> Event:
    return Event("note", text, 1.5, {"stage": "approximate_mlp", "left": 3})


def same(left: object, right: object) -> bool:
    """Equality of records, of blocks by their arrays."""
    if not (isinstance(left, Block) and isinstance(right, Block)):
        return left == right
    numbers = [
        (b.family, b.generation, b.asked, b.evaluations, b.rejected, b.seconds, list(b.metrics))
        for b in (left, right)
    ]
    arrays = [[b.rows, *b.metrics.values()] for b in (left, right)]
    return numbers[0] == numbers[1] and all(
        a.dtype == b.dtype and a.shape == b.shape and np.array_equal(a, b)
        for a, b in zip(*arrays, strict=True)
    )
