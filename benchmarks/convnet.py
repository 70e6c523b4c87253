"""Convolutional networks: published costs, what patches save, and what int8 loses on Fashion-MNIST.

python benchmarks/convnet.py [--check] [--quick]

Costs: TinyNet-A to E and EfficientNet-B0 of the preset `efficientnet_b0`, beside
../shared/reference/tinynet.json. Patches: NSGA-II over the space at 128 x 128 x 3 looks for the most memory
saved in the stage of patches, at most 10 % more MACs; nothing is trained, and the arena that the firmware
states is compared with the plan. int8: a hand-drawn network of the space is trained on Fashion-MNIST
(../shared/data/images) without the first validation fold, in floats and then in int8; both answer the test
part. A training is kept after each epoch and goes on by (network, seed). `--quick` evaluates the kept design
and networks again, which must give the kept figures, and searches patches shortly.
"""

import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from harness import RESULTS, ROOT, Bar, arguments, load_results, report_bars, save_results

from codegen.c import emit_c
from codegen.cores import load_core
from codegen.ir import ClassOutput, Design, Feature, Interface, Network, Quantization, Schedule, TensorGraph
from codegen.ir.counts import count
from codegen.ir.serialize import read_network, write_network
from codegen.plan import plan_network
from codegen.verify.host import evaluate_on_host
from nas.convnet_problem import ConvnetTraining
from nas.data import load_dataset
from nas.data.dataset import Dataset
from nas.data.interface import make_image_interface
from nas.parts import make_part
from nas.quantize_graph import quantize_graph
from nas.search.nsga2 import Nsga2
from nas.search.protocol import SearchProblem, Told
from nas.spec.data import DataSpec, SplitSpec, ValidationSpec
from nas.spec.train import TrainSpec
from searchspaces.convnet import (
    PRESETS,
    ConvnetAxes,
    Scale,
    build_graph,
    parse_options,
    scale_preset,
    trained_parameters,
)
from searchspaces.space import Rows

SHARED = ROOT.parent / "shared"
CODE = ("searchspaces/convnet", "nas/train/convnet", "nas/quantize_graph.py")
KEPT = RESULTS / "convnet"
CORE = "cortex-m7"

PATCH_SPACE: dict[str, object] = {
    "preset": "mobilenetv2",
    "width": "0.35..1",
    "depth": "0.5..1",
    "kernel": [3, 5],
    "stages": "5..7",
    "patches": [2, 3, 4],
    "patch_blocks": "2..8",
}
PATCHED_SHAPE = (128, 128, 3)
MORE_MACS = 0.10
GENERATIONS, QUICK_GENERATIONS, POPULATION = 10, 1, 40

NETWORK: dict[str, object] = {
    "stem": 16,
    "head": 0,
    "round_to": 4,
    "layout": [
        {"block": "separable", "channels": 24, "repeats": 2},
        {"block": "separable", "channels": 48, "stride": 2, "repeats": 2},
        {"block": "separable", "channels": 64, "stride": 2},
    ],
}
TRAIN = TrainSpec(epochs=8, augment=("shift", "flip"))
SEEDS = (0,)


@dataclass(frozen=True, slots=True)
class Patched:
    """row: of the space. saved: how many times less memory the leading stage needs. more_macs: a share."""

    row: list[int]
    saved: float
    more_macs: float
    arena_bytes: int
    whole_arena_bytes: int


def patch_space() -> ConvnetAxes:
    return ConvnetAxes(parse_options(PATCH_SPACE), PATCHED_SHAPE, 10)


def patched(space: ConvnetAxes, row: Rows) -> Patched | None:
    """What patches change about a design; None where it has none."""
    design, core = space.structure(row), load_core(CORE)
    graph, stage = design.content, design.schedule.patches
    assert isinstance(graph, TensorGraph)
    if stage is None:
        return None
    parts, whole = plan_network(graph, design.schedule, core), plan_network(graph, Schedule(), core)
    before, after = (max(plan.live_bytes[: stage.n_operators]) for plan in (whole, parts))
    more = sum(parts.macs) / sum(whole.macs) - 1
    return Patched([int(x) for x in row], before / after, more, parts.arena_bytes, whole.arena_bytes)


