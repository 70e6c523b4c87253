"""A network as a file, and its content hash. docs/ir.md describes the format."""

import hashlib
import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path

from codegen.ir.errors import IrError
from codegen.ir.fields import Json, from_tree, to_tree
from codegen.ir.graph import TensorNet
from codegen.ir.interface import ClassOutput, ValueOutput
from codegen.ir.network import BespokeMlp, DecisionTree, GateNetlist, Network, PairTest, ThresholdTest
from codegen.ir.operators import (
    Add,
    AveragePool2d,
    Clamp,
    Concatenate,
    Conv2d,
    DepthwiseConv2d,
    Dequantize,
    FullyConnected,
    GlobalAveragePool,
    HardSwish,
    MaxPool2d,
    Multiply,
    Pad,
    Quantize,
    Reshape,
    Softmax,
)

FORMAT = "silkscreen-network"
FORMAT_VERSION = 1
MAX_FILE_BYTES = 64 << 20
TAGS: dict[type, str] = {
    ClassOutput: "classes",
    ValueOutput: "values",
    BespokeMlp: "bespoke_mlp",
    DecisionTree: "decision_tree",
    GateNetlist: "gate_netlist",
    TensorNet: "tensor_net",
    ThresholdTest: "threshold",
    PairTest: "pair",
    FullyConnected: "fully_connected",
    Conv2d: "conv2d",
    DepthwiseConv2d: "depthwise_conv2d",
    Add: "add",
    Multiply: "multiply",
    Concatenate: "concatenate",
    AveragePool2d: "average_pool2d",
    MaxPool2d: "max_pool2d",
    GlobalAveragePool: "global_average_pool",
    Clamp: "clamp",
    HardSwish: "hard_swish",
    Softmax: "softmax",
    Reshape: "reshape",
    Pad: "pad",
    Quantize: "quantize",
    Dequantize: "dequantize",
}


def to_json(network: Network) -> str:
    """The canonical text of a network, without a line break: equal networks give equal texts."""
    return _canonical({"format": FORMAT, "format_version": FORMAT_VERSION, "network": _tree(network)})


def content_hash(network: Network) -> str:
    """sha256, in hex, of what the network is: interface and body, independent of the format version."""
    return hashlib.sha256(_canonical(_tree(network)).encode("ascii")).hexdigest()


def from_json(text: str) -> Network:
    """The network that a text of `to_json` stands for.

    Keys may come in any order; all must be there and no others. Raises IrError, with the path inside the
    file, for anything else.
    """
    tree = _parse(text)
    if not isinstance(tree, dict) or tree.get("format") != FORMAT:
        raise IrError(f'network file: "format" must be "{FORMAT}"; this is no network file')
    version = tree.get("format_version")
    if type(version) is not int or version < 1:
        raise IrError("network file: format_version must be a positive integer")
    if version > FORMAT_VERSION:
        newest = f"this release reads up to {FORMAT_VERSION}; a newer silkscreen is needed"
        raise IrError(f"network file: format_version {str(version)[:20]} is too new: {newest}")
    if set(tree) != {"format", "format_version", "network"}:
        raise IrError('network file: keys must be "format", "format_version" and "network"')
    network = from_tree(Network, tree["network"], "network", TAGS)
    assert isinstance(network, Network)
    return network


def read_network(path: Path) -> Network:
    """The network in a file. Raises IrError naming the file, where it is no valid network file."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise IrError(f"must be at most {MAX_FILE_BYTES >> 20} MiB")
        return from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, IrError) as error:
        raise IrError(f"{path}: {error}") from None


def write_network(network: Network, path: Path) -> None:
    """Writes the canonical text; the file is there completely or not at all."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            file.write(to_json(network) + "\n")
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _tree(network: Network) -> Json:
    body = network.body
    if isinstance(body, TensorNet):
        constants = tuple(sorted(body.constants, key=lambda constant: constant.tensor))
        network = replace(network, body=replace(body, constants=constants))
    return to_tree(Network, network, TAGS)


def _canonical(tree: Json) -> str:
    return json.dumps(tree, ensure_ascii=True, allow_nan=False, separators=(",", ":"), sort_keys=True)


def _parse(text: str) -> Json:
    try:
        tree: Json = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
    except IrError:
        raise
    except RecursionError:
        raise IrError("network file: must not be nested deeper than a network is") from None
    except ValueError as error:
        raise IrError(f"network file: must be JSON: {error}") from None
    return tree


def _unique_keys(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise IrError("network file: an object has the same key twice")
    return tree


def _refuse_constant(name: str) -> Json:
    raise IrError(f"network file: numbers must be finite, not {name}")
