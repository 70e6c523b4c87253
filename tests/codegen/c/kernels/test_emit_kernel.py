"""Emitted text, its sizes, and what is refused."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codegen.c.kernels import KernelTask, Requantization, emit_kernel
from codegen.c.kernels.tiles import row_tiles
from codegen.c.text import EmitError
from codegen.cores import load_core
from codegen.ir.operators import Window
from tests.codegen.c.kernels.kernel_tasks import Numbers, conv_task, depthwise_task, fully_connected_task

GOLDEN = Path(__file__).parents[3] / "golden" / "kernels"
SMALL: dict[str, KernelTask] = {
    "conv2d": conv_task((4, 4, 4), 2, Window((3, 3), padding=(1, 1, 1, 1)), Numbers(1)),
    "depthwise": depthwise_task((4, 4, 4), 1, Window((3, 3), padding=(1, 1, 1, 1)), Numbers(2)),
    "fully_connected": fully_connected_task(8, 3, Numbers(3, "single"), shared=True),
}


@pytest.mark.parametrize("name", SMALL)
def test_the_kernel_is_the_golden_text(name: str) -> None:
    code = emit_kernel(SMALL[name], "golden", "asm", load_core("cortex-m4").features)
    text = f"{code.constants}\n{code.functions}"
    if os.environ.get("SILKSCREEN_WRITE_GOLDEN"):
        (GOLDEN / f"{name}.c").write_text(text, encoding="utf-8")
    assert text == (GOLDEN / f"{name}.c").read_text(encoding="utf-8")
    assert code.prototype == "static void golden(const int8_t *input, int8_t *output, void *scratch)"


def test_sums_that_can_leave_int32_are_refused_with_channel_and_range() -> None:
    task = fully_connected_task(4, 3, Numbers(1))
    bias = task.bias.copy()
    bias[2] = 2**31 - 1
    with pytest.raises(
        EmitError, match=r"kernel: output channel 2: sums must fit int32, but can reach -?\d+"
    ):
        emit_kernel(replace(task, bias=bias), "k", "portable", frozenset())


def test_sums_that_a_left_shift_takes_out_of_int32_are_refused() -> None:
    task = replace(
        fully_connected_task(4, 1, Numbers(1)), requantization=Requantization((2.0**20,), "double", 0)
    )
    with pytest.raises(EmitError, match=r"times 2\*\*21; make the bias or the factor smaller"):
        emit_kernel(task, "k", "portable", frozenset())


def test_arrays_that_do_not_fit_are_refused() -> None:
    task = fully_connected_task(4, 3, Numbers(1))
    with pytest.raises(EmitError, match=r"bias and factors must have 3 items, not \(2,\) and 3"):
        emit_kernel(replace(task, bias=task.bias[:2]), "k", "portable", frozenset())
    wide = replace(task, weight=task.weight.astype(np.int16))  # type: ignore[arg-type]
    with pytest.raises(EmitError, match="weights must be int8 and the bias int32, not int16"):
        emit_kernel(wide, "k", "portable", frozenset())
    conv = conv_task((4, 4, 2), 2, Window((1, 1)), Numbers(1))
    with pytest.raises(EmitError, match=r"weights must have shape \(n_out, \(1, 1\), 3\)"):
        emit_kernel(replace(conv, input_shape=(4, 4, 3)), "k", "portable", frozenset())


@pytest.mark.parametrize("n", range(1, 40))
def test_tiles_cover_a_row_and_stay_in_it(n: int) -> None:
    tiles = row_tiles(n)
    parts = [(4 * place, 4) for place in range(tiles.whole)] + list(tiles.rest)
    covered = {output for first, size in parts for output in range(first, first + size)}
    assert covered == set(range(n))
    assert {size for _, size in parts} == set(tiles.sizes)
