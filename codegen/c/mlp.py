"""A bespoke MLP as straight-line C: every weight is a constant in the code."""

from codegen.c.argmax import argmax_lines
from codegen.c.program import LayerProgram, MlpProgram, Product
from codegen.c.text import comment, integer, integer_type
from codegen.ir import ClassOutput, Interface


def straight_mlp(program: MlpProgram, interface: Interface, prefix: str) -> list[str]:
    """The lines of all static functions and of `P_predict`."""
    lines: list[str] = []
    names = tuple(feature.name for feature in interface.features)
    source = f"{prefix}_input_t"
    for index, layer in enumerate(program.layers):
        lines += _layer_function(layer, index, source, names, prefix)
        source = output_type(layer, prefix)
        names = tuple(f"layer {index}, neuron {neuron}" for neuron in layer.neurons)
    return clip_function(program, lines, prefix) + lines + _predict(program, interface, prefix)


def output_type(layer: LayerProgram, prefix: str) -> str:
    """The element type of what a layer writes."""
    return f"{prefix}_value_t" if layer.clip is None else integer_type(0, max(layer.output_hi))


def clip_function(program: MlpProgram, users: list[str], prefix: str) -> list[str]:
    """`P_clip(sum, top)`, in the width of the widest layer; nothing where no line of `users` calls it."""
    if not any(f"{prefix}_clip(" in line for line in users):
        return []
    kind = "int64_t" if program.wide else "int32_t"
    return [
        "/* A sum limited to 0..top. */",
        f"static {kind} {prefix}_clip({kind} sum, {kind} top)",
        "{",
        "    sum = sum < 0 ? 0 : sum;",
        "    return sum > top ? top : sum;",
        "}",
        "",
    ]


def clip_call(layer: LayerProgram, neuron: int, name: str, prefix: str) -> str:
    """The expression of a clipped sum before its low bits are dropped; `name` where nothing is clipped.

    min(max(n, 0) >> s, 2**b - 1) equals min(max(n, 0), 2**(b + s) - 1) >> s: one saturating instruction
    on Cortex-M3 and later, and no shift of a negative number.
    """
    lo, hi = layer.accumulators[neuron]
    if layer.clip is None:
        return name
    top = (1 << (layer.clip.bits + layer.clip.shift)) - 1
    if lo >= 0 and hi <= top:
        return name
    # A top beyond the sums is lowered to what their type holds, where it limits nothing.
    return f"{prefix}_clip({name}, {integer(min(top, _type_top(layer)))})"


def _type_top(layer: LayerProgram) -> int:
    return (1 << 63) - 1 if layer.wide else (1 << 31) - 1


def _layer_function(
    layer: LayerProgram, index: int, source: str, names: tuple[str, ...], prefix: str
) -> list[str]:
    kind = "int64_t" if layer.wide else "int32_t"
    title = "Output layer" if layer.clip is None else f"Hidden layer {index}"
    activation = "." if layer.clip is None else f", clipped to {layer.clip.bits} bits."
    lines = [
        f"/* {title}: {len(layer.sums)} neurons{activation} */",
        f"{prefix.upper()}_OWN_FUNCTION",
        f"static void {prefix}_layer{index}(const {source} x[], {output_type(layer, prefix)} y[])",
        "{",
    ]
    if layer.n_products == 0:
        lines.append("    (void)x;")
    for group in layer.groups:
        lines += _group_lines(layer, group, kind, names, prefix)
    return [*lines, "}", ""]


def _group_lines(
    layer: LayerProgram, group: range, kind: str, names: tuple[str, ...], prefix: str
) -> list[str]:
    numbers = ", ".join(str(layer.neurons[neuron]) for neuron in group)
    lines = ["    {", f"        /* Neuron{'s' if len(group) > 1 else ''} {numbers}. */"]
    lines += [
        f"        {kind} n{neuron} = {integer(layer.sums[neuron].bias)};"
        for neuron in group
        if not layer.silent(neuron)
    ]
    read = layer.read(group)
    if read:
        lines.append(f"        {kind} v;")
    for source in read:
        lines.append(f"        v = x[{source}]; /* {comment(names[source])} */")
        for neuron in group:
            for product in layer.sums[neuron].products:
                if product.input == source:
                    lines.append(f"        n{neuron} {_add(product)};")
    lines += [f"        y[{neuron}] = {stored(layer, neuron, f'n{neuron}', prefix)};" for neuron in group]
    return [*lines, "    }"]


def _add(product: Product) -> str:
    operator, size = ("-=", -product.weight) if product.weight < 0 else ("+=", product.weight)
    value = "v" if product.mask is None else f"v & 0x{product.mask:02x}"
    if size == 1:
        return f"{operator} {value}"
    return f"{operator} {integer(size)} * {value if product.mask is None else f'({value})'}"


def stored(layer: LayerProgram, neuron: int, name: str, prefix: str) -> str:
    """What is written to the layer's output for the sum `name`: clipped, low bits dropped, cast."""
    if layer.clip is None:
        return name
    if layer.silent(neuron):
        return "0"
    clipped = clip_call(layer, neuron, name, prefix)
    shifted = f"{clipped} >> {layer.clip.shift}" if layer.clip.shift else clipped
    return f"({output_type(layer, prefix)})({shifted})"


def _predict(program: MlpProgram, interface: Interface, prefix: str) -> list[str]:
    classes = isinstance(interface.output, ClassOutput)
    lines = predict_head(interface, prefix)
    lines += hidden_arrays(program, prefix)
    if classes:
        lines.append(f"    {prefix}_value_t y[{len(program.layers[-1].sums)}];")
    source = "x"
    for index in range(len(program.layers)):
        target = "y" if index == len(program.layers) - 1 else f"h{index}"
        lines.append(f"    {prefix}_layer{index}({source}, {target});")
        source = target
    if classes:
        lines += argmax_lines(program, interface, prefix)
    return [*lines, "}"]


def predict_head(interface: Interface, prefix: str) -> list[str]:
    """The first lines of `P_predict`, up to the opening brace."""
    row = f"const {prefix}_input_t x[{prefix.upper()}_N_FEATURES]"
    if isinstance(interface.output, ClassOutput):
        return [f"int {prefix}_predict({row})", "{"]
    return [f"void {prefix}_predict({row}, {prefix}_value_t y[{prefix.upper()}_N_OUTPUTS])", "{"]


def hidden_arrays(program: MlpProgram, prefix: str) -> list[str]:
    """Declarations of the activations between the layers."""
    return [
        f"    {output_type(layer, prefix)} h{index}[{len(layer.sums)}];"
        for index, layer in enumerate(program.layers[:-1])
    ]
