"""The build systems that come with a module build it."""

import json
import subprocess
from pathlib import Path

import pytest

from codegen.c import emit_c
from codegen.ir import ClassOutput, Network, TensorNet
from codegen.verify.build import WARNINGS
from tests.codegen.c.golden_networks import small_convolution, small_mlp
from tests.networks import codes_for

TOOLCHAIN = """\
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR generic)
set(CMAKE_C_COMPILER {compiler})
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_C_FLAGS_INIT "{flags}")
"""
CROSS_COMPILERS = {
    "arm-none-eabi-gcc": "-mcpu=cortex-m0 -mthumb",
    "riscv64-unknown-elf-gcc": "-march=rv32imc -mabi=ilp32 --specs=picolibc.specs",
}


def run(folder: Path, *argv: str) -> str:
    return subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=True).stdout


def emitted(folder: Path, layout: str, network: Network | None = None) -> Path:
    network = network or small_mlp()
    vectors = codes_for(network.interface, 5, 0)
    emit_c(network, name="net", vectors=vectors, layout=layout).write(folder)  # type: ignore[arg-type]
    return folder


BODIES = pytest.mark.parametrize("network", [small_mlp(), small_convolution()], ids=["mlp", "tensors"])


@BODIES
def test_cmake_builds_tests_and_installs_the_library(
    network: Network,
    tmp_path: Path,
    requires_tool,  # type: ignore[no-untyped-def]
) -> None:
    requires_tool("cmake", "ctest", "gcc")
    folder = emitted(tmp_path, "cmake", network)
    run(folder, "cmake", "-S", ".", "-B", "build")
    run(folder, "cmake", "--build", "build")
    assert "100% tests passed, 0 tests failed out of 1" in run(folder, "ctest", "--test-dir", "build")
    run(folder, "cmake", "--install", "build", "--prefix", "installed")
    assert (folder / "installed" / "include" / "net.h").exists()
    assert list(folder.glob("installed/lib*/**/libnet.a"))


@BODIES
@pytest.mark.parametrize("compiler", CROSS_COMPILERS)
def test_cmake_cross_compiles_the_library_without_the_self_test(
    network: Network,
    compiler: str,
    tmp_path: Path,
    requires_tool,  # type: ignore[no-untyped-def]
) -> None:
    requires_tool("cmake", compiler)
    folder = emitted(tmp_path, "cmake", network)
    toolchain = TOOLCHAIN.format(compiler=compiler, flags=CROSS_COMPILERS[compiler])
    (folder / "cross.cmake").write_text(toolchain, encoding="utf-8")
    run(folder, "cmake", "-S", ".", "-B", "build", "-DCMAKE_TOOLCHAIN_FILE=cross.cmake")
    run(folder, "cmake", "--build", "build")
    assert (folder / "build" / "libnet.a").exists()
    assert not list(folder.glob("build/net_selftest*"))


@BODIES
def test_the_arduino_sketch_compiles_as_cpp(
    network: Network,
    tmp_path: Path,
    requires_tool,  # type: ignore[no-untyped-def]
) -> None:
    requires_tool("g++")
    folder = emitted(tmp_path, "arduino", network)
    arduino = (
        "#include <iostream>\n"
        "struct {\n"
        "    void begin(long) {}\n"
        "    template <class T> void println(T text) { std::cout << text << std::endl; }\n"
        "} Serial;\n"
        "static void delay(int) {}\n"
    )
    sketch = (folder / "examples" / "Predict" / "Predict.ino").read_text(encoding="utf-8")
    program = f"{arduino}{sketch}\nint main() {{ setup(); loop(); return 0; }}\n"
    (folder / "sketch.cpp").write_text(program, encoding="utf-8")
    run(folder, "g++", *WARNINGS, "-Isrc", "sketch.cpp", "src/net.c", "-o", "sketch")
    answer = run(folder, "./sketch").splitlines()
    is_class = isinstance(network.interface.output, ClassOutput)
    assert len(answer) == (1 if is_class else network.interface.n_outputs)
    assert all(answer)


def test_arduino_properties_have_the_required_keys(tmp_path: Path) -> None:
    text = (emitted(tmp_path, "arduino") / "library.properties").read_text(encoding="utf-8")
    properties = dict(line.split("=", 1) for line in text.splitlines())
    required = {"name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url"}
    assert required | {"architectures", "includes"} == set(properties)
    assert properties["includes"] == "net.h"


@BODIES
def test_the_platformio_library_has_a_manifest_and_compiles_from_its_folders(
    network: Network,
    tmp_path: Path,
    requires_tool,  # type: ignore[no-untyped-def]
) -> None:
    requires_tool("gcc")
    folder = emitted(tmp_path, "platformio", network)
    manifest = json.loads((folder / "library.json").read_text(encoding="utf-8"))
    assert {"name", "version", "description", "keywords", "frameworks", "platforms"} < set(manifest)
    assert (folder / "include" / manifest["headers"]).exists()
    flags = manifest["build"]["flags"]
    assert flags == ("-O2" if isinstance(network.body, TensorNet) else "-Os")
    sources = ("src/net.c", "examples/selftest/net_selftest.c")
    run(folder, "gcc", "-std=c99", flags, *WARNINGS, "-Iinclude", *sources, "-o", "selftest")
    assert run(folder, "./selftest") == "net: 5 of 5 vectors agree\n"
