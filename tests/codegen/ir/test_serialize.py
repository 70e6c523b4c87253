"""Networks as files: the way there and back, and what damage gives."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codegen.ir import (
    BespokeMlp,
    ClassOutput,
    Clip,
    Comparison,
    Constant,
    Feature,
    FullyConnected,
    Interface,
    IrError,
    Layer,
    Network,
    Neuron,
    Quantization,
    Tensor,
    TensorGraph,
    TensorNet,
    Term,
)
from codegen.ir.serialize import content_hash, from_json, read_network, to_json, write_network
from tests.networks import networks

GOLDEN = Path(__file__).parents[2] / "golden" / "network.json"


def small_network(*, flipped: bool = False, lo: float = 0.0) -> Network:
    """flipped: the same terms in another order."""
    terms = (Term(0, 2, 5, 1), Term(1, 0, 3, -1))
    hidden = Layer((Neuron(-3, terms[::-1] if flipped else terms), Neuron(7, ())), Clip(1, 4))
    last = Layer((Neuron(0, (Term(0, 1, 15, 1),)), Neuron(2, (Term(1, 0, 7, -1),))))
    features = (Feature("length", lo, 8.0, 3), Feature("größe", -1.5, 2.5, 2))
    interface = Interface(features, ClassOutput(("no", "yes")))
    return Network(interface, BespokeMlp((hidden, last), (Comparison(0, 1, -2),)))


def tensor_network(*, flipped: bool = False) -> Network:
    """flipped: the constants in another order."""
    tensors = (
        Tensor("x", (2,), "int8", Quantization((0.5,), -1)),
        Tensor("w", (2, 2), "int8", Quantization((0.5, 0.25))),
        Tensor("b", (2,), "int32"),
        Tensor("y", (2,), "int8", Quantization((1.0,))),
    )
    graph = TensorGraph(tensors, (FullyConnected(0, 1, 2, 3, "relu", "double"),), (0,), (3,))
    constants = (Constant(1, bytes((1, 255, 0, 127))), Constant(2, bytes(8)))
    features = tuple(Feature(name, -1.0, 1.0, 8, signed=True) for name in "ab")
    interface = Interface(features, ClassOutput(("no", "yes")))
    return Network(interface, TensorNet(graph, constants[::-1] if flipped else constants))


@given(networks())
def test_a_network_survives_the_way_there_and_back(network: Network) -> None:
    text = to_json(network)
    assert from_json(text) == network
    assert to_json(from_json(text)) == text
    assert text.isascii()
    assert "\n" not in text


def test_a_tensor_network_survives_too_and_its_constants_have_one_order() -> None:
    network = tensor_network()
    assert from_json(to_json(network)) == network
    assert to_json(tensor_network(flipped=True)) == to_json(network)


def test_the_file_is_the_golden_one() -> None:
    assert to_json(small_network()) + "\n" == GOLDEN.read_text(encoding="ascii")
    assert read_network(GOLDEN) == small_network()


def test_the_content_hash_never_changes() -> None:
    assert content_hash(small_network()) == "f0607a9a6e86971379381f60cbe9bcb25c9c5deebd01a50677336971272411da"


def test_the_content_hash_does_not_see_the_order_of_terms_or_the_sign_of_zero() -> None:
    assert content_hash(small_network(flipped=True)) == content_hash(small_network())
    assert content_hash(small_network(lo=-0.0)) == content_hash(small_network())
    assert content_hash(small_network(lo=0)) == content_hash(small_network())


def test_the_content_hash_sees_every_number() -> None:
    assert content_hash(small_network(lo=1.0)) != content_hash(small_network())
    assert content_hash(tensor_network()) != content_hash(small_network())


def test_a_written_file_is_complete_and_alone(tmp_path: Path) -> None:
    path = tmp_path / "network.json"
    path.write_text("old", encoding="utf-8")
    write_network(small_network(), path)
    assert read_network(path) == small_network()
    assert [file.name for file in tmp_path.iterdir()] == ["network.json"]


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (
            '"format":"silkscreen-network"',
            '"format":"elf"',
            '"format" must be "silkscreen-network"; this is no netw',
        ),
        (
            '"format_version":1',
            '"format_version":2',
            "format_version 2 is too new: this release reads up to 1",
        ),
        ('"format_version":1', '"format_version":true', "format_version must be a positive integer"),
        (
            '"format_version":1',
            '"format_version":1,"x":1',
            'keys must be "format", "format_version" and "network"',
        ),
        (
            '"bits":3',
            '"bits":"3"',
            "network.interface.features[0].bits: must be an integer of 64 bits, not '3'",
        ),
        ('"bits":3', '"bits":true', "features[0].bits: must be an integer of 64 bits, not True"),
        ('"bits":3', '"bits":3.0', "features[0].bits: must be an integer of 64 bits, not 3.0"),
        (
            '"bits":3',
            '"bits":' + "9" * 30,
            "features[0].bits: must be an integer of 64 bits, not a number beyond",
        ),
        ('"bits":3', '"bits":' + "9" * 5000, "network file: must be JSON: Exceeds the limit"),
        ('"bits":3', '"bits":3,"bits":4', "network file: an object has the same key twice"),
        (
            '"bits":3',
            '"bots":3',
            "interface.features[0]: 'bits' is missing; keys must be bits, hi, lo, name, signed",
        ),
        ('"bits":3', '"bits":3,"x":1', "network.interface.features[0]: unknown key 'x'; keys must be bits"),
        (
            '"bits":3',
            '"bits":17',
            "network.interface.features[0]: feature 'length': bits must be in 1..16, not 17",
        ),
        ('"hi":8.0', '"hi":1e999', "features[0].hi: must be a finite number, not inf"),
        ('"hi":8.0', '"hi":NaN', "network file: numbers must be finite, not NaN"),
        ('"hi":8.0', '"hi":1e39', "lo and hi must be finite float32 values, not 1e+39"),
        ('"signed":false', '"signed":0', "features[0].signed: must be true or false, not 0"),
        ('"length"', '"\\ud800"', "features[0].name: must be valid Unicode"),
        ('"length"', "null", "features[0].name: must be a text, not None"),
        (
            '"type":"classes"',
            '"type":"class"',
            "output.type: must be one of 'classes', 'values', not 'class'",
        ),
        ('"sign":-1', '"sign":-2', "layers[0].neurons[0].terms[1].sign: must be one of 1, -1, not -2"),
        ('"sign":-1', '"sign":-1.0', "terms[1].sign: must be one of 1, -1, not -1.0"),
        ('"terms":[]', '"terms":{}', "neurons[1].terms: must be a list, not an object of 0"),
        ('"clip":null', '"clip":[1]', "layers[1].clip: must be an object, not a list of 1"),
        (
            '"mask":5',
            '"mask":8',
            "network: mlp: layer 0, neuron 0: the mask of input 0 must be at most 7, not 8",
        ),
    ],
)
def test_each_fault_is_named_with_its_place(old: str, new: str, text: str) -> None:
    whole = to_json(small_network())
    assert old in whole
    with pytest.raises(IrError, match=re.escape(text)):
        from_json(whole.replace(old, new, 1))


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(IrError, match="must not be nested deeper than a network is"):
        from_json("[" * 200_000)


def test_bytes_that_are_no_base64_are_refused_by_place() -> None:
    with pytest.raises(
        IrError, match=r"network\.body\.constants\[0\]\.data: must be a base64 text, not 'A\?'"
    ):
        from_json(to_json(tensor_network()).replace('"data":"Af8Afw=="', '"data":"A?"'))


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"{"])
def test_an_unreadable_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    with pytest.raises(IrError, match=r"bad\.json: "):
        read_network(path)
    with pytest.raises(IrError, match=r"absent\.json: "):
        read_network(tmp_path / "absent.json")


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(IrError, match=r"huge\.json: must be at most 64 MiB"):
        read_network(path)


@given(networks(), st.data())
def test_a_damaged_text_gives_a_network_or_an_error_and_nothing_else(
    network: Network, data: st.DataObject
) -> None:
    text = to_json(network)
    at, length = data.draw(st.integers(0, len(text) - 1)), data.draw(st.integers(0, 4))
    piece = data.draw(st.text(alphabet='0123456789"{}[],:-.eEtrufalsn\\ud8', max_size=4))
    tail = "" if data.draw(st.booleans()) else text[at + length :]
    try:
        read = from_json(text[:at] + piece + tail)
    except IrError:
        return
    assert isinstance(read, Network)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(networks(), JSON, st.data())
@example(tensor_network(), {"type": []}, None)
def test_any_value_anywhere_gives_a_network_or_an_error(
    network: Network, value: object, data: st.DataObject | None
) -> None:
    tree = json.loads(to_json(network))
    node = tree
    while data is not None and isinstance(node, dict | list) and node:
        key = data.draw(st.sampled_from(list(node) if isinstance(node, dict) else list(range(len(node)))))
        if not isinstance(node[key], dict | list) or not node[key] or data.draw(st.booleans()):
            node[key] = value
            break
        node = node[key]
    try:
        read = from_json(json.dumps(tree if data is not None else value))
    except IrError:
        return
    assert isinstance(read, Network)
