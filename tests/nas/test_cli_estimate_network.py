"""`silkscreen estimate` of networks on a microcontroller, word for word."""

from pathlib import Path

import pytest

from nas.cli import main
from tests.hwmodels.mcu.test_model import dense
from tests.nas.test_cli_import import call, model

__all__ = ["model"]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
