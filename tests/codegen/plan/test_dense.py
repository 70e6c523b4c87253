"""Chains of fully connected layers: what is one, its two buffers, and which form an objective takes."""

import itertools
from dataclasses import replace

import pytest

from codegen.cores import known_cores, load_core
from codegen.ir import (
    Add,
    FullyConnected,
    PatchSchedule,
    Quantization,
    Reshape,
    Schedule,
    Tensor,
    TensorGraph,
)
from codegen.plan.dense import DensePlan, dense_widths, plan_chain, plan_dense
from codegen.plan.dense_choice import choose_chain
from codegen.plan.dense_costs import chain_traits, constant_bytes, dense_figures, layer_figures

M4 = load_core("cortex-m4")


def chain(*widths: int, rounding: str = "single") -> TensorGraph:
    tensors, operators = [Tensor("x", (widths[0],), "int8")], []
    for n_in, n_out in itertools.pairwise(widths):
        at = len(tensors)
        tensors += [Tensor("w", (n_out, n_in), "int8"), Tensor("y", (n_out,), "int8")]
        operators.append(FullyConnected(at - 1, at, None, at + 1, "relu", rounding))  # type: ignore[arg-type]
    return TensorGraph(tuple(tensors), tuple(operators), (0,), (len(tensors) - 1,))


def test_a_chain_is_known_by_its_widths() -> None:
    assert dense_widths(chain(30, 10, 2)) == (30, 10, 2)


def test_reshapes_may_stand_in_a_chain() -> None:
    tensors = (
        Tensor("image", (2, 2, 3), "int8"),
        Tensor("flat", (12,), "int8"),
        Tensor("w", (4, 12), "int8"),
        Tensor("y", (4,), "int8"),
        Tensor("row", (1, 4), "int8"),
    )
    graph = TensorGraph(tensors, (Reshape(0, 1), FullyConnected(1, 2, None, 3), Reshape(3, 4)), (0,), (4,))
    assert dense_widths(graph) == (12, 4)


def test_what_branches_or_mixes_roundings_or_types_is_no_chain() -> None:
    graph = chain(4, 4)
    added = replace(
        graph,
        operators=(*graph.operators, Add(0, 2, 3)),
        outputs=(3,),
        tensors=(*graph.tensors, graph.tensors[2]),
    )
    assert dense_widths(added) is None
    mixed = chain(4, 4, 4)
    first, second = mixed.operators
    assert isinstance(second, FullyConnected)
    assert dense_widths(replace(mixed, operators=(first, replace(second, rounding="double")))) is None
    unsigned = (*graph.tensors[:2], replace(graph.tensors[2], dtype="uint8"))
    assert dense_widths(replace(graph, tensors=unsigned)) is None


def test_buffers_hold_the_longest_row_that_is_read_from_them_or_the_outputs() -> None:
    plan = DensePlan((30, 10, 2), 8)
    assert (plan.buffer_items(0), plan.buffer_items(1), plan.arena_bytes) == (32, 16, 96)
    odd = DensePlan((3, 40, 5), 16)
    assert (odd.buffer_items(0), odd.buffer_items(1)) == (16, 48)
    assert DensePlan((3, 40), 8).buffer_items(1) == 40
    assert DensePlan((3, 41), 8, sums=True).buffer_items(1) == 2 * 42


@pytest.mark.parametrize(
    ("widths", "step"), [((30, 10, 2), 8), ((64, 32, 10), 16), ((4, 3), 8), ((256, 64), 16)]
)
def test_long_rows_take_long_steps(widths: tuple[int, ...], step: int) -> None:
    assert plan_dense(widths).step == step


def test_constants_are_words_of_headers_and_pairs_and_bytes_of_weights() -> None:
    graph = chain(30, 10, 2)
    plan, traits = plan_dense((30, 10, 2)), chain_traits(graph)
    assert constant_bytes(plan, traits, is_dsp=True) == 4 * (5 + 5 * 2 + 5 + 2 + 1) + 10 * 32 + 2 * 16
    assert constant_bytes(plan, traits, is_dsp=False) == 4 * (6 + 5 * 2 + 6 + 2 + 1) + 10 * 32 + 2 * 12


def test_traits_follow_from_scales_limits_and_rounding() -> None:
    graph = chain(4, 3, rounding="double")
    weight = replace(graph.tensors[1], quantization=Quantization((0.1, 0.2, 0.3)))
    output = replace(graph.tensors[2], quantization=Quantization((0.1,), -5))
    traits = chain_traits(replace(graph, tensors=(graph.tensors[0], weight, output)))
    assert (traits.is_doubled, traits.is_shared, traits.is_saturated) == (True, False, False)
    plain = chain_traits(chain(4, 3))
    assert (plain.is_doubled, plain.is_shared, plain.is_saturated) == (False, True, True)


def test_an_objective_decides_between_the_routine_and_a_kernel_for_each_layer() -> None:
    graph = chain(64, 32, 10)
    assert choose_chain(graph, Schedule(), M4) == plan_chain(graph)
    assert choose_chain(graph, Schedule(objective="flash"), M4) == plan_chain(graph)
    assert choose_chain(graph, Schedule(objective="instructions"), M4) is None


def test_a_large_chain_keeps_its_kernels() -> None:
    """What the routine saves in code is lost in constants."""
    assert choose_chain(chain(640, 128, 128, 128, 128, 8, 128, 128, 128, 128, 640), Schedule(), M4) is None


def test_patches_and_cores_without_figures_take_no_routine() -> None:
    graph = chain(64, 32, 10)
    assert choose_chain(graph, Schedule(patches=PatchSchedule(1, 1, 1)), M4) is None
    assert choose_chain(graph, Schedule(), replace(M4, name="cortex-m99")) is None


@pytest.mark.parametrize("core", [name for name in known_cores() if name.startswith("cortex")])
def test_every_cortex_has_figures(core: str) -> None:
    plan, traits = plan_dense((64, 32, 10)), chain_traits(chain(64, 32, 10))
    shared, layers = (
        dense_figures(plan, traits, load_core(core)),
        layer_figures((64, 32, 10), traits, load_core(core)),
    )
    assert shared is not None
    assert layers is not None
    assert 2000 < shared.instructions < 25_000
    assert 2500 < shared.flash_bytes < layers.flash_bytes
