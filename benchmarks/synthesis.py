"""What pricing after synthesis takes, and what the cache saves: `python benchmarks/synthesis.py`, a minute.

Random bespoke MLPs with powers of two, 4-bit inputs and 6-bit activations; prints the table of
docs/printed.md. Seconds are of the processor, the tools included; the cache is a new one.
"""

import os
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from codegen.ir import BespokeMlp, ClassOutput, Clip, Design, Feature, Interface, Layer, Network, Neuron, Term
from codegen.synthesis import cache
from hwmodels.model import Workload
from hwmodels.printed import PrintedModel

INPUT_BITS, ACTIVATION_BITS, N_ROWS = 4, 6, 5000


@dataclass(frozen=True)
class Case:
    """density: share of the terms that are there; where it is below 1, their masks are random."""

    widths: tuple[int, int, int]
    density: float
    seed: int


CASES = (
    Case((21, 3, 3), 0.3, 2),
    Case((21, 3, 3), 0.9, 3),
    Case((16, 5, 10), 0.4, 1),
    Case((16, 5, 10), 0.7, 2),
)


def random_layer(
    rng: np.random.Generator, n_inputs: int, n_neurons: int, bits: int, density: float
) -> tuple[Neuron, ...]:
    """Neurons with weights of 1 to 8, two fifths of them negative."""
    neurons = []
    for _ in range(n_neurons):
        terms = tuple(
            Term(
                index,
                int(rng.integers(0, 4)),
                int(rng.integers(1, 1 << bits)) if density < 1 else (1 << bits) - 1,
                1 if rng.random() < 0.6 else -1,
            )
            for index in range(n_inputs)
            if rng.random() < density
        )
        neurons.append(Neuron(int(rng.integers(-20, 21)), terms))
    return tuple(neurons)


def random_network(case: Case) -> Network:
    rng = np.random.default_rng(case.seed)
    n_features, n_hidden, n_classes = case.widths
    features = tuple(Feature(f"x{index}", 0.0, 1.0, INPUT_BITS) for index in range(n_features))
    hidden = random_layer(rng, n_features, n_hidden, INPUT_BITS, case.density)
    scores = random_layer(rng, n_hidden, n_classes, ACTIVATION_BITS, case.density)
    layers = (Layer(hidden, Clip(shift=3, bits=ACTIVATION_BITS)), Layer(scores))
    labels = tuple(f"class {index}" for index in range(n_classes))
    return Network(Interface(features, ClassOutput(labels)), BespokeMlp(layers))


def cpu_s() -> float:
    return time.process_time() + resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime


def measure(case: Case) -> str:
    """A row of the table."""
    network, model = random_network(case), PrintedModel()
    codes = np.random.default_rng(0).integers(0, 1 << INPUT_BITS, (N_ROWS, case.widths[0])).astype(np.int32)
    counted = model.price(Design(network), Workload(codes)).metrics["area_cm2"]
    seconds = []
    for again in range(3):
        if again == 2:
            cache._cache_in.cache_clear()
        start = cpu_s()
        area = model.refine(Design(network), Workload(codes)).metrics["synthesized_area_cm2"]
        seconds.append(cpu_s() - start)
    name = f"{'-'.join(map(str, case.widths))}, {case.density:.0%} of the terms"
    return f"| {name} | {counted:.2f} | {area:.2f} | {seconds[0]:.1f} | {seconds[1]:.2f} | {seconds[2]:.2f} |"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ[cache.CACHE_VARIABLE] = str(Path(folder))
        model = PrintedModel()
        model.refine(Design(random_network(Case((2, 1, 2), 1.0, 0))), Workload())  # the tool is found
        print("| network | counted cm2 | synthesized cm2 | seconds of CPU | from memory | from disk |")
        print("|---|---|---|---|---|---|")
        for case in CASES:
            print(measure(case), flush=True)


if __name__ == "__main__":
    main()