def search_patches(generations: int) -> Patched:
    """The design of the space that saves most at no more than `MORE_MACS`."""
    space = patch_space()
    initial = space.sample(np.random.default_rng(0), POPULATION)
    problem = SearchProblem(space.domain, 1, 1)
    searcher = Nsga2(problem, seed=0, initial=initial, population=POPULATION)
    best: Patched | None = None
    for _ in range(generations):
        asked = searcher.ask(POPULATION)
        found = [patched(space, row) for row in asked.rows]
        saved = np.array([[-one.saved if one else 0.0] for one in found])
        over = np.array([[max(one.more_macs / MORE_MACS - 1, 0.0) if one else 1.0] for one in found])
        searcher.tell(Told(asked.numbers, saved, over, np.zeros(len(found), np.bool_)))
        kept = [one for one, excess in zip(found, over, strict=True) if one and not excess.any()]
        best = max([*kept, *([best] if best else [])], key=lambda one: one.saved, default=None)
    assert best is not None
    return best


def stated_arena(design: Design) -> int:
    """The bytes of the arena that the emitted header states; the weights are zeros."""
    network = with_zeros(design)
    codes = np.zeros((1, network.interface.n_features), np.int32)
    core, schedule = load_core(CORE), design.schedule
    artifact = emit_c(network, name="net", vectors=codes, core=core, schedule=schedule, layout="plain")
    header = next(file.text for file in artifact.files if file.path == "net.h")
    return int(header.partition("NET_ARENA_BYTES ")[2].split()[0])


def with_zeros(design: Design) -> Network:
    """The design with zeros as weights and one scale everywhere."""
    graph = design.content
    assert isinstance(graph, TensorGraph)
    constants = {number: np.zeros(graph.tensors[number].shape) for number in graph.constants}
    scale = Quantization((1 / 32,), 0)
    activations = {n: scale for n in range(len(graph.tensors)) if n not in constants}
    n = graph.tensors[graph.inputs[0]].n_items
    features = tuple(Feature(f"x{i}", 0.0, 256.0, 8, signed=True) for i in range(n))
    labels = tuple(map(str, range(graph.tensors[graph.outputs[0]].n_items)))
    return Network(Interface(features, ClassOutput(labels)), quantize_graph(graph, constants, activations))


def fashion(seed: int) -> Dataset:
    data = DataSpec(npz=str(SHARED / "data" / "images" / "fashion_mnist.npz"))
    split = SplitSpec(test="given", validation=ValidationSpec(share=0.1))
    return load_dataset(data, split, "classification", seed, Path())


def fashion_design() -> Design:
    space = ConvnetAxes(parse_options(NETWORK), (28, 28, 1), 10)
    return space.structure(np.zeros(0, np.int32))


def train_fashion(seed: int) -> dict[str, float]:
    """Accuracy on the test part in floats and in int8; the int8 network is kept."""
    from nas.train.convnet.checkpoint import Checkpoint
    from nas.train.convnet.rows import ImageRows
    from nas.train.convnet.train import Hooks, float_answers, quantize_module, train_floats

    dataset, design, training = fashion(seed), fashion_design(), ConvnetTraining(TRAIN, full=True)
    graph = design.content
    assert isinstance(graph, TensorGraph)
    interface = make_image_interface(dataset, (28, 28, 1), dataset.train)
    recipe = training.recipe((28, 28, 1))

    def images(rows: np.ndarray) -> ImageRows:  # type: ignore[type-arg]
        part = make_part(dataset, rows, interface)
        return ImageRows.of(part.codes, part.targets.astype(np.int64), graph.tensors[0], interface)

    place = Path(tempfile.gettempdir()) / f"silkscreen-fashion-{seed}.npz"
    hooks = Hooks(checkpoint=Checkpoint(place, f"{NETWORK} {TRAIN} {seed}"))
    rows = images(training.rows(dataset, seed))
    module = train_floats(graph, rows, recipe, seed=seed, hooks=hooks)
    test = images(dataset.test)
    in_floats = float((float_answers(module, test) == test.targets).mean())
    network = quantize_module(module, interface, rows, recipe, seed=seed)
    KEPT.mkdir(exist_ok=True)
    write_network(network, KEPT / f"fashion_{seed}.json")
    return {"float": in_floats, "int8": int8_accuracy(network, dataset)}


