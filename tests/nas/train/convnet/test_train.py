"""Small networks learn a small task, and their integers compute what was trained."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from codegen.ir.evaluate import evaluate
from codegen.ir.tensors import tensor_values
from nas.errors import RunError
from nas.train.convnet.checkpoint import Checkpoint
from nas.train.convnet.descent import scheduled
from nas.train.convnet.fake_quantize import FakeQuantize, Observer, calibrate
from nas.train.convnet.module import GraphModule
from nas.train.convnet.recipe import Augmentation, ConvnetRecipe
from nas.train.convnet.rows import augmented
from nas.train.convnet.train import Hooks, float_answers, quantize_module, train_convnet, train_floats
from tests.nas.train.convnet import stripes

RECIPE = ConvnetRecipe(epochs=12, quantized_epochs=2, batch_rows=32, learning_rate=0.02)
SHORT = replace(RECIPE, epochs=3, quantized_epochs=1)


def share(answers: np.ndarray, targets: np.ndarray) -> float:  # type: ignore[type-arg]
    return float((answers == targets).mean())


def test_a_network_learns_in_floats_and_keeps_it_in_integers() -> None:
    rows, (codes, targets) = stripes.rows(), stripes.codes(200, 1)
    module = train_floats(stripes.graph(), rows, RECIPE, seed=0)
    in_floats = share(float_answers(module, stripes.rows(200, 1)), targets)
    network = quantize_module(module, stripes.INTERFACE, rows, RECIPE, seed=0)
    assert in_floats > 0.9
    assert share(evaluate(network, codes), targets) > in_floats - 0.03


def test_the_rounding_of_training_is_that_of_the_network() -> None:
    rows, (codes, _) = stripes.rows(), stripes.codes(50, 1)
    module = train_floats(stripes.graph(), rows, SHORT, seed=0)
    network = quantize_module(module, stripes.INTERFACE, rows, replace(SHORT, quantized_epochs=0), seed=0)
    tensors = network.body.graph.tensors  # type: ignore[union-attr]
    seen = _Seen(FakeQuantize(module.graph, {n: t.quantization for n, t in enumerate(tensors)}))  # type: ignore[misc]
    with torch.no_grad():
        module(stripes.rows(50, 1).images(np.arange(50)), seen)
    exact = tensor_values(network.body, codes)  # type: ignore[arg-type]
    for operator in module.graph.operators:
        quantization = tensors[operator.output].quantization
        assert quantization is not None
        steps = exact[operator.output] - quantization.zero_point
        value = seen.values[operator.output]
        value = value if value.dim() == 2 else value.permute(0, 2, 3, 1)
        assert np.abs(value.numpy() / quantization.scales[0] - steps).mean() < 0.5


class _Seen(Observer):
    """Rounds, and keeps all values."""

    def __init__(self, inner: FakeQuantize) -> None:
        super().__init__()
        self.inner = inner
        self.values: dict[int, torch.Tensor] = {}

    def weight(self, operator, weight, bias):  # type: ignore[no-untyped-def]
        return self.inner.weight(operator, weight, bias)

    def activation(self, number: int, value: torch.Tensor) -> torch.Tensor:
        self.values[number] = self.inner.activation(number, value)
        return self.values[number]


def test_the_same_seed_gives_the_same_network() -> None:
    one, two, other = (
        train_convnet(stripes.graph(), stripes.INTERFACE, stripes.rows(96), SHORT, seed=seed)
        for seed in (1, 1, 2)
    )
    assert one == two
    assert one != other


def test_a_training_that_was_cut_off_goes_on_to_the_same_network(tmp_path: Path) -> None:
    rows, graph = stripes.rows(96), stripes.graph()
    whole = train_convnet(graph, stripes.INTERFACE, rows, SHORT, seed=1)
    checkpoint = Checkpoint(tmp_path / "kept.npz", "this one")

    class KilledError(Exception):
        pass

    def kill(done: int, module: GraphModule) -> bool:
        if done == 2:
            raise KilledError
        return False

    with pytest.raises(KilledError):
        train_floats(graph, rows, SHORT, seed=1, hooks=Hooks(checkpoint=checkpoint, hopeless=kill))
    epochs: list[int] = []
    hooks = Hooks(checkpoint=checkpoint, hopeless=lambda done, _: bool(epochs.append(done)))
    assert train_convnet(graph, stripes.INTERFACE, rows, SHORT, seed=1, hooks=hooks) == whole
    assert epochs == [3]


def test_a_checkpoint_of_something_else_counts_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "kept.npz"
    rows, graph = stripes.rows(96), stripes.graph()
    train_floats(graph, rows, SHORT, seed=1, hooks=Hooks(checkpoint=Checkpoint(path, "one")))
    epochs: list[int] = []
    hooks = Hooks(checkpoint=Checkpoint(path, "two"), hopeless=lambda done, _: bool(epochs.append(done)))
    train_floats(graph, rows, SHORT, seed=1, hooks=hooks)
    assert epochs == [1, 2, 3]


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    path = tmp_path / "kept.npz"
    path.write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(RunError, match=r"kept.npz: the checkpoint is damaged: .*; delete it"):
        train_floats(
            stripes.graph(), stripes.rows(96), SHORT, seed=1, hooks=Hooks(checkpoint=Checkpoint(path, "x"))
        )


def test_a_hopeless_training_ends_early() -> None:
    epochs: list[int] = []

    def give_up(done: int, module: GraphModule) -> bool:
        epochs.append(done)
        return done == 1

    train_floats(stripes.graph(), stripes.rows(96), SHORT, seed=1, hooks=Hooks(hopeless=give_up))
    assert epochs == [1]


def test_a_student_learns_what_its_teacher_says() -> None:
    rows = stripes.rows()
    teacher = train_floats(stripes.graph(), rows, RECIPE, seed=0).eval()
    misled = replace(rows, targets=np.zeros_like(rows.targets))
    recipe = replace(RECIPE, teacher_share=1.0, epochs=8)
    student = train_floats(stripes.graph(), misled, recipe, seed=1, hooks=Hooks(teacher=teacher))
    assert share(float_answers(student, rows), rows.targets) > 0.8


def test_ranges_are_calibrated_and_the_input_keeps_its_own() -> None:
    rows = stripes.rows(96)
    module = GraphModule(stripes.graph(), torch.Generator().manual_seed(0))
    module.fold()
    found = calibrate(module, rows.images(np.arange(96)), rows.quantization)
    assert found[0] == rows.quantization
    assert set(found) == {0, *(operator.output for operator in module.graph.operators)}
    relu6 = found[module.graph.operators[0].output]
    assert relu6.zero_point == -128
    assert relu6.scales[0] * 255 <= 6.001


def test_the_schedule_rises_and_falls() -> None:
    rates = [scheduled(share, 0.1) for share in (0.0, 0.05, 0.1, 0.55, 1.0)]
    assert rates == pytest.approx([0.01, 0.51, 1.0, 0.5, 0.0])


@pytest.mark.parametrize(("shift", "flip"), [((0, 0), True), ((2, 1), False), ((1, 2), True)])
def test_augmented_rows_hold_shifted_and_flipped_images(shift: tuple[int, int], flip: bool) -> None:
    image = np.arange(1, 26, dtype=np.int8).reshape(1, 5, 5, 1)
    found = augmented(np.repeat(image, 200, axis=0), Augmentation(shift, flip), 0, np.random.default_rng(0))
    assert {one.tobytes() for one in found} == {one.tobytes() for one in _moved(image[0], shift, flip)}


def _moved(image: np.ndarray, shift: tuple[int, int], flip: bool) -> Sequence[np.ndarray]:  # type: ignore[type-arg]
    up, left = shift
    found = []
    for each in [image, image[:, ::-1]] if flip else [image]:
        padded = np.pad(each, ((up, up), (left, left), (0, 0)))
        found += [padded[i : i + 5, j : j + 5] for i in range(2 * up + 1) for j in range(2 * left + 1)]
    return found
