"""The emitted text of tensor networks: arena, shared code, memory of the caller."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from codegen.c import emit_c
from codegen.cores import load_core
from codegen.ir import (
    Add,
    Constant,
    Conv2d,
    HardSwish,
    Network,
    PatchSchedule,
    Quantization,
    Quantize,
    Schedule,
    Tensor,
    TensorNet,
    Window,
)
from codegen.ir.evaluate import evaluate
from codegen.ir.testing import random_network
from codegen.plan import PlanError, plan_network
from codegen.verify import measure_firmware
from codegen.verify.build import SANITIZERS, WARNINGS
from tests.codegen.c.differential import numbers
from tests.codegen.c.golden_networks import small_convolution
from tests.codegen.c.tensor.graphs import bytes_of, network, tensor
from tests.networks import codes_for


def written(one: Network, folder: Path, **options: object) -> str:
    """The module's text, after its files have been written."""
    vectors = codes_for(one.interface, 2, 0)
    artifact = emit_c(one, name="net", vectors=vectors, layout="plain", **options)  # type: ignore[arg-type]
    artifact.write(folder)
    return (folder / "net.c").read_text(encoding="utf-8")


def convolutions(size: int = 8, n_layers: int = 2) -> Network:
    """Convolutions of 3x3 with padding and equal quantizations, each with weights of its own."""
    kept = Quantization((0.1,), -3)
    tensors, operators, constants = [tensor((size, size, 2), kept)], [], []
    for layer in range(n_layers):
        weight = len(tensors)
        tensors += [Tensor("w", (2, 3, 3, 2), "int8", Quantization((0.03,))), tensor((size, size, 2), kept)]
        constants.append(Constant(weight, bytes_of((36,), layer)))
        source = 0 if layer == 0 else weight - 1
        operators.append(Conv2d(source, weight, None, weight + 1, Window((3, 3), padding=(1, 1, 1, 1))))
    return network(tuple(tensors), tuple(operators), tuple(constants))


@pytest.mark.parametrize("seed", [216, 221, 16])
@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m0"])
def test_the_compiled_arena_has_the_bytes_of_the_plan(
    seed: int,
    core: str,
    tmp_path: Path,
    requires_tool,  # type: ignore[no-untyped-def]
) -> None:
    requires_tool("gcc", "nm")
    one = random_network(seed)
    assert isinstance(one.body, TensorNet)
    planned = plan_network(one.body.graph, Schedule(), load_core(core)).arena_bytes
    text = written(one, tmp_path, core=load_core(core))
    assert f"#define NET_ARENA_BYTES {planned}\n" in (tmp_path / "net.h").read_text(encoding="utf-8")
    assert text.count("NET_ARENA_BYTES") == 1
    subprocess.run(["gcc", "-std=c99", "-c", "net.c"], cwd=tmp_path, check=True)
    listed = subprocess.run(["nm", "-S", "net.o"], cwd=tmp_path, check=True, capture_output=True, text=True)
    (size,) = [int(line.split()[1], 16) for line in listed.stdout.splitlines() if line.endswith(" net_arena")]
    assert size == planned


def test_a_measurement_itemizes_the_arena(requires_tool) -> None:  # type: ignore[no-untyped-def]
    requires_tool("arm-none-eabi-gcc", "qemu-system-arm", "gcc")
    one, core = small_convolution(), load_core("cortex-m4")
    assert isinstance(one.body, TensorNet)
    codes = codes_for(one.interface, 8, 0)
    artifact = emit_c(one, name="net", vectors=codes, core=core)
    found = measure_firmware(artifact, one, codes, core)
    assert found.arena_bytes == plan_network(one.body.graph, Schedule(), core).arena_bytes
    static = found.ram_bytes - found.stack_bytes
    assert found.arena_bytes <= static <= found.arena_bytes + 3
    assert 24 < found.stack_used_bytes <= found.stack_bytes < 300


