"""From the cost of a tensor design to the figures and shares that a hardware model gives."""

from codegen.cores import Core
from codegen.ir import Design, Network, TensorGraph, TensorNet
from codegen.plan.dense_choice import choose_chain
from hwmodels.mcu.dense import chain_cost
from hwmodels.mcu.tensor import TensorCoefficients, TensorCost, load_tensor_coefficients, tensor_cost
from hwmodels.model import CostItem, HardwareModelError


def graph_of(design: Design) -> TensorGraph | None:
    """The graph of a tensor design, trained or not; None for any other."""
    content = design.content
    if isinstance(content, Network):
        return content.body.graph if isinstance(content.body, TensorNet) else None
    return content


def coefficients_or_reason(core: Core) -> TensorCoefficients | str:
    """The fit of a core, or why there is none."""
    try:
        return load_tensor_coefficients(core.name)
    except HardwareModelError as error:
        return str(error)


def price_tensors(
    graph: TensorGraph, design: Design, core: Core, coefficients: TensorCoefficients | str
) -> TensorCost | str:
    """The cost, or why there is none."""
    if isinstance(coefficients, str):
        return coefficients
    chain = choose_chain(graph, design.schedule, core)
    if chain is not None:
        content = design.content
        return chain_cost(graph, chain, core, content.interface if isinstance(content, Network) else None)
    return tensor_cost(graph, design.schedule, core, coefficients)


def tensor_items(cost: TensorCost) -> tuple[CostItem, ...]:
    """Shares of flash, RAM, instructions and MACs, layer by layer."""
    items = [
        CostItem("arena", "ram_bytes", float(cost.arena_bytes)),
        CostItem("stack", "ram_bytes", cost.stack_bytes),
        CostItem("library", "flash_bytes", float(cost.library_bytes)),
        CostItem("module", "flash_bytes", cost.module_bytes),
        CostItem("module", "instructions", cost.module_instructions),
    ]
    for layer in cost.layers:
        part = f"layer {layer.operator}"
        items += [
            CostItem(f"{part}/code", "flash_bytes", layer.code_bytes),
            CostItem(f"{part}/constants", "flash_bytes", float(layer.constant_bytes)),
            CostItem(part, "instructions", layer.instructions),
            CostItem(part, "macs", float(layer.macs)),
        ]
    return tuple(items)
