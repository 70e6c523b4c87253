"""Which kernel an operator runs on, as far as memory is concerned."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KernelChoice:
    """name: of the kernel, such as "conv2d_dsp". scratch_bytes: of the arena, while the kernel runs.

    in_place: whether the output may lie over the operator's first input, both from the same byte on; a sum's
    over either of its two. The plan does so only where the output is no larger and nobody reads the input
    later.
    """

    name: str
    scratch_bytes: int
    in_place: bool = False
