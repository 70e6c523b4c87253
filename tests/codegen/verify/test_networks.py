"""Random int8 networks, whole and in patches: host and simulated cores give what `evaluate` gives."""

from collections.abc import Callable

import numpy as np
import pytest

from codegen.cores import load_core
from codegen.ir import Add, GlobalAveragePool, Network, TensorNet, ValueOutput
from codegen.verify import networks
from codegen.verify.networks import HOST, N_ROWS, TARGETS, random_case, run_networks

N_NETWORKS, BLOCK = 100, 50
"""benchmarks/random_networks.py runs two thousand."""


def require(target: str, requires_tool: Callable[..., None]) -> None:
    requires_tool("gcc")
    if target != HOST:
        core = load_core(target)
        requires_tool(core.compiler, core.tool("nm"), *(one.program for one in core.simulators))


@pytest.mark.parametrize("target", TARGETS)
def test_a_hundred_random_networks_agree_with_evaluate(
    target: str, requires_tool: Callable[..., None]
) -> None:
    require(target, requires_tool)
    for first in range(0, N_NETWORKS, BLOCK):
        outcomes = run_networks([random_case(seed) for seed in range(first, first + BLOCK)], target)
        assert [(one.seed, one.difference) for one in outcomes if one.n_wrong] == []
        assert [one.n_rows for one in outcomes] == [N_ROWS] * BLOCK
        assert target == HOST or all(one.instructions > 0 for one in outcomes)


def test_a_difference_is_found_and_told(
    monkeypatch: pytest.MonkeyPatch, requires_tool: Callable[..., None]
) -> None:
    requires_tool("gcc")
    real = networks.emit_c

    def wrong(*arguments: object, **options: object) -> object:
        artifact = real(*arguments, **options)  # type: ignore[arg-type]
        (module,) = (file for file in artifact.files if file.path == "n0.c")
        assert "(int8_t)y;" in module.text
        object.__setattr__(module, "text", module.text.replace("(int8_t)y;", "(int8_t)(y ^ 1);"))
        return artifact

    monkeypatch.setattr(networks, "emit_c", wrong)
    case = next(case for case in map(random_case, range(0, 80, 2)) if _can_be_spoiled(case.network))
    (outcome,) = run_networks([case], HOST)
    assert outcome.n_wrong > 0
    assert outcome.difference.startswith("row ")
    assert ": expected [" in outcome.difference


def _can_be_spoiled(network: Network) -> bool:
    """Whether the last operator writes the values that are compared by the text that the test changes."""
    assert isinstance(network.body, TensorNet)
    last = network.body.graph.operators[-1]
    return isinstance(network.interface.output, ValueOutput) and isinstance(last, Add | GlobalAveragePool)


def test_every_second_case_is_in_patches_where_its_windows_allow() -> None:
    cases = [random_case(seed) for seed in range(40)]
    assert all(case.schedule.patches is None for case in cases[::2])
    assert sum(case.schedule.patches is not None for case in cases[1::2]) >= 10


def test_a_case_is_made_of_its_seed_alone() -> None:
    one, again = random_case(31), random_case(31)
    assert one.network == again.network
    assert one.schedule == again.schedule
    assert np.array_equal(one.codes, again.codes)
