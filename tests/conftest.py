"""Fixtures of the whole test suite."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine must not fail a test.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
CACHE_VARIABLE = "SILKSCREEN_SYNTHESIS_CACHE"


@pytest.fixture(scope="session", autouse=True)
def _own_synthesis_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or writes the user's cache; what the tests synthesize is kept until they end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CACHE_VARIABLE, str(tmp_path_factory.mktemp("synthesis")))
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of data sets beside the repository; tests skip where it is absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"data sets are not at {folder}")
    return folder


@pytest.fixture(scope="session")
def requires_tool() -> Callable[..., None]:
    """`requires_tool("iverilog", "vvp")` skips the test, naming the first tool that is missing."""

    def check(*names: str) -> None:
        for name in names:
            if shutil.which(name) is None:
                pytest.skip(f"{name} is not installed")

    return check


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="count a skipped test as a failure")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With --no-skips a run in which a test was skipped does not pass."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("--no-skips") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = max(int(session.exitstatus), 1)
