"""Runs of small convolutional networks on a small task."""

from pathlib import Path

import numpy as np

from nas.spec import Spec
from nas.specfile import parse_spec
from tests.nas.train.convnet import stripes

TEXT = """
version: 1
name: stripes
task: classification
data: {npz: stripes.npz}
split: {test: given, validation: 0.25}
space:
  - convnet:
      preset: mobilenetv2
      stem: 8
      layout:
        - {block: inverted, channels: 8, expansion: 2}
        - {block: separable, channels: 12, stride: 2}
      resolution: [6, 8]
      width: 0.5..1
      patches: [1, 2]
      patch_blocks: 1
      head: 0
      round_to: 4
train: {epochs: 8, ranking_epochs: 2, batch: 32, learning_rate: 0.02, finalists: 2, augment: []}
hardware: {board: {model: mcu, board: stm32f446re}}
objectives: {accuracy: max, board.ram_bytes: min}
limits: {board.ram_bytes: {max: 2500}, macs: {max: 60000}}
search: {algorithm: random, evaluations: 4}
emit: {c: {layout: plain}, winners: [best_accuracy, best_board.ram_bytes]}
"""


def write_data(folder: Path) -> None:
    """stripes.npz: 320 training rows and 80 for the test."""
    arrays = {}
    for name, n_rows, seed in (("", 320, 0), ("_test", 80, 1)):
        codes, targets = stripes.codes(n_rows, seed)
        arrays[f"x{name}"] = (codes + 128).astype(np.uint8).reshape(n_rows, stripes.SIZE, stripes.SIZE)
        arrays[f"y{name}"] = targets
    np.savez(folder / "stripes.npz", **arrays)  # type: ignore[arg-type]


def spec(folder: Path, *changes: tuple[str, str]) -> Spec:
    """The spec with some of its text replaced, its files in `folder`."""
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return parse_spec(text, name="spec.yaml", base=folder)
