"""The state of a training between two epochs as a file of plain arrays: nothing in it is executed."""

import json
import os
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from nas.errors import RunError


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a training is kept. key: what it depends on; a file of another key counts for nothing."""

    path: Path
    key: str

    def save(self, module: nn.Module, optimizer: torch.optim.Optimizer, epochs: int) -> None:
        """Replaces the file as a whole, so that a kill leaves the old one or the new one."""
        arrays = {f"module/{name}": value.numpy() for name, value in module.state_dict().items()}
        for index, state in optimizer.state_dict()["state"].items():
            arrays |= {f"optimizer/{index}/{name}": value.numpy() for name, value in state.items()}
        arrays["about"] = np.array(json.dumps({"key": self.key, "epochs": epochs}))
        part = self.path.with_suffix(".part.npz")
        np.savez(part, **arrays)
        os.replace(part, self.path)  # noqa: PTH105  a Path's own replace is no clearer

    def load(self, module: nn.Module, optimizer: torch.optim.Optimizer) -> int:
        """Fills both and gives the epochs that are done; 0 where there is nothing of this key.

        Raises RunError for a damaged file.
        """
        return self._load(module, optimizer)

    def load_module(self, module: nn.Module) -> None:
        """Fills a module alone. Raises RunError for a file that is missing, damaged or of another key."""
        if not self._load(module, None):
            raise RunError(f"{self.path}: must hold a training of {self.key!r}, but does not")

    def _load(self, module: nn.Module, optimizer: torch.optim.Optimizer | None) -> int:
        if not self.path.is_file():
            return 0
        try:
            with np.load(BytesIO(self.path.read_bytes()), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            about = json.loads(str(arrays.pop("about")))
            if about["key"] != self.key:
                return 0
            _fill(module, optimizer, arrays)
            return int(about["epochs"])
        except (KeyError, ValueError, OSError, RuntimeError, BadZipFile) as error:
            raise RunError(f"{self.path}: the checkpoint is damaged: {error}; delete it") from None


def _fill(
    module: nn.Module, optimizer: torch.optim.Optimizer | None, arrays: dict[str, npt.NDArray[Any]]
) -> None:
    of_module = {
        name.removeprefix("module/"): torch.from_numpy(value)
        for name, value in arrays.items()
        if name.startswith("module/")
    }
    module.load_state_dict(of_module)
    if optimizer is None:
        return
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in arrays.items():
        if name.startswith("optimizer/"):
            _, index, key = name.split("/")
            state.setdefault(int(index), {})[key] = torch.from_numpy(value)
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
