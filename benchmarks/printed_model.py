"""The analytic price of printed circuits beside what synthesis makes of the same networks.

python benchmarks/printed_model.py [--check] [--quick]

Each network is priced, then built twice: as the bit heap that the price counts, and as the Verilog that is
emitted; ABC maps both. Area in cm2 of EGFET cells. Needs berkeley-abc and yosys. The estimate is judged by
the kept designs of benchmarks/printed_designs.py, on splits that it was not fitted to.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from harness import ROOT, Bar, arguments, report_bars, save_results
from printed_estimate import estimate_bars, judge_estimate, judge_one_recipe, print_table
from scipy.stats import spearmanr

from codegen.cells import CellLibrary, load_cells
from codegen.circuit.netlist import area_cm2, leakage_mw, pack_codes
from codegen.ir import (
    BespokeMlp,
    ClassOutput,
    Clip,
    Design,
    Feature,
    GateNetlist,
    Interface,
    Layer,
    Network,
    Neuron,
    Term,
)
from codegen.ir.batch import batch_of
from codegen.ir.evaluate import evaluate, outputs
from codegen.synthesis import FAST, map_netlist, synthesize
from codegen.verilog import emit_verilog
from hwmodels.model import Workload
from hwmodels.printed import PrintedModel
from hwmodels.printed.costs import unit_costs

sys.path.insert(0, str(ROOT))
from tests.hwmodels.bit_heap import build

SHAPES = ((9, 2, 2), (9, 3, 2), (21, 3, 3), (11, 3, 6), (16, 5, 10))
"""Features, hidden neurons and classes of the small sets."""
INPUT_BITS, ACTIVATION_BITS, MAX_SHIFT = 4, 8, 6
N_EACH = 3
RANK_BAR = 0.95
"""A price serves a search if it ranks as synthesis does."""
CODE = ("hwmodels/printed", "codegen/verilog", "codegen/synthesis", "tests/hwmodels/bit_heap.py")


@dataclass(frozen=True, slots=True)
class Areas:
    """Of one network, in cm2. price: analytic. heap, verilog: built that way and mapped.

    leakage, latency: the price over what the unmapped heap has, the leakage state by state on random inputs.
    """

    price: float
    heap: float
    verilog: float
    leakage: float
    latency: float


def sparse_network(rng: np.random.Generator, shape: tuple[int, int, int]) -> Network:
    """Random terms with random masks, as an evolution starts from."""
    density = rng.uniform(0.2, 1.0)

    def mask(bits: int) -> int:
        return int(rng.integers(1, 1 << bits)) if rng.random() < density else 0

    return _network(rng, shape, mask, lambda: int(rng.integers(0, MAX_SHIFT + 1)))


def trained_shape_network(rng: np.random.Generator, shape: tuple[int, int, int]) -> Network:
    """All bits of most inputs, bell-shaped weights rounded to powers of two, as training leaves them."""

    def mask(bits: int) -> int:
        return (1 << bits) - 1 if rng.random() < 0.85 else 0

    return _network(rng, shape, mask, lambda: int(np.clip(np.log2(abs(rng.normal(0, 8)) + 1), 0, MAX_SHIFT)))


def _network(
    rng: np.random.Generator,
    shape: tuple[int, int, int],
    mask: Callable[[int], int],
    shift: Callable[[], int],
) -> Network:
    n_features, n_hidden, n_classes = shape

    def neurons(n: int, n_inputs: int, bits: int) -> tuple[Neuron, ...]:
        made = []
        for _ in range(n):
            terms = [
                Term(index, shift(), chosen, 1 if rng.random() < 0.5 else -1)
                for index in range(n_inputs)
                if (chosen := mask(bits))
            ]
            # half of what the terms reach at most, so that sums take both signs
            mean = sum(term.sign * (term.mask << term.shift) for term in terms) // 2
            made.append(Neuron(int(rng.normal(0, 30)) - mean, tuple(terms)))
        return tuple(made)

    hidden = Layer(neurons(n_hidden, n_features, INPUT_BITS), Clip(int(rng.integers(0, 4)), ACTIVATION_BITS))
    last = Layer(neurons(n_classes, n_hidden, ACTIVATION_BITS))
    features = tuple(Feature(f"x{index}", 0.0, 1.0, INPUT_BITS) for index in range(n_features))
    labels = ClassOutput(tuple(f"class {index}" for index in range(n_classes)))
    return Network(Interface(features, labels), BespokeMlp((hidden, last)))


def balanced(network: Network, rng: np.random.Generator) -> Network:
    """The same network with output biases that let every class win: medians over random inputs are equal."""
    assert isinstance(network.body, BespokeMlp)
    codes = rng.integers(0, 1 << INPUT_BITS, (2000, network.interface.n_features)).astype(np.int32)
    *hidden, last = network.body.layers
    medians = np.median(outputs(network, codes), axis=0).astype(int)
    neurons = [Neuron(n.bias - int(m), n.terms) for n, m in zip(last.neurons, medians, strict=True)]
    return Network(network.interface, BespokeMlp((*hidden, Layer(tuple(neurons)))))


def deciding(make: Callable[[], Network], rng: np.random.Generator) -> Network:
    """A network that gives at least two classes a tenth of random inputs each; others collapse to little."""
    while True:
        network = balanced(make(), rng)
        codes = rng.integers(0, 1 << INPUT_BITS, (2000, network.interface.n_features)).astype(np.int32)
        shares = np.bincount(evaluate(network, codes)) / len(codes)
        if (shares > 0.1).sum() >= 2:
            return network


def measure(network: Network, model: PrintedModel, library: CellLibrary, rng: np.random.Generator) -> Areas:
    """Prices and builds one network."""
    built, _ = build(network, unit_costs(library, 1.0))
    assert isinstance(built.body, GateNetlist)
    mapped = map_netlist(built.body, network.interface.n_input_bits, library, FAST).netlist
    vector = np.zeros((1, network.interface.n_features), dtype=np.int32)
    module = emit_verilog(network, name="classifier", vectors=vector)
    codes = rng.integers(0, 1 << INPUT_BITS, (2000, network.interface.n_features))
    samples = pack_codes(codes, [INPUT_BITS] * network.interface.n_features)
    leakage = leakage_mw(built.body, samples, library, supply_v=1.0) * (1 + library.switching.share_at(5))
    cost, gates = (model.price(Design(one), Workload()).metrics for one in (network, built))
    return Areas(
        cost["area_cm2"],
        area_cm2(mapped, library),
        synthesize(module.files[0].text, module.prefix, library, recipes=FAST).area_cm2,
        cost["power_mw"] / leakage,
        cost["latency_s"] / gates["latency_s"],
    )


def compare(name: str, areas: list[Areas]) -> dict[str, float]:
    """Prints and gives the error of the price against each way of building."""
    price = np.array([one.price for one in areas])
    figures: dict[str, float] = {"networks": len(areas), "mean_price_cm2": float(price.mean())}
    for way in ("heap", "verilog"):
        built = np.array([getattr(one, way) for one in areas])
        ratio = price / built
        rank = float(spearmanr(price, built).statistic)
        figures |= {
            f"{way}_total_ratio": float(price.sum() / built.sum()),
            f"{way}_median_ratio": float(np.median(ratio)),
            f"{way}_min_ratio": float(ratio.min()),
            f"{way}_max_ratio": float(ratio.max()),
            f"{way}_spearman": rank,
        }
        print(
            f"{name:<14} {way:<8} {len(areas):3d} networks, price / built: median {np.median(ratio):.3f}, "
            f"{ratio.min():.2f}..{ratio.max():.2f}, sums {price.sum() / built.sum():.3f}, Spearman {rank:.4f}"
        )
    for what in ("leakage", "latency"):
        ratio = np.array([getattr(one, what) for one in areas])
        figures |= {f"{what}_min_ratio": float(ratio.min()), f"{what}_max_ratio": float(ratio.max())}
        print(f"{name:<14} {what:<8} price / unmapped heap: {ratio.min():.2f}..{ratio.max():.2f}")
    return figures


KINDS = {"sparse": sparse_network, "trained shape": trained_shape_network}


def speed(model: PrintedModel, rng: np.random.Generator) -> dict[str, float]:
    """CPU time of pricing 200 networks 16-5-10, the best of 40."""
    networks = [sparse_network(rng, SHAPES[-1]) for _ in range(200)]
    batch, interface = batch_of(networks), networks[0].interface
    model.price_batch(batch, interface, Workload())
    seconds = []
    for _ in range(40):
        start = time.thread_time()
        model.price_batch(batch, interface, Workload())
        seconds.append(time.thread_time() - start)
    start = time.thread_time()
    for network in networks[:20]:
        model.price(Design(network), Workload())
    single_ms = (time.thread_time() - start) / 20 * 1e3
    start = time.thread_time()
    model.price_batch(batch, interface, Workload())["estimated_area_cm2"]
    estimate_ms = (time.thread_time() - start) * 1e3
    print(
        f"speed          200 networks 16-5-10 in {min(seconds) * 1e3:.2f} ms, with estimates "
        f"{estimate_ms:.1f} ms; one alone {single_ms:.2f} ms"
    )
    return {"batch_200_ms": min(seconds) * 1e3, "estimate_200_ms": estimate_ms, "single_ms": single_ms}


def measure_all(model: PrintedModel, rng: np.random.Generator) -> dict[str, dict[str, float]]:
    """The comparison for both kinds of network; minutes."""
    library, figures = load_cells("egfet"), {}
    for name, make in KINDS.items():
        draws = [partial(make, rng, shape) for shape in SHAPES for _ in range(N_EACH)]
        areas = [measure(deciding(draw, rng), model, library, rng) for draw in draws]
        figures[name] = compare(name, areas)
    return figures


def main() -> int:
    given = arguments(__doc__ or "")
    rng, model = np.random.default_rng(1), PrintedModel("egfet", estimate=True)
    timing, judged = speed(model, rng), judge_estimate()
    print_table(judged)
    if given.quick:
        return report_bars(estimate_bars(judged), given)
    one_recipe = judge_one_recipe()
    ranks = ", ".join(f"{name} {rank:.2f}" for name, rank in one_recipe.items())
    print(f"lowest Spearman of an octave, one recipe of ABC instead of the estimate: {ranks}")
    figures = {**measure_all(model, rng), "speed": timing, "one recipe": one_recipe}
    print(f"kept in {save_results('printed_model', figures, CODE)}")
    bars = [
        Bar(f"{name}: Spearman against the mapped {way}", figures[name][f"{way}_spearman"], RANK_BAR, "")
        for name in KINDS
        for way in ("heap", "verilog")
    ]
    return report_bars([*estimate_bars(judged), *bars], given)


if __name__ == "__main__":
    sys.exit(main())
