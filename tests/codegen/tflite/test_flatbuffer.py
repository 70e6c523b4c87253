"""Damaged and hostile files: every one gives an error with a place, and soon."""

import re
import struct

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.ir import Network
from codegen.ir.testing import network_of_kinds
from codegen.tflite import TfliteError, network_of
from codegen.tflite.flatbuffer import root_table
from codegen.tflite.model import read_model
from tests.codegen.tflite.models import ModelWriter, file_of

WHOLE = file_of(
    network_of_kinds(
        ["conv2d", "max_pool2d", "reshape", "fully_connected"], np.random.default_rng(0), "tflite"
    )
)
TAIL = b"\0" * 64


def table(fields: bytes, body: bytes, *, fields_size: int | None = None) -> bytes:
    """A file with one table: root offset, identifier, list of fields, table with its body."""
    size = 4 + len(fields) if fields_size is None else fields_size
    head = struct.pack("<HH", size, 4 + len(body)) + fields
    start = 8 + len(head)
    return struct.pack("<I", start) + b"TFL3" + head + struct.pack("<i", len(head)) + body


def test_scalars_vectors_and_texts_are_read() -> None:
    body = struct.pack("<iI", -5, 4) + struct.pack("<I", 3) + b"abc" + TAIL
    found = root_table(table(struct.pack("<HHH", 4, 8, 0), body), b"TFL3")
    assert found.integer(0, "a", "int32", 0) == -5
    assert found.text(1, "b") == "abc"
    assert found.numbers(1, "b", "u1").tolist() == [97, 98, 99]
    assert found.integer(2, "absent", "int32", 7) == found.integer(9, "unknown", "int32", 7) == 7
    assert found.tables(2, "absent") == []
    assert (found.text(2, "absent"), found.table(2, "absent")) == ("", None)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "bytes 4..7 must be b'TFL3', not b''; this is no such file"),
        (b"\0\0\0\0ELF2", "bytes 4..7 must be b'TFL3', not b'ELF2'"),
        (b"\xff\xff\0\0TFL3", "model: must lie within the 8 bytes of the file, but needs bytes 65535..65538"),
        (b"\x08\0\0\0TFL3\x10\0\0\0", "model: its list of fields: must lie within the 12 bytes of the file"),
        (table(b"", b"", fields_size=2), "model: its list of fields must have at least 4 bytes, not 2"),
        (table(b"", b"", fields_size=999), "model: its list of fields: must lie within"),
    ],
)
def test_a_broken_head_is_named(data: bytes, text: str) -> None:
    with pytest.raises(TfliteError, match=re.escape(text)):
        root_table(data, b"TFL3")


def test_a_field_outside_of_its_table_is_named() -> None:
    found = root_table(table(struct.pack("<H", 6), struct.pack("<i", 1)), b"TFL3")
    with pytest.raises(
        TfliteError, match=r"model\.size: must lie within the 8 bytes of its table, but needs bytes 6\.\.9"
    ):
        found.integer(0, "size", "int32", 0)


@pytest.mark.parametrize("length", [1000, (1 << 32) - 1])
def test_a_vector_longer_than_the_file_is_named(length: int) -> None:
    found = root_table(table(struct.pack("<H", 4), struct.pack("<II", 4, length) + TAIL), b"TFL3")
    for read in (
        lambda: found.numbers(0, "list", "<i8"),
        lambda: found.text(0, "list"),
        lambda: found.tables(0, "list"),
    ):
        with pytest.raises(
            TfliteError, match=r"model\.list: must lie within the \d+ bytes of the file, but needs"
        ):
            read()


def test_a_file_that_uses_its_bytes_over_and_over_is_refused() -> None:
    found = root_table(table(struct.pack("<H", 4), struct.pack("<II", 4, 60) + TAIL), b"TFL3")
    for _ in range(6):
        found.numbers(0, "list", "u1")
    with pytest.raises(TfliteError, match=r"model\.list: the file must not use the same bytes over and over"):
        found.numbers(0, "list", "u1")


@given(st.integers(0, len(WHOLE) - 1))
@settings(max_examples=200)
def test_a_truncated_file_is_refused(length: int) -> None:
    with pytest.raises(TfliteError):
        network_of(WHOLE[:length])


@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=4))
@settings(max_examples=500)
def test_a_damaged_file_gives_a_network_or_an_error_and_nothing_else(damage: list[tuple[int, int]]) -> None:
    data = bytearray(WHOLE)
    for place, value in damage:
        data[place] = value
    try:
        assert isinstance(network_of(bytes(data)), Network)
    except TfliteError:
        return


