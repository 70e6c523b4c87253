"""`silkscreen import`, word for word."""

import json
from pathlib import Path

import numpy as np
import pytest

from codegen.ir import ClassOutput, TensorNet, ValueOutput
from codegen.ir.serialize import content_hash, read_network
from nas.cli import main
from tests.codegen.tflite.models import ModelWriter


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, output and error text of a command."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert isinstance(caught.value.code, int)
    return caught.value.code, *capsys.readouterr()


@pytest.fixture
def model() -> Path:
    """Two convolutions with an activation apart, the first with a channel that has no weights."""
    write = ModelWriter()
    source = write.tensor((1, 4, 4, 1), 0.1, -128)
    options = {"padding": 1, "strideH": 1, "strideW": 1}
    first = write.tensor((2, 1, 1, 1), 0.5, data=[3, 0])
    bias = write.tensor((2,), 0.05, dtype="int32", data=[1, 20])
    hidden = write.tensor((1, 4, 4, 2), 0.1, -128)
    write.operator("CONV_2D", [source, first, bias], hidden, "Conv2D", **options)
    active = write.operator("RELU", [hidden], write.tensor((1, 4, 4, 2), 0.1, -128))
    second = write.tensor((3, 4, 4, 2), 0.5, data=np.arange(96).reshape(3, 4, 4, 2) - 48)
    bias = write.tensor((3,), 0.05, dtype="int32", data=[0, 0, 0])
    output = write.tensor((1, 1, 1, 3), 20.0)
    write.operator("CONV_2D", [active, second, bias], output, "Conv2D", **options)
    path = Path("tiny.tflite")
    path.write_bytes(write.bytes([source], [output]))
    return path


SIMPLIFIED = """\
tiny.tflite: 4 x 4 x 1 in, 3 values out
  operator  output     MACs  parameters
  conv2d    4 x 4 x 1    16           2
  conv2d    1 x 1 x 3    48          51
  together               64          53
simplified, with the same answers: 3 operators and 128 MACs before
wrote tiny.json
"""
AS_IS = """\
tiny.tflite: 4 x 4 x 1 in, 3 values out
  operator  output     MACs  parameters
  conv2d    4 x 4 x 2    32           4
  clamp     4 x 4 x 2
  conv2d    1 x 1 x 3    96          99
  together              128         103
wrote whole.json
"""


def test_a_model_becomes_a_network_file(capsys: pytest.CaptureFixture[str], model: Path) -> None:
    assert call(capsys, "import", str(model)) == (0, SIMPLIFIED, "")
    network = read_network(Path("tiny.json"))
    assert isinstance(network.body, TensorNet)
    assert isinstance(network.interface.output, ValueOutput)


def test_it_can_stay_as_it_is(capsys: pytest.CaptureFixture[str], model: Path) -> None:
    assert call(capsys, "import", str(model), "--as-is", "--out", "whole.json") == (0, AS_IS, "")
    assert read_network(Path("whole.json")).interface.n_features == 16


def test_classes_are_the_largest_output(capsys: pytest.CaptureFixture[str], model: Path) -> None:
    code, out, _ = call(capsys, "import", str(model), "--classes")
    assert (code, out.splitlines()[0]) == (0, "tiny.tflite: 4 x 4 x 1 in, 3 classes out")
    assert read_network(Path("tiny.json")).interface.output == ClassOutput(("0", "1", "2"))


def test_json_holds_the_same(capsys: pytest.CaptureFixture[str], model: Path) -> None:
    code, out, err = call(capsys, "import", str(model), "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "file": "tiny.json",
        "content_hash": content_hash(read_network(Path("tiny.json"))),
        "n_features": 16,
        "answer": "values",
        "n_outputs": 3,
        "macs": 64,
        "parameters": 53,
        "operators": [
            {"operator": "conv2d", "output": [4, 4, 1], "macs": 16, "parameters": 2},
            {"operator": "conv2d", "output": [1, 1, 3], "macs": 48, "parameters": 51},
        ],
    }


def test_a_contradiction_is_bad_input(capsys: pytest.CaptureFixture[str], model: Path) -> None:
    text = "import: --values and --classes exclude each other; give one of them, or none\n"
    assert call(capsys, "import", str(model), "--values", "--classes") == (2, "", text)


def test_what_is_no_model_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    Path("text.tflite").write_text("no model", encoding="ascii")
    text = "text.tflite: bytes 4..7 must be b'TFL3', not b'odel'; this is no such file\n"
    assert call(capsys, "import", "text.tflite") == (2, "", text)
    text = "absent.tflite: No such file or directory\n"
    assert call(capsys, "import", "absent.tflite") == (2, "", text)
    assert list(Path().glob("*.json")) == []


def test_a_reference_model_prints_its_layers(capsys: pytest.CaptureFixture[str], shared_data: Path) -> None:
    path = shared_data / "mlperf_tiny" / "kws_ref_model.tflite"
    expected = f"""\
{path}: 49 x 10 x 1 in, 12 classes out
  operator          output            MACs  parameters
  conv2d            25 x 5 x 64    320,000       2,624
  depthwise_conv2d  25 x 5 x 64     72,000         640
  conv2d            25 x 5 x 64    512,000       4,160
  depthwise_conv2d  25 x 5 x 64     72,000         640
  conv2d            25 x 5 x 64    512,000       4,160
  depthwise_conv2d  25 x 5 x 64     72,000         640
  conv2d            25 x 5 x 64    512,000       4,160
  depthwise_conv2d  25 x 5 x 64     72,000         640
  conv2d            25 x 5 x 64    512,000       4,160
  average_pool2d    1 x 1 x 64
  fully_connected   12                 768         780
  softmax           12
  together                       2,656,768      22,604
simplified, with the same answers: 13 operators and 2,656,768 MACs before
wrote kws_ref_model.json
"""
    assert call(capsys, "import", str(path)) == (0, expected, "")
