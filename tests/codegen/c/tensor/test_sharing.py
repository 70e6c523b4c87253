"""Kernels as units of text, and what of them is emitted once."""

import pytest

from codegen.c.kernels import emit_kernel
from codegen.c.operators import Function
from codegen.c.tensor.sharing import SharedText
from codegen.c.tensor.tasks import kernel_task
from codegen.c.tensor.units import units_of
from codegen.cores import load_core
from codegen.ir import TensorNet
from codegen.plan import operator_graph
from tests.codegen.c.golden_networks import small_convolution

ASSEMBLER = """\
#ifdef __cplusplus
extern "C"
#endif
void {0}_tile(const int8_t *x);
__asm(
    "{0}_tile:\\n"
    "{0}_tile_loop:\\n"
    "bne {0}_tile_loop\\n"
);
"""
ENTRY = """\
static void {0}(const int8_t *input, int8_t *output)
{{
    {0}_tile(input);
    output[0] = {0}_table[0];
}}
"""
TABLE = "static const int8_t {0}_table[2] = {{\n    {1},\n    7}};\n"


def function(name: str, first: int, *, inside: str = "") -> Function:
    text = ASSEMBLER.format(name) + inside.format(name) + ENTRY.format(name)
    return Function(name, TABLE.format(name, first), text)


@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m3", "cortex-m4", "cortex-m55"])
@pytest.mark.parametrize("operator", [0, 3])
def test_the_units_of_real_kernels_are_their_text(core: str, operator: int) -> None:
    network = small_convolution()
    assert isinstance(network.body, TensorNet)
    graph = network.body.graph
    task = kernel_task(network.body, graph.operators[operator], operator_graph(graph, operator))  # type: ignore[arg-type]
    code = emit_kernel(task, "k", "asm", load_core(core).features)
    text = code.constants + code.functions
    units = list(units_of(text, "k"))
    assert "".join(unit.text for unit in units) == text
    assert "k" in {unit.symbol for unit in units}
    for unit in units:
        lines = [line for line in unit.text.splitlines() if line.startswith(("static", "void", "__asm"))]
        assert len(lines) <= 1, unit.text


def test_assembler_and_tables_that_differ_in_nothing_but_names_are_shared() -> None:
    shared = SharedText()
    assert shared.add(function("net_a", 1)) == "net_a"
    assert (
        shared.add(function("net_b", 1, inside="/* of {0} */\nstatic int {0}_one(void)\n{{\n}}\n")) == "net_b"
    )
    assert "net_b_tile" not in shared.text
    assert "net_b_table" not in shared.text
    assert (
        "    net_a_tile(input);\n    output[0] = net_a_table[0];\n"
        in shared.text.split("static void net_b(")[1]
    )
    assert "/* of net_b */\nstatic int net_b_one(void)" in shared.text


def test_other_values_keep_a_table_of_their_own() -> None:
    shared = SharedText()
    shared.add(function("net_a", 1))
    shared.add(function("net_b", 2))
    assert "output[0] = net_b_table[0];" in shared.text
    assert "    net_a_tile(input);\n    output[0] = net_b_table[0];\n" in shared.text


def test_the_whole_function_is_shared_where_nothing_differs() -> None:
    shared = SharedText()
    assert shared.add(function("net_a", 1)) == "net_a"
    before = shared.text
    assert shared.add(function("net_b", 1)) == "net_a"
    assert shared.text == before
    assert len(shared.prototypes) == 1


def test_a_name_that_is_taken_gets_a_number() -> None:
    shared = SharedText()
    names = [shared.add(function("net_a", first)) for first in (1, 2, 3, 1)]
    assert names == ["net_a", "net_a_1", "net_a_2", "net_a"]
    assert "net_a_2_table" in shared.text


def test_a_symbol_with_other_text_under_one_condition_is_not_shared() -> None:
    def either(name: str, first: int) -> Function:
        tables = f"#if X\n{TABLE.format(name, first)}#else\n{TABLE.format(name, 5)}#endif\n"
        return Function(name, tables, ENTRY.format(name))

    shared = SharedText()
    shared.add(either("net_a", 1))
    shared.add(either("net_b", 2))
    assert shared.text.count("net_b_table[2] = {") == 2


def test_calls_of_other_functions_tell_functions_apart() -> None:
    def calling(name: str, value: int) -> Function:
        leaf = f"static int {name}_leaf(void)\n{{\n    return {value};\n}}\n"
        middle = f"static int {name}_middle(void)\n{{\n    return {name}_leaf();\n}}\n"
        return Function(name, "", leaf + middle + ENTRY.format(name))

    shared = SharedText()
    shared.add(calling("net_a", 1))
    shared.add(calling("net_b", 2))
    assert "static int net_b_middle(void)\n{\n    return net_b_leaf();" in shared.text


def test_an_include_is_kept_once_under_each_condition() -> None:
    shared = SharedText()
    for name, condition in (("net_a", "X"), ("net_b", "X"), ("net_c", "Y")):
        text = f"#if {condition}\n#include <arm_acle.h>\n#endif\n" + ENTRY.format(name)
        shared.add(Function(name, "", text))
    assert shared.text.count("#include <arm_acle.h>") == 2
