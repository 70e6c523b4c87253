"""Gradient training of approximate MLPs: many at once, quantized as they will be lowered.

The float phase comes first, then the weights are rounded with a straight-through gradient. Source of the
scheme: quantization-aware training with power-of-two weights and truncated, saturated activations, as in
the printed MLPs of ICCAD 2023; see docs/spaces.md.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from codegen.ir import ClassOutput, Interface, Network, ValueOutput
from codegen.ir.evaluate import evaluate
from nas.errors import RunError
from nas.quantize import fit_value, lower_mlp
from nas.train.argmax import reduce_argmax
from nas.train.group import MlpGroup, make_group
from nas.train.heads import Head, class_head, fitted_value_head, given_value_head
from searchspaces.approximate_mlp import MlpRecipe

Codes = npt.NDArray[np.integer[Any]]
Targets = npt.NDArray[np.number[Any]]

BATCH_ROWS = 1024
LEARNING_RATE = 0.01
FLOAT_SHARE = 0.4
"""Share of the steps with weights that are not rounded yet."""
FULL_PRESSURE = 1.0
"""Weight of a network's size in the loss where the pressure is 1."""


def train_mlps(
    recipes: Sequence[MlpRecipe],
    interface: Interface,
    codes: Codes,
    targets: Targets,
    *,
    seed: int,
    steps: int | None = None,
    fit_output: bool = True,
) -> list[Network]:
    """One trained network for each recipe.

    codes: (n_rows, n_features) integers of the interface. targets: (n_rows,) class index, or value, or
    (n_rows, n_outputs) values. steps: None chooses by the number of rows. fit_output: the scale and offset
    of values are fitted and replace those of the interface; else those of the interface hold. Recipes of
    one shape are trained together. Deterministic from the seed. Raises RunError for unfit arrays.
    """
    codes, targets = _checked(interface, codes, targets)
    trained: dict[int, Network] = {}
    with _one_thread():
        for members in _groups(recipes):
            job = _Job(interface, codes, targets, seed, steps or default_steps(len(codes)), fit_output)
            networks = job.train([recipes[index] for index in members], members)
            trained.update(zip(members, networks, strict=True))
    return [trained[index] for index in range(len(recipes))]


def default_steps(n_rows: int) -> int:
    """Training steps: some 200 passes over the rows, in 600 to 1500 steps."""
    return int(np.clip(200 * n_rows / min(n_rows, BATCH_ROWS), 600, 1500))


@contextmanager
def _one_thread() -> Iterator[None]:
    """Parallel regions stall on busy machines, and matrices this small gain nothing from them."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _checked(interface: Interface, codes: Codes, targets: Targets) -> tuple[Codes, Targets]:
    if codes.ndim != 2 or codes.shape[1] != interface.n_features or not len(codes):
        raise RunError(f"training: codes must be (n_rows, {interface.n_features}), not {codes.shape}")
    if len(targets) != len(codes):
        raise RunError(f"training: {len(codes)} targets are needed, one a row, not {len(targets)}")
    if isinstance(interface.output, ClassOutput):
        if targets.ndim != 1 or targets.min() < 0 or targets.max() >= interface.n_outputs:
            raise RunError(f"training: targets must be class indices in 0..{interface.n_outputs - 1}")
        return codes.astype(np.int32), targets.astype(np.int64)
    values = targets.reshape(len(targets), -1).astype(np.float64)
    if values.shape[1] != interface.n_outputs or not np.isfinite(values).all():
        raise RunError(f"training: targets must be {interface.n_outputs} finite values a row")
    return codes.astype(np.int32), values


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
    codes: Codes
    targets: Targets
    seed: int
    steps: int
    fit_output: bool

    def train(self, recipes: Sequence[MlpRecipe], numbers: Sequence[int]) -> list[Network]:
        """numbers: of the recipes among all; each has its own randomness."""
        codes = torch.from_numpy(self.codes)
        shuffle = torch.Generator().manual_seed(self.seed & 0x7FFF_FFFF)
        rngs = [np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(n,))) for n in numbers]
        sample = codes[_draw(len(codes), shuffle)]
        group = make_group(recipes, self.interface, sample, rngs)
        head = self._head(group, sample)
        _descend(group, head, codes, self.steps, shuffle)
        return [self._lower(group, index) for index in range(len(recipes))]

    def _head(self, group: MlpGroup, sample: torch.Tensor) -> Head:
        if isinstance(self.interface.output, ClassOutput):
            return class_head(torch.from_numpy(self.targets), len(group.recipes))
        with torch.no_grad():
            sums = group.forward(sample, quantized=False)
        if self.fit_output:
            return fitted_value_head(self.targets, sums)
        return given_value_head(self.targets, self.interface.output.values)

    def _lower(self, group: MlpGroup, index: int) -> Network:
        bounds = [layer.bound for layer in group.layers]
        recipe = group.recipes[index]
        network = lower_mlp(group.trained_layers(index), recipe, bounds, self.interface)
        if isinstance(self.interface.output, ValueOutput):
            return self._with_fitted_output(network) if self.fit_output else network
        if recipe.argmax == "reduced":
            return reduce_argmax(network, recipe, self.codes, self.targets)
        return network

    def _with_fitted_output(self, network: Network) -> Network:
        found = evaluate(network, self.codes)
        assert isinstance(network.interface.output, ValueOutput)
        values = tuple(
            fit_value(value.name, found[:, index], self.targets[:, index])
            for index, value in enumerate(network.interface.output.values)
        )
        return Network(replace(network.interface, output=ValueOutput(values)), network.body)


def _descend(group: MlpGroup, head: Head, codes: torch.Tensor, steps: int, shuffle: torch.Generator) -> None:
    """Adam with a cosine schedule; the float phase, then the quantized one."""
    optimizer = torch.optim.Adam([*group.parameters, *head.parameters], lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    pressure = FULL_PRESSURE * torch.tensor([recipe.pressure for recipe in group.recipes])
    for step in range(steps):
        rows = _draw(len(codes), shuffle)
        sums = group.forward(codes[rows], quantized=step >= FLOAT_SHARE * steps)
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
