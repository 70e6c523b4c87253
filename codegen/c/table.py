"""A bespoke MLP as tables and one routine that walks through them: smaller than code, and slower."""

from dataclasses import replace

from codegen.c.argmax import argmax_lines
from codegen.c.mlp import clip_function, hidden_arrays, output_type, predict_head, stored
from codegen.c.program import LayerProgram, MlpProgram, Product
from codegen.c.text import comment, integer, integer_type
from codegen.ir import ClassOutput, Interface
from codegen.ir.ranges import unsigned_bits


def table_mlp(program: MlpProgram, interface: Interface, prefix: str, input_type: str) -> list[str]:
    """The lines of the tables, the routine and `P_predict`. input_type: what `P_input_t` stands for."""
    lines = _products(program, prefix) + _starts(program, prefix) + _biases(program, prefix)
    types = _source_types(program, input_type, prefix)
    for kind in dict.fromkeys(types):
        lines += _sum_function(program, kind, prefix)
    predict = _predict(program, interface, types, prefix)
    return lines + clip_function(program, predict, prefix) + predict


def has_masks(program: MlpProgram) -> bool:
    """True where some product reads only some bits of its input."""
    return any(
        product.mask is not None for layer in program.layers for one in layer.sums for product in one.products
    )


def product_types(program: MlpProgram) -> tuple[str, str, str]:
    """C types of the fields input, mask and weight of a product."""
    products = [
        (layer, product) for layer in program.layers for one in layer.sums for product in one.products
    ]
    masks = [_mask(layer, product) for layer, product in products] or [0]
    weights = [product.weight for _, product in products] or [0]
    inputs = [product.input for _, product in products] or [0]
    return (
        integer_type(0, max(inputs)),
        integer_type(0, max(masks)),
        integer_type(min(weights), max(weights)),
    )


def _mask(layer: LayerProgram, product: Product) -> int:
    if product.mask is not None:
        return product.mask
    return (1 << unsigned_bits(layer.input_hi[product.input])) - 1


def _products(program: MlpProgram, prefix: str) -> list[str]:
    masked = has_masks(program)
    input_type, mask_type, weight_type = product_types(program)
    lines = [
        "/* A product is weight * (x[input] & mask); neuron after neuron, layer after layer. */",
        "typedef struct {",
        f"    {input_type} input;",
    ]
    lines += [f"    {mask_type} mask;"] if masked else []
    lines += [f"    {weight_type} weight;", f"}} {prefix}_product_t;", ""]
    lines.append(f"static const {prefix}_product_t {prefix}_products[] = {{")
    for index, layer in enumerate(program.layers):
        for neuron, one in zip(layer.neurons, layer.sums, strict=True):
            lines.append(f"    /* layer {index}, neuron {neuron} */")
            lines += [f"    {_entry(layer, product, masked=masked)}," for product in one.products]
    if not any(layer.n_products for layer in program.layers):
        lines.append("    {0, 0, 0}," if masked else "    {0, 0},")
    return [*lines, "};", ""]


def _entry(layer: LayerProgram, product: Product, *, masked: bool) -> str:
    mask = f", 0x{_mask(layer, product):02x}" if masked else ""
    return f"{{{product.input}{mask}, {integer(product.weight)}}}"


def _starts(program: MlpProgram, prefix: str) -> list[str]:
    starts = [0]
    for layer in program.layers:
        for one in layer.sums:
            starts.append(starts[-1] + len(one.products))
    kind = integer_type(0, starts[-1])
    lines = [f"/* Where each neuron's products begin. */\nstatic const {kind} {prefix}_starts[] = {{"]
    return [*lines, *_rows([str(start) for start in starts]), "};", ""]


def _biases(program: MlpProgram, prefix: str) -> list[str]:
    biases = [one.bias for layer in program.layers for one in layer.sums]
    kind = integer_type(min(biases), max(biases))
    return [
        f"static const {kind} {prefix}_biases[] = {{",
        *_rows([integer(bias) for bias in biases]),
        "};",
        "",
    ]


def _rows(items: list[str], per_row: int = 12) -> list[str]:
    return [
        "    " + ", ".join(items[start : start + per_row]) + "," for start in range(0, len(items), per_row)
    ]


def _source_types(program: MlpProgram, input_type: str, prefix: str) -> tuple[str, ...]:
    return (input_type, *(output_type(layer, prefix) for layer in program.layers[:-1]))


def _sum_function(program: MlpProgram, source: str, prefix: str) -> list[str]:
    kind = "int64_t" if program.wide else "int32_t"
    value = f"({kind})x[p->input]"
    value = f"({value} & p->mask)" if has_masks(program) else value
    return [
        f"{prefix.upper()}_OWN_FUNCTION",
        f"static {kind} {_sum_name(source, prefix)}(const {source} x[], unsigned neuron)",
        "{",
        f"    const {prefix}_product_t *p = {prefix}_products + {prefix}_starts[neuron];",
        f"    const {prefix}_product_t *const end = {prefix}_products + {prefix}_starts[neuron + 1];",
        f"    {kind} sum = ({kind}){prefix}_biases[neuron];",
        "    for (; p < end; p++) {",
        f"        sum += ({kind})p->weight * {value};",
        "    }",
        "    return sum;",
        "}",
        "",
    ]


def _sum_name(source: str, prefix: str) -> str:
    return f"{prefix}_sum_{source.removesuffix('_t')}"


def _predict(program: MlpProgram, interface: Interface, types: tuple[str, ...], prefix: str) -> list[str]:
    classes = isinstance(interface.output, ClassOutput)
    lines = predict_head(interface, prefix) + hidden_arrays(program, prefix)
    if classes:
        lines.append(f"    {prefix}_value_t y[{interface.n_outputs}];")
    lines.append("    unsigned i;")
    source, first = "x", 0
    for index, layer in enumerate(program.layers):
        target = "y" if index == len(program.layers) - 1 else f"h{index}"
        lines += _layer_loop(layer, _sum_name(types[index], prefix), source, target, first, prefix)
        source, first = target, first + len(layer.sums)
    return [*lines, *(argmax_lines(program, interface, prefix) if classes else []), "}"]


def _layer_loop(
    layer: LayerProgram, function: str, source: str, target: str, first: int, prefix: str
) -> list[str]:
    title = "output layer" if layer.clip is None else f"clipped to {layer.clip.bits} bits"
    number = f"i + {first}u" if first else "i"
    return [
        f"    for (i = 0; i < {len(layer.sums)}u; i++) {{ /* {comment(title)} */",
        f"        {target}[i] = {_clipped_sum(layer, f'{function}({source}, {number})', prefix)};",
        "    }",
    ]


def _clipped_sum(layer: LayerProgram, call: str, prefix: str) -> str:
    """One expression for all neurons, so the widest range of the layer decides."""
    loudest = max(range(len(layer.sums)), key=lambda neuron: layer.output_hi[neuron])
    if layer.clip is None:
        return f"({prefix}_value_t){call}"
    if layer.silent(loudest):
        return f"({output_type(layer, prefix)}){call}"
    lows, highs = zip(*layer.accumulators, strict=True)
    whole = replace(layer, accumulators=((min(lows), max(highs)),) * len(layer.sums))
    return stored(whole, loudest, call, prefix)
