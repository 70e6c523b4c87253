"""NumPy archives: x and y, and x_test and y_test where the archive keeps rows for the test.

Rows may be lists of values, images or windows of signals.
"""

import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nas.data.dataset import DataError, Table, Task
from nas.data.text import class_indices
from nas.spec.names import did_you_mean

Arrays = Mapping[str, npt.NDArray[Any]]
DAMAGES = (
    struct.error,
    ValueError,
    EOFError,
    KeyError,
    MemoryError,
    RuntimeError,
    SyntaxError,
    zipfile.BadZipFile,
    zlib.error,
)
KNOWN = ("x", "y", "x_test", "y_test", "features", "labels")
_OTHER_NAMES = {"x_train": "x", "y_train": "y"}
_SHAPES = {1: "(n_samples,)", 2: "(n_samples, n_features)"}


def load_npz(path: Path, task: Task) -> Table:
    """x: (n_samples, n_features) numbers; y: (n_samples,) class names or indices, or values.

    x may also hold images, (n_samples, height, width, channels) or of bytes (n_samples, height, width), or
    windows of signals, (n_samples, steps, channels) of any other type. x_train and X_train are x, and so on.

    features, labels: names, where given; labels go with y as indices. The rows of x_test and y_test come
    after the others. Nothing is unpickled. Raises DataError.
    """
    arrays = _renamed(_read(path), path.name)
    for name in arrays:
        if name not in KNOWN:
            raise DataError(f"{path.name}: unknown array {name!r}{did_you_mean(name, KNOWN) or _known()}")
    for name in ("x", "y", *(("x_test", "y_test") if {"x_test", "y_test"} & set(arrays) else ())):
        if name not in arrays:
            raise DataError(f"{path.name}: array {name!r} is missing{_known()}")
    x = _joined(path.name, arrays, "x", (2, 3, 4))
    y = _joined(path.name, arrays, "y", (1,))
    if not np.issubdtype(x.dtype, np.number) or np.issubdtype(x.dtype, np.complexfloating):
        raise DataError(f"{path.name}: x must hold numbers, not {x.dtype}")
    target, labels = _target(path.name, arrays, y, task)
    test = np.arange(len(arrays["x"]), len(x)) if "x_test" in arrays else None
    shape = _shape(x)
    flat = np.ascontiguousarray(x).reshape(len(x), -1)
    flat = flat if shape and x.dtype == np.uint8 else flat.astype(np.float64)
    return Table(flat, target, _features(arrays, flat.shape[1]), labels, path.name, test, shape)


def _renamed(arrays: Arrays, origin: str) -> Arrays:
    """The arrays under the names of `KNOWN`."""
    found: dict[str, npt.NDArray[Any]] = {}
    for name, array in arrays.items():
        known = _OTHER_NAMES.get(name.lower(), name.lower() if name.lower() in KNOWN else name)
        if known in found:
            raise DataError(f"{origin}: array {known!r} comes twice, once as {name!r}")
        found[known] = array
    return found


def _shape(x: npt.NDArray[Any]) -> tuple[int, int, int] | None:
    """(height, width, channels) of a row with places."""
    match x.shape[1:]:
        case (height, width, channels):
            return height, width, channels
        case (height, width) if x.dtype == np.uint8:
            return height, width, 1
        case (steps, channels):
            return 1, steps, channels
        case _:
            return None


def _read(path: Path) -> Arrays:
    try:
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise DataError(f"{path.name}: must be an .npz archive with arrays x and y")
            return {name: archive[name] for name in archive.files}
    except OSError as error:
        raise DataError(f"{path}: can't be read: {error.strerror or error}") from None
    except DAMAGES as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path.name}: not an .npz archive of plain arrays: {error}") from None


def _joined(origin: str, arrays: Arrays, name: str, n_dimensions: tuple[int, ...]) -> npt.NDArray[Any]:
    parts = [arrays[key] for key in (name, f"{name}_test") if key in arrays]
    shape = _SHAPES[n_dimensions[0]]
    for part in parts:
        if part.ndim not in n_dimensions or part.shape[1:] != parts[0].shape[1:]:
            raise DataError(f"{origin}: {name} must be {shape}, not {part.shape}")
    return np.concatenate(parts)


def _target(
    origin: str, arrays: Arrays, y: npt.NDArray[Any], task: Task
) -> tuple[npt.NDArray[np.number[Any]], tuple[str, ...]]:
    if task == "regression":
        if not np.issubdtype(y.dtype, np.number) or np.issubdtype(y.dtype, np.complexfloating):
            raise DataError(f"{origin}: y must hold numbers for a regression, not {y.dtype}")
        return y.astype(np.float64), ()
    if "labels" in arrays:
        if not np.issubdtype(y.dtype, np.integer):
            raise DataError(f"{origin}: with labels, y must hold their indices, not {y.dtype}")
        return y.astype(np.int64), tuple(str(label) for label in np.ravel(arrays["labels"]))
    return class_indices([str(value) for value in y.tolist()])


def _features(arrays: Arrays, n_features: int) -> tuple[str, ...]:
    if "features" in arrays:
        return tuple(str(name) for name in np.ravel(arrays["features"]))
    return tuple(f"x{index + 1}" for index in range(n_features))


def _known() -> str:
    return f"; the arrays are {', '.join(KNOWN)}, the first two needed"