def test_the_callers_memory_is_kept_within_its_bytes_and_the_input_is_never_written(
    tmp_path: Path,
    requires_tool,  # type: ignore[no-untyped-def]
) -> None:
    requires_tool("gcc")
    one = small_convolution()
    codes = codes_for(one.interface, 3, 5)
    written(one, tmp_path)
    answers = evaluate(one, codes)
    # The input lies in read-only memory, the arena between two guards that the sanitizer watches.
    (tmp_path / "main.c").write_text(
        f"""
#include <stdlib.h>
#include "net.h"
static const net_input_t x[3][NET_N_FEATURES] = {{{numbers(codes)}}};
int main(void)
{{
    static const int e[] = {{{numbers(answers)}}};
    void *const memory = malloc(NET_ARENA_BYTES);
    int i, wrong = 0;
    for (i = 0; i < 3; i++) wrong += net_predict_in(x[i], memory) != e[i];
    free(memory);
    return wrong;
}}
""",
        encoding="utf-8",
    )
    flags = [flag for flag in WARNINGS if flag != "-Wextra"]
    command = ["gcc", "-std=c99", "-O1", *flags, "-Wno-missing-braces", *SANITIZERS, "main.c", "net.c"]
    subprocess.run([*command, "-o", "main"], cwd=tmp_path, check=True)
    ran = subprocess.run(["./main"], cwd=tmp_path, check=False, env={"ASAN_OPTIONS": "detect_leaks=0"})
    assert ran.returncode == 0


def test_equal_operators_share_one_function(tmp_path: Path) -> None:
    one = network(tuple(tensor((6,)) for _ in range(4)), tuple(HardSwish(i, i + 1) for i in range(3)))
    text = written(one, tmp_path)
    assert text.count("static void net_swish0(") == 2  # declared and defined
    assert text.count("net_swish0(input, arena);") == 1
    assert text.count("net_swish0(arena, arena);") == 2
    assert "net_swish1" not in text


def test_patches_of_one_shape_share_a_function_and_all_shapes_share_weights(tmp_path: Path) -> None:
    schedule = Schedule(None, PatchSchedule(2, 4, 4))
    text = written(convolutions(), tmp_path, schedule=schedule, form="portable")
    n_patches = 16
    assert text.count("    net_patch") == n_patches
    assert text.count("static void net_patch") == 9  # corners, edges and the inside
    assert len([line for line in text.splitlines() if "_weights[36] = {" in line]) == 2


def test_rows_of_patches_need_no_copies(tmp_path: Path) -> None:
    """Slices over the full width lie together in memory."""
    text = written(convolutions(), tmp_path, schedule=Schedule(None, PatchSchedule(2, 4, 1)))
    assert "memcpy(arena" not in text
    assert "copy_rows" not in text
    columns = written(convolutions(), tmp_path, schedule=Schedule(None, PatchSchedule(2, 1, 4)))
    assert "net_copy_rows(" in columns


def test_a_schedule_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        PlanError, match=r"patches: rows must be 1 to 8, the size of the stage's output, not 9"
    ):
        written(convolutions(), tmp_path, schedule=Schedule(None, PatchSchedule(2, 9, 1)))


def test_calls_follow_the_order_of_the_schedule(tmp_path: Path) -> None:
    other = Quantization((0.3,))
    one = network(
        (tensor((6,)), tensor((6,)), tensor((6,), other), tensor((6,))),
        (HardSwish(0, 1), Quantize(0, 2), Add(1, 2, 3)),
    )
    text = written(one, tmp_path, schedule=Schedule((1, 0, 2)))
    assert text.index("/* 1: Quantize") < text.index("/* 0: HardSwish") < text.index("/* 2: Add")


def test_uniform_inputs_need_no_table(tmp_path: Path) -> None:
    one = small_convolution()
    assert "net_features" not in written(one, tmp_path)
    first = replace(one.interface.features[0], hi=3.0)
    mixed = Network(replace(one.interface, features=(first, *one.interface.features[1:])), one.body)
    assert "net_features[NET_N_FEATURES]" in written(mixed, tmp_path)


def test_text_and_arena_do_not_depend_on_the_run(tmp_path: Path) -> None:
    one = random_network(221)
    assert written(one, tmp_path) == written(one, tmp_path)
