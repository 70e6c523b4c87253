"""Folders of images."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nas.data import DataError, load_dataset
from nas.data.image_folder import load_image_folder
from nas.spec import DataSpec, SplitSpec


def save(path: Path, shade: int, size: tuple[int, int] = (8, 8), mode: str = "L") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    color: int | tuple[int, int, int] = shade if mode == "L" else (shade, 0, 255)
    Image.new(mode, size, color).save(path)


def test_classes_are_folders_in_order_and_images_come_by_name(tmp_path: Path) -> None:
    for name, shade in (("dog/b.png", 3), ("dog/a.jpg", 200), ("cat/x.png", 7), ("cat/notes.txt", 0)):
        if not name.endswith("txt"):
            save(tmp_path / name, shade)
    (tmp_path / "cat" / "notes.txt").write_text("no image")
    table = load_image_folder(tmp_path, (4, 4), color=False)
    assert table.labels == ("cat", "dog")
    assert table.y.tolist() == [0, 1, 1]
    assert table.x[:, 0].tolist() == [7, 200, 3]
    assert (table.shape, table.x.dtype, table.given_test) == ((4, 4, 1), np.uint8, None)


def test_a_test_folder_is_the_test_part(tmp_path: Path) -> None:
    for part, n in (("train", 3), ("test", 1)):
        for label in ("a", "b"):
            for index in range(n):
                save(tmp_path / part / label / f"{index}.png", 10)
    table = load_image_folder(tmp_path, (2, 2), color=False)
    assert table.given_test is not None
    assert table.given_test.tolist() == [6, 7]


def test_other_proportions_are_cut_in_the_middle(tmp_path: Path) -> None:
    pixels = np.zeros((4, 12), np.uint8)
    pixels[:, 4:8] = 100
    (tmp_path / "a").mkdir()
    Image.fromarray(pixels).save(tmp_path / "a" / "wide.png")
    save(tmp_path / "b" / "color.png", 50, (6, 3), "RGB")
    gray = load_image_folder(tmp_path, (2, 2), color=False)
    assert gray.x[0].tolist() == [100] * 4
    assert load_image_folder(tmp_path, (1, 1), color=True).x[1].tolist() == [50, 0, 255]


def test_a_corrupt_image_is_named(tmp_path: Path) -> None:
    save(tmp_path / "a" / "fine.png", 1)
    save(tmp_path / "b" / "cut.png", 1, (64, 64))
    whole = (tmp_path / "b" / "cut.png").read_bytes()
    (tmp_path / "b" / "cut.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"cut\.png: the image can't be read: .*; mend or remove it"):
        load_image_folder(tmp_path, (2, 2), color=False)
    (tmp_path / "b" / "cut.png").write_text("text")
    with pytest.raises(DataError, match=r"cut\.png: the image can't be read"):
        load_image_folder(tmp_path, (2, 2), color=False)


def test_missing_folders_and_classes_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere: must be a folder with a folder of images for each class"):
        load_image_folder(tmp_path / "nowhere", (2, 2), color=False)
    save(tmp_path / "a" / "x.png", 1)
    with pytest.raises(DataError, match="folders of at least two classes are needed, not a"):
        load_image_folder(tmp_path, (2, 2), color=False)
    (tmp_path / "b").mkdir()
    with pytest.raises(DataError, match="b: holds no images; the suffixes known are"):
        load_image_folder(tmp_path, (2, 2), color=False)


def test_a_spec_names_a_folder_and_a_size(tmp_path: Path) -> None:
    for label in ("a", "b"):
        for index in range(6):
            save(tmp_path / "pictures" / label / f"{index}.png", 10 * index)
    data = DataSpec.model_validate({"images": "pictures", "size": [4, 6], "color": True})
    split = SplitSpec.model_validate({"test": 0.3, "validation": 0.3})
    dataset = load_dataset(data, split, "classification", 1, tmp_path)
    assert dataset.table.shape == (4, 6, 3)
    assert DataSpec.model_validate({"images": "pictures", "size": 8}).image_size == (8, 8)
    with pytest.raises(ValueError, match="images need size, the height and width"):
        DataSpec.model_validate({"images": "pictures"})
    with pytest.raises(ValueError, match="goes with images, not with bundled"):
        DataSpec.model_validate({"bundled": "iris", "color": True})
