"""Every row is a network that can be built, planned and priced."""

from collections.abc import Mapping

import numpy as np
import pytest

from codegen.cores import load_core
from codegen.ir import PatchSchedule
from codegen.plan import plan_network
from searchspaces.convnet import ConvnetAxes, parse_options
from searchspaces.space import AxisValue, SpaceError
from searchspaces.testing import check_space

ALL_FREE: dict[str, object] = {
    "resolution": [8, 14, 20],
    "depth": "0.3..1.2",
    "width": "0.25..1",
    "stages": "2..7",
    "stem_stride": [1, 2],
    "head": [0, 64],
    "kernel": [3, 5, 7],
    "expansion": "1..6",
    "squeeze": [False, True],
    "stage_depth": "-1..1",
    "stage_width": "0.5..1.5",
    "patches": [1, 2, 3],
    "round_to": 4,
}
SPACES = (
    ({}, (28, 28, 1)),
    (ALL_FREE, (28, 28, 3)),
    ({"preset": "efficientnet_b0", "width": "0.1..0.3", "patches": [2]}, (32, 24, 3)),
    ({"preset": "ds_cnn", "width": "0.25..1", "patches": [1, 2]}, (49, 10, 1)),
    ({"preset": "conv1d", "width": "0.5..1", "kernel": [3, 5], "patches": [1, 4]}, (1, 128, 6)),
)


def space(options: dict[str, object], shape: tuple[int, int, int] = (28, 28, 1)) -> ConvnetAxes:
    return ConvnetAxes(parse_options(options), shape, 10)


def row_of(over: ConvnetAxes, **values: AxisValue):  # type: ignore[no-untyped-def]
    lowest = dict(over.values(np.zeros(over.domain.n_variables, over.domain.dtype) + over.domain.lower))
    return over.row(lowest | values)


@pytest.mark.parametrize(("options", "shape"), SPACES)
def test_the_space_conforms(options: dict[str, object], shape: tuple[int, int, int]) -> None:
    results = check_space(space(options, shape), np.random.default_rng(0))
    assert [result for result in results if not result.passed] == []


@pytest.mark.parametrize(("options", "shape"), SPACES)
def test_every_row_can_be_planned(options: dict[str, object], shape: tuple[int, int, int]) -> None:
    over, core = space(options, shape), load_core("cortex-m4")
    for row in over.sample(np.random.default_rng(1), 12):
        design = over.structure(row)
        assert plan_network(design.content, design.schedule, core).arena_bytes > 0  # type: ignore[arg-type]


def test_fixed_decisions_have_no_column() -> None:
    assert space({}).domain.n_variables == 0
    names = [variable.name for variable in space({"width": "0.5..0.6", "kernel": [3, 5]}).domain.variables]
    assert names == ["width", *(f"kernel{index}" for index in range(7))]
    assert [v.name for v in space({"expansion": [2, 4]}).domain.variables] == [
        f"expansion{index}" for index in range(1, 7)
    ]


def test_decisions_of_stages_that_are_left_out_take_their_lowest_value() -> None:
    over = space({"stages": "2..3", "kernel": [3, 5]})
    values = over.values(row_of(over, stages=2, kernel2=5))
    assert values == over.values(row_of(over, stages=2))
    assert over.values(row_of(over, stages=3, kernel2=5))["kernel2"] == 5


def test_steps_and_choices_are_values() -> None:
    over = space({"width": "0.25..0.42", "resolution": [14, 28]})
    values = over.values(over.domain.upper)
    assert (values["width"], values["resolution"]) == (0.42, 28)
    assert over.architecture(over.domain.upper).input_shape == (28, 28, 1)
    assert over.architecture(over.domain.lower).input_shape == (14, 14, 1)


def schedule(over: ConvnetAxes, **values: AxisValue) -> PatchSchedule | None:
    return over.structure(row_of(over, **values)).schedule.patches


def test_patches_are_part_of_the_candidate() -> None:
    over = space({"patches": [1, 2], "patch_blocks": "1..3", "stages": "3..7"})
    assert schedule(over, patches=1, stages=7) is None
    assert schedule(over, patches=2, patch_blocks=1, stages=7) == PatchSchedule(3, 2, 2)
    assert schedule(over, patches=2, patch_blocks=2, stages=7) == PatchSchedule(6, 2, 2)


def test_patches_end_before_a_squeeze() -> None:
    over = space({"patches": [1, 2], "patch_blocks": "1..3", "squeeze": [False, True]})
    values: Mapping[str, AxisValue] = {"patches": 2, "patch_blocks": 3, "squeeze1": True}
    assert over.values(row_of(over, **values))["patch_blocks"] == 1
    assert schedule(over, **values) == PatchSchedule(3, 2, 2)
    assert over.values(row_of(over, **{**values, "squeeze0": True}))["patches"] == 1
    assert schedule(over, **{**values, "squeeze0": True}) is None


def test_a_signal_is_cut_along_its_one_axis() -> None:
    over = space({"preset": "conv1d", "patches": [1, 4], "patch_blocks": "1..2"}, (1, 128, 3))
    assert schedule(over, patches=4, patch_blocks=2) == PatchSchedule(5, 1, 4)


def test_a_signal_is_not_resized() -> None:
    with pytest.raises(
        SpaceError, match=r"convnet: resolution: goes with images, not with inputs of \(1, 99"
    ):
        space({"resolution": [64]}, (1, 99, 3))
