"""`emit_kernel`: one operator with its numbers as one C function."""

from collections.abc import Set

from codegen.c.kernels.dsp import dsp_kernel
from codegen.c.kernels.mve import mve_kernel
from codegen.c.kernels.portable import portable_kernel
from codegen.c.kernels.task import Form, KernelCode, KernelTask, geometry, sum_ranges
from codegen.c.kernels.thumb1 import thumb1_kernel
from codegen.c.kernels.thumb2 import thumb2_kernel
from codegen.c.text import EmitError
from codegen.ir.requantization import INT32_MAX, INT32_MIN, quantize_multiplier
from codegen.plan.kernels import kernel_for

PORTABLE_MACRO = "SILKSCREEN_PORTABLE"


def emit_kernel(task: KernelTask, name: str, form: Form, core_features: Set[str]) -> KernelCode:
    """C text that computes the task bit for bit as docs/ir.md says.

    name: an identifier; all names begin with it. form: the best one wanted; where a core has none of it, or
    a trick is not exact on these numbers, the next plainer one is taken. core_features: of codegen.cores.
    Raises EmitError where a sum, or a sum shifted to the left by the rounding "double", can leave int32.
    """
    _check_sums(task)
    scratch_bytes = kernel_for(geometry(task), core_features).scratch_bytes
    prototype = f"static void {name}(const int8_t *input, int8_t *output, void *scratch)"
    constants, functions = portable_kernel(task, name)
    special = None if form == "portable" else _special(task, name, form, core_features)
    if special is None:
        return KernelCode(constants, functions, prototype, scratch_bytes, "portable")
    condition, better, found = special
    return KernelCode(
        _either(condition, better[0], constants),
        _either(condition, better[1], functions),
        prototype,
        scratch_bytes,
        found,
    )


def _special(
    task: KernelTask, name: str, form: Form, features: Set[str]
) -> tuple[str, tuple[str, str], Form] | None:
    """(preprocessor condition, (constants, functions), form) of the part's own code, None without one."""
    if "mve" in features:
        special = mve_kernel(task, name, form)
        return None if special is None else ("defined(__ARM_FEATURE_MVE)", *special)
    if "dsp" in features:
        text, found = dsp_kernel(task, name, form)
        return "defined(__ARM_FEATURE_DSP) && defined(__thumb2__)", text, found
    if "thumb2" in features:
        special = thumb2_kernel(task, name, form)
        return None if special is None else ("defined(__thumb2__)", *special)
    if "thumb1" in features:
        special = thumb1_kernel(task, name, form)
        return None if special is None else ("defined(__thumb__)", *special)
    return None


def _either(condition: str, better: str, portable: str) -> str:
    """Both texts, the first where the compiler's target has what it needs."""
    test = f"defined(__GNUC__) && {condition} && !defined({PORTABLE_MACRO})"
    return f"#if {test}\n{better}#else\n{portable}#endif\n"


def _check_sums(task: KernelTask) -> None:
    geometry(task)
    for channel, (lo, hi) in enumerate(zip(*sum_ranges(task), strict=True)):
        factor, rounding = task.requantization.factors[channel], task.requantization.rounding
        bits = max(quantize_multiplier(factor).exponent, 0) if rounding == "double" else 0
        if int(lo) << bits < INT32_MIN or int(hi) << bits > INT32_MAX:
            raise EmitError(
                f"kernel: output channel {channel}: sums must fit int32, but can reach {lo}..{hi}"
                + (f", times 2**{bits}" if bits else "")
                + "; make the bias or the factor smaller"
            )
