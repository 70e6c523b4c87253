"""What is counted of kernels is what the emitters write: constants to the byte, assembler to the byte."""

import re
from collections.abc import Callable

import pytest

from benchmarks.mcu_operators import case_of, random_operator
from codegen.c.kernels.dsp_tile import Tile, columns_tile, direct_tile
from codegen.c.kernels.scaling import FastScaling, Way
from codegen.c.kernels.thumb2_tile import ByteTile, byte_tile
from codegen.cores import load_core
from codegen.ir import Window
from codegen.plan.buffers import PhaseRows
from codegen.plan.geometry import Geometry
from codegen.toolchain import run_tool
from codegen.verify.build import ARM_GCC, compile_c
from hwmodels.mcu.tensor.assembled import assembled_bytes
from hwmodels.mcu.tensor.kernels import kernel_terms
from hwmodels.mcu.tensor.terms import KernelTerms

KINDS = ("pointwise", "conv", "wide_conv", "depthwise", "odd_depthwise", "dense", "swish", "softmax")
ITEM_BYTES = {"int8_t": 1, "uint8_t": 1, "int32_t": 4}


def constant_bytes(text: str) -> int:
    """Of all arrays that a core's own form has, each in whole words."""
    own = text.split("#else\n")[0]
    arrays = re.findall(r"static const (\w+) \w+\[(\d+)\]", own)
    return sum((int(n) * ITEM_BYTES[kind] + 3) // 4 * 4 for kind, n in arrays)


@pytest.mark.parametrize("core_name", ["cortex-m0", "cortex-m3", "cortex-m4", "cortex-m55", "rv32imc"])
@pytest.mark.parametrize("kind", KINDS)
def test_constants_are_those_of_the_emitted_text(kind: str, core_name: str) -> None:
    core = load_core(core_name)
    for seed in range(2000, 2010):
        net = random_operator(kind, seed)
        terms = kernel_terms(net.graph, core)
        assert isinstance(terms, KernelTerms)
        n_folded = {"cortex-m0": 3, "rv32imc": 1}.get(core_name, 0)
        folded = net.graph.tensors[net.graph.outputs[0]].shape[-1] <= n_folded
        if not folded:  # the compiler makes constants a part of the code there
            assert terms.constant_bytes == constant_bytes(case_of(net, "kernel", core).code.constants)


def tiles() -> list[str]:
    """Assembler of many kinds."""
    ways: list[Way] = ["single", "double", "double_floor"]
    texts = []
    for number, way in enumerate(ways):
        scaling = FastScaling(way, (), (-127, 100) if number else (-128, 127))
        window = Window((3, 3), padding=(1, 1, 1, 1))
        for n in (1, 2, 4):
            for n_out in (1, 7, 64):
                sizes = Geometry("conv2d", 9, 11, 8, n_out, window)
                tile = Tile("tile", n, n_out, True, scaling)
                texts += [columns_tile(tile, 5), columns_tile(tile, 61), direct_tile(tile, PhaseRows(sizes))]
                texts.append(byte_tile(ByteTile("tile", n, sizes, 104, scaling)))
    return texts


def test_assembler_has_the_bytes_that_the_assembler_makes(
    tmp_path_factory: pytest.TempPathFactory, requires_tool: Callable[..., None]
) -> None:
    requires_tool("arm-none-eabi-gcc")
    folder = tmp_path_factory.mktemp("tiles")
    texts = [text.replace("tile", f"tile{number}_") for number, text in enumerate(tiles())]
    (folder / "tiles.c").write_text("#include <stdint.h>\n" + "".join(texts), encoding="utf-8")
    compile_c(ARM_GCC, [*load_core("cortex-m4").compiler_flags, "-c", "tiles.c"], folder)
    listing = run_tool(["arm-none-eabi-nm", "-S", "tiles.o"], cwd=folder, timeout_s=60.0).stdout.decode()
    sizes = {
        int(match.group(2)): (int(match.group(1), 16) + 3) // 4 * 4
        for match in re.finditer(r"^\w+ (\w+) [tT] tile(\d+)_", listing, re.MULTILINE)
    }
    assert [sizes[number] for number in range(len(texts))] == [assembled_bytes(text) for text in texts]