def damaged(change: "tuple[str, str, object]", *, graphs: int = 1) -> bytes:
    """The file of a RELU with one field of one object changed."""
    write = ModelWriter()
    source = write.tensor((1, 2))
    output = write.operator("RELU", [source], write.tensor((1, 2)))
    model = schema.ModelT.InitFromPackedBuf(write.bytes([source], [output]))
    model.subgraphs = model.subgraphs * graphs
    places = {
        "model": model,
        "graph": model.subgraphs[0],
        "tensor": model.subgraphs[0].tensors[0],
        "operator": model.subgraphs[0].operators[0],
        "code": model.operatorCodes[0],
        "buffer": model.buffers[0],
        "scaling": model.subgraphs[0].tensors[0].quantization,
    }
    setattr(places[change[0]], change[1], change[2])
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (("tensor", "type", 99), "model.subgraphs[0].tensors[0].type: must be in 0..22, not 99"),
        (
            ("tensor", "type", 17),
            "tensors[0]: must be a plain tensor of float32, int8, uint8, int32, not int4",
        ),
        (("tensor", "buffer", 7), "model.subgraphs[0].tensors[0].buffer: must be below 1, not 7"),
        (
            ("tensor", "shape", [1] * 7),
            "model.subgraphs[0].tensors[0].shape: must have at most 6 axes, not 7",
        ),
        (
            ("tensor", "shape", [1, -2]),
            "tensors[0]: must have fixed sizes and at most 16777216 items, not (-2,)",
        ),
        (("tensor", "shape", [1, 1 << 30]), "tensors[0]: must have fixed sizes and at most 16777216 items"),
        (("tensor", "shape", []), "tensors[0]: an activation must have a batch of 1, not shape ()"),
        (
            ("tensor", "isVariable", True),
            "tensors[0]: must be a plain tensor of float32, int8, uint8, int32, not spar",
        ),
        (("scaling", "scale", [0.5, 0.5]), "'t0': an activation must have one scale, not (0.5, 0.5)"),
        (("scaling", "scale", []), "(RELU): 't0' must be quantized to be evaluated"),
        (
            ("scaling", "zeroPoint", [1, 2]),
            "tensors[0]: the zero point must be one number in -128..127, not [1, 2]",
        ),
        (
            ("operator", "opcodeIndex", 5),
            "model.subgraphs[0].operators[0].opcode_index: must be below 1, not 5",
        ),
        (
            ("operator", "inputs", [9]),
            "model.subgraphs[0].operators[0].inputs: tensors must be in -1..1, not 9",
        ),
        (("operator", "inputs", [-1]), "model.subgraphs[0].operators[0] (RELU): an input is missing"),
        (
            ("operator", "outputs", [-1]),
            "model.subgraphs[0].operators[0].outputs: tensors must be in 0..1, not -1",
        ),
        (("code", "builtinCode", 5000), "operators[0] (builtin operator 5000): this operator is not known"),
        (("graph", "inputs", []), "model.subgraphs[0].inputs: there must be one, not 0"),
        (("operator", "inputs", [1]), "operators[0] (RELU): 't1' is read before it is written"),
        (("operator", "outputs", [0]), "operators[0] (RELU): 't0' must not be written again"),
        (("graph", "outputs", [3]), "model.subgraphs[0].outputs: tensors must be in 0..1, not 3"),
        (("graph", "operators", []), "model.subgraphs[0].outputs: the output must be written by an operator"),
        (("buffer", "offset", 900), "model.buffers[0]: data must stand in the buffer itself, not elsewhere"),
    ],
)
def test_each_fault_is_named_with_its_place(change: tuple[str, str, object], text: str) -> None:
    with pytest.raises(TfliteError, match=re.escape(text)):
        network_of(damaged(change))


def test_a_custom_operator_is_named() -> None:
    write = ModelWriter()
    source = write.tensor((1, 2))
    output = write.operator("CUSTOM", [source], write.tensor((1, 2)))
    write.codes[0].customCode = "Mine\n"
    with pytest.raises(
        TfliteError, match=re.escape(r"operators[0] (custom operator 'Mine\n'): this operator is not kno")
    ):
        network_of(write.bytes([source], [output]))


def test_several_graphs_are_refused() -> None:
    with pytest.raises(TfliteError, match=r"model\.subgraphs: there must be one, not 2"):
        read_model(damaged(("model", "version", 3), graphs=2))
