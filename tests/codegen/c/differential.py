"""Programs that run emitted modules on the host and count what differs from `evaluate`."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from codegen.artifact import Artifact
from codegen.ir import ClassOutput, GateNetlist, Network
from codegen.ir.evaluate import evaluate
from codegen.verify.build import SANITIZERS, WARNINGS
from tests.networks import codes_for

N_ROWS = 64
_FOUND = """\
#include <stdio.h>
#define FOUND(network) printf("network %d\\n", network), wrong = 1
"""


def numbers(array: np.ndarray) -> str:
    return ", ".join(str(int(number)) for number in array.ravel())


def check_function(index: int, network: Network, prefix: str) -> str:
    """A C function that counts the rows on which the module is wrong."""
    codes = codes_for(network.interface, N_ROWS, index)
    expected = evaluate(network, codes).reshape(N_ROWS, -1)
    classes, n_out = isinstance(network.interface.output, ClassOutput), expected.shape[1]
    kind = "int" if classes else f"{prefix}_value_t"
    one = "y[0] = {0}_predict(x + r * {1});" if classes else "{0}_predict(x + r * {1}, y);"
    many = f"{prefix}_predict32(x + r * {network.interface.n_features}, y32);"
    rows32 = (
        f"for (r = 0; r < {N_ROWS}; r += 32) {{ {many} for (i = 0; i < {32 * n_out}; i++)"
        f" wrong += y32[i] != e[r * {n_out} + i]; }}"
    )
    return f"""
static int check{index}(void)
{{
    static const {prefix}_input_t x[] = {{{numbers(codes)}}};
    static const {kind} e[] = {{{numbers(expected)}}};
    {kind} y[{n_out}], y32[{32 * n_out}];
    int r, i, wrong = 0;
    (void)y32;
    for (r = 0; r < {N_ROWS}; r++) {{
        {one.format(prefix, network.interface.n_features)}
        for (i = 0; i < {n_out}; i++) wrong += y[i] != e[r * {n_out} + i];
    }}
    {rows32 if isinstance(network.body, GateNetlist) else ""}
    return wrong;
}}
"""


def write_program(networks: Sequence[Network], artifacts: Sequence[Artifact], folder: Path) -> list[str]:
    """Writes modules with prefixes of their own and one program that checks all; gives the sources."""
    folder.mkdir()
    for artifact in artifacts:
        artifact.write(folder)
    pairs = list(zip(networks, artifacts, strict=True))
    checks = [check_function(index, network, one.prefix) for index, (network, one) in enumerate(pairs)]
    headers = [f'#include "{artifact.prefix}.h"' for artifact in artifacts]
    calls = [f"    if (check{index}() != 0) {{ FOUND({index}); }}" for index in range(len(pairs))]
    main = ["int main(void)", "{", "    int wrong = 0;", *calls, "    return wrong;", "}", ""]
    text = "\n".join([_FOUND, *headers, *checks, *main])
    (folder / "main.c").write_text(text, encoding="utf-8")
    return ["main.c", *(f"{artifact.prefix}.c" for artifact in artifacts)]


def compile_and_run(compiler: list[str], sources: list[str], folder: Path) -> str:
    """What the program prints: nothing where all agrees and no sanitizer complains."""
    command = [*compiler, "-O1", *WARNINGS, *SANITIZERS, *sources, "-o", "checks"]
    built = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr[:3000]
    ran = subprocess.run(
        ["./checks"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"ASAN_OPTIONS": "detect_leaks=0"},
    )
    return ran.stdout + ran.stderr[:3000]
