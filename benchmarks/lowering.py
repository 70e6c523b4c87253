"""The area of lowered networks beside Verilog of the same networks, plain and in words.

python benchmarks/lowering.py [--check] [--quick]

plain: a product `x * W` a term and `+` between them, as wide as the layer needs. word: what style "word"
emits. lowered: `codegen.circuit`, without and with synthesis. All take the same recipes of ABC, the smallest
result counts, and each is compared with the network on 20,000 random inputs. Needs yosys and berkeley-abc.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from harness import Bar, arguments, load_results, report_bars, save_results
from printed_model import ACTIVATION_BITS, INPUT_BITS, SHAPES, deciding, sparse_network, trained_shape_network
from sklearn.datasets import load_breast_cancer, load_iris, load_wine

from codegen.cells import CellLibrary, load_cells
from codegen.circuit import area_cm2, certify, evaluate_netlist, lower, lower_netlist, pack_codes
from codegen.circuit.forms import signed_digits
from codegen.ir import (
    BespokeMlp,
    ClassOutput,
    Clip,
    Feature,
    GateNetlist,
    Interface,
    Layer,
    Network,
    Neuron,
    Term,
)
from codegen.ir.evaluate import evaluate
from codegen.ir.ranges import mlp_ranges, signed_bits
from codegen.synthesis import THOROUGH, synthesize, synthesize_network
from codegen.verilog import emit_verilog
from nas.train.mlp import train_mlps
from searchspaces.approximate_mlp import MlpRecipe

RECIPES = THOROUGH[:-1]
"""All but the last, which takes minutes on the larger plain circuits."""
N_VECTORS = 20_000
POWER_OF_TWO_BAR = 0.67
"""The ratio to plain that the best form of a study of ours reached on the least favorable network."""
CODE = ("codegen/circuit", "codegen/synthesis", "codegen/verilog")


@dataclass(frozen=True, slots=True)
class Areas:
    """Of one network, in cm2. raw: lowered, before synthesis. seconds: of the lowered way, in all."""

    plain: float
    word: float
    raw: float
    lowered: float
    seconds: float


def plain_verilog(network: Network) -> str:
    """The network as anyone would write it: products and sums, signed and wide enough."""
    mlp, ranges = network.body, mlp_ranges(network)
    assert isinstance(mlp, BespokeMlp)
    values = [f"x{index}" for index in range(network.interface.n_features)]
    ports = [f"input [{f.bits - 1}:0] x{index}" for index, f in enumerate(network.interface.features)]
    width = max(1, (network.interface.n_outputs - 1).bit_length())
    lines = [f"module plain ({', '.join(ports)}, output [{width - 1}:0] y);"]
    for depth, (layer, spans) in enumerate(zip(mlp.layers, ranges.layers, strict=True)):
        bits = max(signed_bits(*span) for span in spans.accumulators) + 1
        found = []
        for index, neuron in enumerate(layer.neurons):
            name = f"s{depth}_{index}"
            lines.append(f"wire signed [{bits - 1}:0] {name} = {_plain_sum(neuron, values)};")
            if layer.clip is not None:
                top = (1 << layer.clip.bits) - 1
                lines.append(f"wire signed [{bits - 1}:0] k{name} = {name} >>> {layer.clip.shift};")
                lines.append(
                    f"wire [{layer.clip.bits - 1}:0] a{name} = {name} < 0 ? 0 : "
                    f"k{name} > {top} ? {top} : k{name};"
                )
            found.append(name if layer.clip is None else f"a{name}")
        values = found
    best = "0"
    for index in range(1, len(values)):
        lines.append(f"wire signed [{bits - 1}:0] m{index} = {values[0] if index == 1 else f'b{index - 1}'};")
        lines.append(f"wire w{index} = {values[index]} > m{index};")
        lines.append(f"wire signed [{bits - 1}:0] b{index} = w{index} ? {values[index]} : m{index};")
        best = f"(w{index} ? {index} : {best})"
    return "\n".join([*lines, f"assign y = {best};", "endmodule\n"])


def _plain_sum(neuron: Neuron, values: Sequence[str]) -> str:
    weights: dict[tuple[int, int], int] = {}
    for term in neuron.terms:
        key = term.input, term.mask
        weights[key] = weights.get(key, 0) + term.sign * (1 << term.shift)
    products = [
        f"$signed({{1'b0, {values[index]} & {mask.bit_length()}'d{mask}}}) * ({weight})"
        for (index, mask), weight in weights.items()
    ]
    return " + ".join([f"({neuron.bias})", *products])


def integer_network(rng: np.random.Generator, shape: tuple[int, int, int]) -> Network:
    """Dense 8-bit weights, each as its signed digits."""
    n_features, n_hidden, n_classes = shape

    def neurons(n: int, n_inputs: int, bits: int) -> tuple[Neuron, ...]:
        made = []
        for _ in range(n):
            weights = [int(w) for w in rng.integers(-127, 128, n_inputs)]
            terms = [
                Term(index, shift, (1 << bits) - 1, 1 if sign > 0 else -1)
                for index, weight in enumerate(weights)
                for shift, sign in signed_digits(weight)
            ]
            made.append(Neuron(-sum(weights) * ((1 << bits) - 1) // 2, tuple(terms)))
        return tuple(made)

    hidden = Layer(neurons(n_hidden, n_features, INPUT_BITS), Clip(4, ACTIVATION_BITS))
    last = Layer(neurons(n_classes, n_hidden, ACTIVATION_BITS))
    features = tuple(Feature(f"x{index}", 0.0, 1.0, INPUT_BITS) for index in range(n_features))
    labels = ClassOutput(tuple(f"class {index}" for index in range(n_classes)))
    return Network(Interface(features, labels), BespokeMlp((hidden, last)))


def trained_networks() -> list[Network]:
    """Power-of-two networks trained by gradient on bundled data, 4-bit inputs."""
    networks = []
    for load, hidden in ((load_iris, 3), (load_wine, 3), (load_breast_cancer, 3), (load_breast_cancer, 6)):
        raw, labels = load(return_X_y=True)
        rows = raw.astype(np.float32)
        features = tuple(
            Feature(f"x{index}", float(column.min()), float(column.max()), INPUT_BITS)
            for index, column in enumerate(rows.T)
        )
        output = ClassOutput(tuple(f"class {index}" for index in range(int(labels.max()) + 1)))
        interface = Interface(features, output)
        recipe = MlpRecipe(hidden=(hidden,))
        networks += train_mlps([recipe], interface, interface.quantize(rows), labels, seed=1, starts=1)
    return networks


def measure(network: Network, library: CellLibrary) -> Areas:
    """Builds a network in every way; raises AssertionError where one of them computes something else."""
    vector = np.zeros((1, network.interface.n_features), dtype=np.int32)
    word = emit_verilog(network, name="classifier", vectors=vector).files[0].text
    plain, words = (
        synthesize(text, None, library, recipes=RECIPES) for text in (plain_verilog(network), word)
    )
    start = time.perf_counter()
    raw = lower_netlist(network, library)
    lowered = synthesize_network(network, library, recipes=RECIPES)
    seconds = time.perf_counter() - start
    certify(network, lower(network, library))
    for netlist in (plain.netlist, words.netlist, raw, lowered.netlist):
        _check(network, netlist)
    return Areas(plain.area_cm2, words.area_cm2, area_cm2(raw, library), lowered.area_cm2, seconds)


def _check(network: Network, netlist: GateNetlist) -> None:
    widths = [feature.bits for feature in network.interface.features]
    codes = np.random.default_rng(0).integers(0, 1 << INPUT_BITS, (N_VECTORS, len(widths)))
    found = evaluate_netlist(netlist, pack_codes(codes, widths), signed=False)[:, 0]
    assert (found == evaluate(network, codes)).all()


def compare(name: str, areas: Sequence[Areas]) -> dict[str, object]:
    """Prints and gives the ratios to plain."""
    plain = np.array([one.plain for one in areas])
    figures: dict[str, object] = {"networks": len(areas), "areas": [_row(one) for one in areas]}
    for way in ("word", "raw", "lowered"):
        built = np.array([getattr(one, way) for one in areas])
        ratio = built / plain
        figures[way] = {
            "of_sums": float(built.sum() / plain.sum()),
            "median": float(np.median(ratio)),
            "lowest": float(ratio.min()),
            "highest": float(ratio.max()),
        }
        print(
            f"{name:<22} {way:<8} / plain: sums {built.sum() / plain.sum():.3f}, "
            f"median {np.median(ratio):.3f}, {ratio.min():.3f}..{ratio.max():.3f}",
            flush=True,
        )
    return figures


def _row(one: Areas) -> dict[str, float]:
    named = {"plain": one.plain, "word": one.word, "raw": one.raw, "lowered": one.lowered}
    return {**{way: round(area, 4) for way, area in named.items()}, "seconds": round(one.seconds, 1)}


def measure_all() -> dict[str, dict[str, object]]:
    """The comparison for all kinds of network; minutes."""
    library, rng, figures = load_cells("egfet"), np.random.default_rng(1), {}
    kinds: dict[str, Callable[[np.random.Generator, tuple[int, int, int]], Network]] = {
        "random, sparse masks": sparse_network,
        "random, power of two": trained_shape_network,
        "random, 8-bit weights": integer_network,
    }
    for name, make in kinds.items():
        shapes = SHAPES if make is not integer_network else SHAPES[:2]
        networks = [deciding(partial(make, rng, shape), rng) for shape in shapes]
        figures[name] = compare(name, [measure(network, library) for network in networks])
    trained = [measure(network, library) for network in trained_networks()]
    figures["trained, power of two"] = compare("trained, power of two", trained)
    return figures


def main() -> int:
    given = arguments(__doc__ or "")
    if given.quick:
        figures = load_results("lowering", CODE)
    else:
        figures = dict(measure_all())
        print(f"kept in {save_results('lowering', figures, CODE)}")
    bars = []
    for name in ("random, power of two", "trained, power of two"):
        kind = figures[name]
        assert isinstance(kind, dict)
        ratio = kind["lowered"]["of_sums"]
        bars.append(Bar(f"{name}: lowered / plain", ratio, POWER_OF_TWO_BAR, "", "min"))
    return report_bars(bars, given)


if __name__ == "__main__":
    sys.exit(main())