def int8_accuracy(network: Network, dataset: Dataset) -> float:
    part = make_part(dataset, dataset.test, network.interface)
    return float((evaluate_on_host(network, part.codes) == part.targets).mean())


def tinynet_difference() -> int:
    """The largest difference of MACs or parameters to the published models."""
    known = json.loads((SHARED / "reference" / "tinynet.json").read_text(encoding="utf-8"))["nets"]
    differences = []
    for one in known.values():
        pixels = int(224 * one["r"])
        scale = Scale(depth=one["d"], width=one["w"])
        graph = build_graph(scale_preset(PRESETS["efficientnet_b0"], scale, (pixels, pixels, 3), 1000)).graph
        differences += [count(graph).macs - one["macs"], trained_parameters(graph) - one["params"]]
    return max(abs(each) for each in differences)


def check_kept(figures: dict[str, object]) -> None:
    """The kept winner of the patches and the kept networks must give the kept figures exactly."""
    kept = figures["patches"]
    again = patched(patch_space(), np.array(kept["row"], np.int32))  # type: ignore[index]
    if again is None or asdict(again) != kept:
        raise SystemExit(f"patches: the kept design gives {again}, not {kept}")
    for seed, each in figures["fashion"].items():  # type: ignore[attr-defined]
        found = int8_accuracy(read_network(KEPT / f"fashion_{seed}.json"), fashion(int(seed)))
        if found != each["int8"]:
            raise SystemExit(f"fashion, seed {seed}: the kept network gives {found}, not {each['int8']}")


def main() -> int:
    given = arguments(__doc__ or "")
    if given.quick:
        figures = load_results("convnet", CODE)
        check_kept(figures)
        search_patches(QUICK_GENERATIONS)
    else:
        found = search_patches(GENERATIONS)
        trained = {str(seed): train_fashion(seed) for seed in SEEDS}
        figures = {"patches": asdict(found), "fashion": trained}
        save_results("convnet", figures, CODE)
    patches, fashions = figures["patches"], figures["fashion"]
    design = patch_space().structure(np.array(patches["row"], np.int32))  # type: ignore[index]
    off = stated_arena(design) - patches["arena_bytes"]  # type: ignore[index]
    loss = max(100 * (each["float"] - each["int8"]) for each in fashions.values())  # type: ignore[attr-defined]
    for seed, each in fashions.items():  # type: ignore[attr-defined]
        in_floats, in_int8 = 100 * each["float"], 100 * each["int8"]
        print(f"fashion, seed {seed}: {in_floats:.2f} % in floats, {in_int8:.2f} % in int8")
    bars = [
        Bar("TinyNets: difference to published costs", tinynet_difference(), 0, "", "min"),
        Bar("patches: memory of the stage, times less", patches["saved"], 4, ""),  # type: ignore[index]
        Bar("patches: more MACs", 100 * patches["more_macs"], 100 * MORE_MACS, "%", "min"),  # type: ignore[index]
        Bar("patches: arena of C less that of the plan", abs(off), 0, "bytes", "min"),
        Bar("Fashion-MNIST: int8 loses at most", loss, 0.3, "points", "min"),
    ]
    return report_bars(bars, given)


if __name__ == "__main__":
    sys.exit(main())
