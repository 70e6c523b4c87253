"""export and verify of network files: what they print, what they write, and what they refuse."""

import json
from pathlib import Path

import pytest

from codegen.ir.serialize import write_network
from nas.cli import main
from tests.codegen.c.golden_networks import small_convolution, small_tree


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    write_network(small_convolution(), tmp_path / "eyes.json")
    return tmp_path


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert isinstance(caught.value.code, int)
    out, err = capsys.readouterr()
    return caught.value.code, out, err


def test_a_tensor_network_is_exported_as_proven_c_and_verified_again(
    capsys: pytest.CaptureFixture[str],
    requires_tool,  # type: ignore[no-untyped-def]
) -> None:
    requires_tool("gcc", "arm-none-eabi-gcc", "qemu-system-arm")
    options = ("--layout", "platformio", "--board", "rp2040", "--require-proof", "--json")
    code, out, err = call(capsys, "export", "eyes.json", "--out", "firmware", *options)
    assert (code, err) == (0, "")
    printed = json.loads(out)
    assert printed["files"] == [
        f"firmware/c/{path}"
        for path in (
            "include/eyes.h",
            "src/eyes.c",
            "examples/selftest/eyes_selftest.c",
            "library.json",
        )
    ]
    proven = [("c-host", "proven"), ("c-cortex-m0plus", "proven")]
    assert [(proof["target"], proof["status"]) for proof in printed["proofs"]] == proven
    assert "for cortex-m0plus" in Path("firmware/c/include/eyes.h").read_text(encoding="utf-8")
    code, out, err = call(capsys, "verify", "firmware", "--json")
    assert (code, err) == (0, "")
    assert [(proof["target"], proof["status"]) for proof in json.loads(out)["proofs"]] == proven


def test_verify_finds_a_weight_that_was_changed_afterwards(
    capsys: pytest.CaptureFixture[str],
    requires_tool,  # type: ignore[no-untyped-def]
) -> None:
    requires_tool("gcc")
    call(capsys, "export", "eyes.json", "--out", "firmware", "--layout", "plain")
    source = Path("firmware/c/eyes.c")
    text = source.read_text(encoding="utf-8")
    assert "eyes_tensor5[8] = {\n    5, 96" in text
    source.write_text(
        text.replace("_tensor5[8] = {\n    5, 96", "_tensor5[8] = {\n    5, -96"), encoding="utf-8"
    )
    code, out, _ = call(capsys, "verify", "firmware", "--json")
    assert code == 1
    assert json.loads(out)["proofs"][0]["status"] == "mismatch"


def test_a_bespoke_network_file_is_exported_as_verilog_too(capsys: pytest.CaptureFixture[str]) -> None:
    write_network(small_tree(), Path("tree.json"))
    code, out, _ = call(capsys, "export", "tree.json", "--out", "both")
    assert code == 0
    assert "both/verilog/tree.v\n" in out
    assert "both/c/src/tree.c\n" in out
    assert Path("both/c/CMakeLists.txt").exists()


def test_patches_are_emitted_and_proven(
    capsys: pytest.CaptureFixture[str],
    requires_tool,  # type: ignore[no-untyped-def]
) -> None:
    requires_tool("gcc")
    options = ("--layout", "plain", "--patches", "2:2x2", "--json")
    code, out, _ = call(capsys, "export", "eyes.json", "--out", "firmware", *options)
    assert code == 0
    assert json.loads(out)["proofs"][0]["status"] == "proven"
    assert Path("firmware/c/eyes.c").read_text(encoding="utf-8").count("    eyes_patch") == 4


def test_patches_of_a_bespoke_network_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    write_network(small_tree(), Path("tree.json"))
    expected = "tree.json: only a tensor network runs in patches; leave them out\n"
    assert call(capsys, "export", "tree.json", "--out", "x", "--patches", "1:2x2") == (2, "", expected)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("absent",), "absent: there is no such run folder or network file"),
        (("eyes.json", "knee"), "eyes.json: a network file has no winners; leave out 'knee'"),
        ((".",), ".: of a run, a winner must be named, such as knee; of a network, give its file"),
        (
            (".", "knee", "--board", "rp2040"),
            ".: --board is for network files; of a run, the spec says it",
        ),
        (
            (".", "knee", "--layout", "plain"),
            ".: --layout is for network files; of a run, the spec says it",
        ),
        (
            ("eyes.json", "--patches", "4x4"),
            "--patches: must be OPERATORS:ROWSxCOLUMNS, such as 12:4x4, not '4x4'",
        ),
        (
            ("eyes.json", "--patches", "2:5x1"),
            "patches: rows must be 1 to 2, the size of the stage's output, not 5",
        ),
        (
            (".", "knee", "--patches", "1:2x2"),
            ".: --patches is for network files; of a run, the spec says it",
        ),
        (
            ("eyes.json", "--board", "rp2041"),
            "mcu: board 'rp2041' is not known; did you mean 'rp2040'? (a board of your own is the path of "
            "a .yaml file)",
        ),
    ],
)
def test_wrong_arguments_are_named(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], text: str
) -> None:
    assert call(capsys, "export", *arguments, "--out", "x") == (2, "", text + "\n")


def test_a_file_that_is_no_network_is_named(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    (folder / "text.json").write_text("hello", encoding="utf-8")
    code, out, err = call(capsys, "export", "text.json", "--out", "x")
    assert (code, out) == (2, "")
    assert "must be JSON" in err
