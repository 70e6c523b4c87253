"""Folders of images: one for each class, in one place or divided into train and test."""

import warnings
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nas.data.dataset import DataError, Table
from nas.data.images import resize

SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"))
PARTS = ("train", "test")
MAX_PIXELS = 100_000_000
"""Larger images are refused: a small file may unpack to any size."""


def load_image_folder(folder: Path, size: tuple[int, int], *, color: bool) -> Table:
    """All images below a folder, cut in the middle to the proportions of `size` and resized to it.

    size: (height, width). The classes are the names of the folders, in alphabetical order; images are read in
    the order of their names. Files with other suffixes, and hidden ones, are left alone. With folders `train`
    and `test` and nothing else, the latter is the test part. Raises DataError, naming the file, for an image
    that can't be read.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: must be a folder with a folder of images for each class")
    inside = _folders(folder)
    divided = sorted(each.name for each in inside) == sorted(PARTS)
    parts = [folder / part for part in PARTS] if divided else [folder]
    labels = sorted({each.name for part in parts for each in _folders(part)})
    if len(labels) < 2:
        came = ", ".join(labels) or "none"
        raise DataError(f"{folder}: folders of at least two classes are needed, not {came}")
    files = [
        [(path, y) for y, label in enumerate(labels) for path in _images(part / label)] for part in parts
    ]
    images = np.stack([_read(path, size, color=color) for part in files for path, _ in part])
    targets = np.array([y for part in files for _, y in part], np.int64)
    test = np.arange(len(files[0]), len(images)) if divided else None
    shape = (*size, 3 if color else 1)
    names = tuple(f"{row}_{column}_{channel}" for row, column, channel in np.ndindex(shape))
    return Table(images.reshape(len(images), -1), targets, names, tuple(labels), folder.name, test, shape)


def _folders(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.is_dir() and not path.name.startswith(".")]


def _images(folder: Path) -> list[Path]:
    """Raises DataError for a class without any."""
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    images = [path for path in found if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")]
    if not images:
        raise DataError(f"{folder}: holds no images; the suffixes known are {', '.join(sorted(SUFFIXES))}")
    return images


def _read(path: Path, size: tuple[int, int], *, color: bool) -> npt.NDArray[np.uint8]:
    """(height, width, channels)."""
    from PIL import Image, UnidentifiedImageError  # only where images are read

    try:
        with warnings.catch_warnings(), Image.open(path) as image:
            warnings.simplefilter("ignore")
            if image.width * image.height > MAX_PIXELS:
                raise DataError(f"{path}: must have at most {MAX_PIXELS} pixels, not {image.size}")
            pixels = np.asarray(image.convert("RGB" if color else "L"))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path}: the image can't be read: {error}; mend or remove it") from None
    pixels = _middle(pixels.reshape(*pixels.shape[:2], -1), size)
    resized: npt.NDArray[np.uint8] = resize(pixels[None], size)[0]
    return resized


def _middle(pixels: npt.NDArray[np.uint8], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """The largest part in the middle with the proportions of `size`."""
    height, width = pixels.shape[:2]
    kept_height = min(height, max(1, width * size[0] // size[1]))
    kept_width = min(width, max(1, height * size[1] // size[0]))
    top, left = (height - kept_height) // 2, (width - kept_width) // 2
    kept: npt.NDArray[np.uint8] = pixels[top : top + kept_height, left : left + kept_width]
    return kept
