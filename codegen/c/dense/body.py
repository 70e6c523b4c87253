"""The text of a chain of fully connected layers on one shared routine, and of what the user calls."""

from dataclasses import dataclass

from codegen.c.argmax import argmax_scan, tournament
from codegen.c.dense.assembler import CONDITION, choose_style, routine, stream
from codegen.c.dense.layers import DenseLayer
from codegen.c.dense.portable import portable_style, portable_text
from codegen.c.inputs import base_text, inputs_text
from codegen.c.kernels import PORTABLE_MACRO
from codegen.c.kernels.render import array
from codegen.c.render import render
from codegen.cores import Core
from codegen.ir import ClassOutput, Comparison, Interface
from codegen.plan.dense import DensePlan


@dataclass(frozen=True, slots=True)
class DenseText:
    """inputs: `P_quantize` and what it needs. body: the rest, to `P_predict` and `P_predict_raw`.

    assembled: whether it has the routine of DSP cores.
    """

    inputs: str
    body: str
    assembled: bool


def dense_text(
    layers: tuple[DenseLayer, ...],
    plan: DensePlan,
    interface: Interface,
    prefix: str,
    *,
    core: Core,
    argmax: tuple[Comparison, ...] | None = None,
    in_arena: bool,
) -> DenseText:
    """in_arena: buffers are in static memory, or the caller's, else on the stack. argmax: of the last sums,
    None for the exact one.
    """
    name = f"{prefix}_layers"
    style = choose_style(layers, plan) if "dsp" in core.features else None
    constants, functions = portable_text(
        name, f"{prefix.upper()}_OWN_FUNCTION", layers, portable_style(layers)
    )
    text = constants + "\n" + functions
    if style is not None:
        special = array("int32_t", f"{name}_constants", stream(layers, style)) + "\n" + routine(name, style)
        text = f"#if {CONDITION} && !defined({PORTABLE_MACRO})\n{special}#else\n{text}#endif\n"
    values = _predict_values(plan, interface, prefix, argmax, in_arena=in_arena)
    return DenseText(
        inputs_text(interface, prefix),
        (text + "\n" + render("dense/predict.c.j2", prefix=prefix, **values)).rstrip("\n"),
        style is not None,
    )


def _predict_values(
    plan: DensePlan,
    interface: Interface,
    prefix: str,
    argmax: tuple[Comparison, ...] | None,
    *,
    in_arena: bool,
) -> dict[str, object]:
    last = "second" if plan.n_layers % 2 else "first"
    kind = "int32_t" if plan.sums else "uint16_t"
    place = f"(const int32_t *)(const void *){last}" if plan.sums else last
    if isinstance(interface.output, ClassOutput):
        source = f"const {kind} *const y = {place};"
        n_outputs = interface.n_outputs
        block = argmax_scan(n_outputs) if argmax is None else tournament(argmax, n_outputs, prefix)
        lines = [source, *block]
        declarations = list[str]()
    else:
        lines = [
            f"for (i = 0; i < {interface.n_outputs}; i++) {{",
            f"    y[i] = ({prefix}_value_t)(({place})[i]{'' if plan.sums else ' - 128'});",
            "}",
        ]
        declarations = ["int i;"]
    return {
        "classes": isinstance(interface.output, ClassOutput),
        "constants": f"{prefix}_layers_constants",
        "ending": {"declarations": declarations, "lines": lines},
        "arena": in_arena,
        "n_items": plan.arena_bytes // 2,
        "second": plan.buffer_items(0),
        "plus": base_text(interface, "+"),
    }
