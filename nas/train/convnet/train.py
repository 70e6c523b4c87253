"""From a graph and rows to an int8 network: floats first, then rounded, then lowered."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from codegen.ir import Interface, Network
from codegen.ir.graph import TensorGraph
from nas.quantize_graph import quantize_graph
from nas.train.convnet.checkpoint import Checkpoint
from nas.train.convnet.descent import Descent, Teacher
from nas.train.convnet.fake_quantize import FakeQuantize, calibrate
from nas.train.convnet.module import GraphModule
from nas.train.convnet.recipe import Augmentation, ConvnetRecipe
from nas.train.convnet.rows import ImageRows
from nas.train.convnet.threads import one_thread

FLOAT_PHASE, QUANTIZED_PHASE, CALIBRATION = 0, 1, 2
"""Keep the randomness of the phases apart."""
QUANTIZED_RATE = 0.05
"""Learning rate of the quantized epochs, as a share of the floats'."""
CALIBRATION_ROWS = 512
EVALUATED_ROWS = 500


@dataclass(frozen=True, slots=True, eq=False)
class Hooks:
    """What a training may be told from outside.

    start: is given the module before its first epoch. teacher: whose logits are learned too. checkpoint:
    where the float phase is kept between epochs. hopeless: is told the epochs that are done and the module,
    and says whether to give up.
    """

    start: Callable[[GraphModule], None] = lambda _: None
    teacher: Teacher | None = None
    checkpoint: Checkpoint | None = None
    hopeless: Callable[[int, GraphModule], bool] | None = None


NO_HOOKS = Hooks()


def train_convnet(
    graph: TensorGraph,
    interface: Interface,
    rows: ImageRows,
    recipe: ConvnetRecipe,
    *,
    seed: int,
    hooks: Hooks = NO_HOOKS,
) -> Network:
    """The int8 network that a graph becomes on some rows. Deterministic from the seed."""
    module = train_floats(graph, rows, recipe, seed=seed, hooks=hooks)
    return quantize_module(module, interface, rows, recipe, seed=seed, teacher=hooks.teacher)


@one_thread()
def train_floats(
    graph: TensorGraph, rows: ImageRows, recipe: ConvnetRecipe, *, seed: int, hooks: Hooks = NO_HOOKS
) -> GraphModule:
    """A module trained in floats, its batch norms not folded yet."""
    module = GraphModule(graph, torch.Generator().manual_seed(seed & 0x7FFF_FFFF))
    hooks.start(module)
    hopeless = hooks.hopeless
    Descent(
        module,
        rows,
        recipe,
        recipe.epochs,
        recipe.learning_rate,
        seed,
        FLOAT_PHASE,
        teacher=hooks.teacher,
        checkpoint=hooks.checkpoint,
        after_epoch=(lambda done: False) if hopeless is None else (lambda done: hopeless(done, module)),
    ).run()
    return module


@one_thread()
def quantize_module(
    module: GraphModule,
    interface: Interface,
    rows: ImageRows,
    recipe: ConvnetRecipe,
    *,
    seed: int,
    teacher: Teacher | None = None,
) -> Network:
    """Folds the norms, calibrates the ranges, trains on with rounding, and lowers what came out.

    The module is changed: it ends with the weights of the network.
    """
    module.fold()
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(CALIBRATION,)))
    chosen = rng.permutation(rows.n_rows)[:CALIBRATION_ROWS]
    activations = calibrate(module, rows.images(chosen), rows.quantization)
    if recipe.quantized_epochs:
        gentle = replace(recipe, augmentation=Augmentation())
        Descent(
            module,
            rows,
            gentle,
            recipe.quantized_epochs,
            recipe.learning_rate * QUANTIZED_RATE,
            seed,
            QUANTIZED_PHASE,
            rounding=FakeQuantize(module.graph, activations),
            teacher=teacher,
        ).run()
    return Network(interface, quantize_graph(module.graph, module.constants(), activations))


@one_thread()
def float_answers(module: GraphModule, rows: ImageRows) -> npt.NDArray[np.int64]:
    """(n_rows,) class indices by the module in floats."""
    module.eval()
    with torch.no_grad():
        chunks = [
            module(rows.images(np.arange(start, min(start + EVALUATED_ROWS, rows.n_rows)))).argmax(dim=1)
            for start in range(0, rows.n_rows, EVALUATED_ROWS)
        ]
    return torch.cat(chunks).numpy()
