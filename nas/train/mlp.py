"""Gradient training of approximate MLPs: many at once, quantized as they will be lowered.

The float phase comes first, then the weights are rounded with a straight-through gradient. Source of the
scheme: quantization-aware training with power-of-two weights and truncated, saturated activations, as in
the printed MLPs of ICCAD 2023; see docs/spaces.md.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch

from codegen.ir import ClassOutput, Interface, Network, Value, ValueOutput
from codegen.ir.evaluate import evaluate
from nas.quantize import fit_value, lower_mlp
from nas.train.argmax import reduce_argmax
from nas.train.group import MlpGroup, make_group
from nas.train.heads import Head, class_head, value_head
from nas.train.rows import Codes, Targets, TrainingRows, check_rows
from searchspaces.approximate_mlp import MlpRecipe

BATCH_ROWS = 1024
LEARNING_RATE = 0.02
FLOAT_SHARE = 0.4
"""Share of the steps with weights that are not rounded yet."""
FITTED_REACH = 8.0
"""Typical sums of a last layer for one standard deviation of the targets, where the scale is free."""
FULL_PRESSURE = 0.4
"""Weight of a network's size in the loss where the pressure is 1; it grows with the pressure's square.

What survives depends on the data; docs/spaces.md has figures.
"""


def train_mlps(
    recipes: Sequence[MlpRecipe],
    interface: Interface,
    codes: Codes,
    targets: Targets,
    *,
    seed: int,
    validation: tuple[Codes, Targets] | None = None,
    steps: int | None = None,
    starts: int = 4,
    fit_output: bool = True,
) -> list[Network]:
    """One trained network for each recipe; recipes of one shape are trained together.

    codes: (n_rows, n_features) integers of the interface. targets: (n_rows,) class index, or value, or
    (n_rows, n_outputs) values. validation: codes and targets that choose among the starts; None takes the
    training rows. steps: None chooses by the number of rows. starts: trainings of each recipe, of which
    the best is kept. fit_output: the scale and offset of values are fitted and replace those of the
    interface; else those of the interface hold. Deterministic from the seed. Raises RunError for unfit
    arrays.
    """
    train = check_rows(interface, codes, targets)
    judge = train if validation is None else check_rows(interface, *validation)
    trained: dict[int, Network] = {}
    with _one_thread():
        for members in _groups(recipes):
            job = _Job(interface, train, seed, steps or default_steps(len(codes)), fit_output)
            networks = job.train([recipes[index] for index in members], members, starts)
            for position, index in enumerate(members):
                trained[index] = min(networks[position :: len(members)], key=judge.error)
    return [trained[index] for index in range(len(recipes))]


def default_steps(n_rows: int) -> int:
    """Training steps: 600 for up to 4,096 rows, 1,200 from 8,192 on."""
    return int(np.clip(150 * n_rows / BATCH_ROWS, 600, 1200))


@contextmanager
def _one_thread() -> Iterator[None]:
    """Parallel regions stall on busy machines, and matrices this small gain nothing from them."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _groups(recipes: Sequence[MlpRecipe]) -> list[list[int]]:
    """Indices of recipes of one shape, in the order of their first members."""
    groups: dict[object, list[int]] = {}
    for index, recipe in enumerate(recipes):
        key = (recipe.hidden, recipe.weights, recipe.max_shift, recipe.activation_bits)
        groups.setdefault(key, []).append(index)
    return list(groups.values())


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    interface: Interface
    rows: TrainingRows
    seed: int
    steps: int
    fit_output: bool

    def train(self, recipes: Sequence[MlpRecipe], numbers: Sequence[int], starts: int) -> list[Network]:
        """Networks of all recipes for the first start, then for the second, and so on.

        numbers: of the recipes among all; each recipe and start has its own randomness.
        """
        codes = torch.from_numpy(self.rows.codes.T.copy())
        shuffle = torch.Generator().manual_seed(self.seed & 0x7FFF_FFFF)
        keys = [(number, start) for start in range(starts) for number in numbers]
        rngs = [np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key)) for key in keys]
        sample = codes[:, _draw(codes.shape[1], shuffle)]
        group = make_group([*recipes] * starts, self.interface, sample, rngs)
        head = self._head(group)
        _descend(group, head, codes, self.steps, shuffle)
        return [self._lower(group, index) for index in range(len(keys))]

    def _head(self, group: MlpGroup) -> Head:
        targets = self.rows.targets
        if isinstance(self.interface.output, ClassOutput):
            return class_head(targets.astype(np.int64), len(group.recipes))
        values = self.interface.output.values
        if self.fit_output:
            reach = group.layers[-1].bias_unit / FITTED_REACH
            values = tuple(
                Value(value.name, float(column.std()) / reach or 1.0, float(column.mean()))
                for value, column in zip(values, targets.T, strict=True)
            )
        return value_head(targets.astype(np.float64), values)

    def _lower(self, group: MlpGroup, index: int) -> Network:
        bounds = [layer.bound for layer in group.layers]
        recipe = group.recipes[index]
        network = lower_mlp(group.trained_layers(index), recipe, bounds, self.interface)
        if isinstance(self.interface.output, ValueOutput):
            return self._with_fitted_output(network, self.interface.output) if self.fit_output else network
        if recipe.argmax == "reduced":
            return reduce_argmax(network, recipe, self.rows.codes, self.rows.targets.astype(np.int64))
        return network

    def _with_fitted_output(self, network: Network, output: ValueOutput) -> Network:
        found, targets = evaluate(network, self.rows.codes), self.rows.targets.astype(np.float64)
        values = tuple(
            fit_value(value.name, found[:, index], targets[:, index])
            for index, value in enumerate(output.values)
        )
        return Network(replace(network.interface, output=ValueOutput(values)), network.body)


def _descend(group: MlpGroup, head: Head, codes: torch.Tensor, steps: int, shuffle: torch.Generator) -> None:
    """Adam with a cosine schedule; the float phase, then the quantized one."""
    optimizer = torch.optim.Adam([*group.parameters, *head.parameters], lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    pressure = FULL_PRESSURE * torch.tensor([recipe.pressure**2 for recipe in group.recipes])
    for step in range(steps):
        rows = _draw(codes.shape[1], shuffle)
        sums = group.forward(codes[:, rows], quantized=step >= FLOAT_SHARE * steps)
        losses = head.losses(sums, rows) + pressure * group.sizes()
        optimizer.zero_grad()
        losses.sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()


def _draw(n_rows: int, shuffle: torch.Generator) -> torch.Tensor:
    """Row numbers of one step: all of them, or `BATCH_ROWS` at random."""
    if n_rows <= BATCH_ROWS:
        return torch.arange(n_rows)
    return torch.randint(0, n_rows, (BATCH_ROWS,), generator=shuffle)
