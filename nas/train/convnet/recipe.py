"""How one network is trained; everything but graph, data and seed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Changes of the training rows that keep their classes.

    shift: at most so many (rows, columns) up, down, left and right; zeros come in. flip: left and right.
    """

    shift: tuple[int, int] = (0, 0)
    flip: bool = False


@dataclass(frozen=True, slots=True)
class ConvnetRecipe:
    """epochs: in floats. quantized_epochs: after them, with weights and activations rounded to int8; 0 lowers
    what the floats have learned. learning_rate: at its peak; it rises over the first `warmup` of the steps
    and falls as a cosine to 0. label_smoothing: share of each target that goes to all classes. teacher_share:
    of the loss, where there is a teacher.
    """

    epochs: int = 12
    quantized_epochs: int = 1
    batch_rows: int = 128
    learning_rate: float = 4e-3
    warmup: float = 0.1
    weight_decay: float = 1e-2
    label_smoothing: float = 0.05
    teacher_share: float = 0.5
    augmentation: Augmentation = Augmentation()
