"""What a TensorFlow Lite file holds: tensors, operators and buffers, checked against each other.

Field numbers are those of the schema (compiler/mlir/lite/schema/schema.fbs of TensorFlow Lite).
"""

from dataclasses import dataclass

from codegen.tflite.errors import TfliteError
from codegen.tflite.flatbuffer import Table, root_table
from codegen.tflite.schema import IDENTIFIER, OPERATOR_NAMES, TYPE_NAMES

MAX_RANK = 6
MAX_OPERATORS = 10_000
CUSTOM = "CUSTOM"


@dataclass(frozen=True, slots=True)
class FileTensor:
    """A tensor as the file has it. shape: with the batch. data: little-endian, None where not constant.

    axis: which one the scales belong to, where there are several. plain: neither sparse nor a variable.
    """

    path: str
    name: str
    shape: tuple[int, ...]
    type: str
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int
    data: bytes | None
    plain: bool


@dataclass(frozen=True, slots=True)
class FileOperator:
    """An operator as the file has it. inputs: tensor numbers, -1 for one left out."""

    path: str
    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Table | None

    @property
    def where(self) -> str:
        return f"{self.path} ({self.name})"


@dataclass(frozen=True, slots=True)
class FileModel:
    """The one graph of a file."""

    tensors: tuple[FileTensor, ...]
    operators: tuple[FileOperator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read_model(data: bytes) -> FileModel:
    """The graph in the bytes of a file. Raises TfliteError, naming the place, for anything out of bounds."""
    root = root_table(data, IDENTIFIER)
    graphs = root.tables(2, "subgraphs")
    if len(graphs) != 1:
        raise TfliteError(f"model.subgraphs: there must be one, not {len(graphs)}")
    graph = graphs[0]
    buffers = [_buffer(table) for table in root.tables(4, "buffers")]
    names = [_operator_name(table) for table in root.tables(1, "operator_codes")]
    operators = graph.tables(3, "operators")
    if len(operators) > MAX_OPERATORS:
        raise TfliteError(f"{graph.path}.operators: at most {MAX_OPERATORS} are taken, not {len(operators)}")
    tensors = tuple(_tensor(table, buffers) for table in graph.tables(0, "tensors"))
    n_tensors = len(tensors)
    return FileModel(
        tensors,
        tuple(_operator(table, names, n_tensors) for table in operators),
        _indices(graph, 1, "inputs", n_tensors),
        _indices(graph, 2, "outputs", n_tensors),
    )


def _buffer(table: Table) -> bytes:
    if table.integer(1, "offset", "uint64", 0) > 1:
        raise TfliteError(f"{table.path}: data must stand in the buffer itself, not elsewhere in the file")
    return table.numbers(0, "data", "u1").tobytes()


def _operator_name(table: Table) -> str:
    old = table.integer(0, "deprecated_builtin_code", "int8", 0)
    code = max(old, table.integer(3, "builtin_code", "int32", 0))
    if not 0 <= code < len(OPERATOR_NAMES):
        return f"builtin operator {code}"
    if OPERATOR_NAMES[code] == CUSTOM:
        return f"custom operator {ascii(table.text(1, 'custom_code'))[:60]}"
    return OPERATOR_NAMES[code]


def _tensor(table: Table, buffers: list[bytes]) -> FileTensor:
    code = table.integer(1, "type", "int8", 0)
    if not 0 <= code < len(TYPE_NAMES):
        raise TfliteError(f"{table.path}.type: must be in 0..{len(TYPE_NAMES) - 1}, not {code}")
    number = table.integer(2, "buffer", "uint32", 0)
    if number >= len(buffers):
        raise TfliteError(f"{table.path}.buffer: must be below {len(buffers)}, not {number}")
    shape = tuple(int(size) for size in table.numbers(0, "shape", "<i4"))
    if len(shape) > MAX_RANK:
        raise TfliteError(f"{table.path}.shape: must have at most {MAX_RANK} axes, not {len(shape)}")
    scaling = table.table(4, "quantization")
    return FileTensor(
        table.path,
        table.text(3, "name"),
        shape,
        TYPE_NAMES[code],
        tuple(scaling.numbers(2, "scale", "<f4").tolist()) if scaling else (),
        tuple(scaling.numbers(3, "zero_point", "<i8").tolist()) if scaling else (),
        scaling.integer(6, "quantized_dimension", "int32", 0) if scaling else 0,
        buffers[number] or None,
        table.table(6, "sparsity") is None and not table.integer(5, "is_variable", "bool", 0),
    )


def _operator(table: Table, names: list[str], n_tensors: int) -> FileOperator:
    code = table.integer(0, "opcode_index", "uint32", 0)
    if code >= len(names):
        raise TfliteError(f"{table.path}.opcode_index: must be below {len(names)}, not {code}")
    return FileOperator(
        table.path,
        names[code],
        _indices(table, 1, "inputs", n_tensors, lowest=-1),
        _indices(table, 2, "outputs", n_tensors),
        table.table(4, "builtin_options"),
    )


def _indices(table: Table, field: int, name: str, n_tensors: int, *, lowest: int = 0) -> tuple[int, ...]:
    numbers = tuple(int(number) for number in table.numbers(field, name, "<i4"))
    for number in numbers:
        if not lowest <= number < n_tensors:
            raise TfliteError(
                f"{table.path}.{name}: tensors must be in {lowest}..{n_tensors - 1}, not {number}"
            )
    return numbers
