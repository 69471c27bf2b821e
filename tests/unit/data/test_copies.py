"""Images that come twice: equal or nearly so, in one split or in two."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainables.data import FolderConfig, prepare
from trainables.data.copies import Copy, find_copies, look_of, warn_of_copies
from trainables.data.image_file import read_image


def noise(seed: int, side: int = 64) -> np.ndarray:
    """Blobs of about 8 px."""
    coarse = np.random.default_rng(seed).integers(20, 200, (side // 8, side // 8))
    return np.kron(coarse, np.ones((8, 8), int)).astype(np.uint8)[..., None]


def found(**splits: list[np.ndarray]) -> list[tuple[str, str, bool]]:
    looks = {
        split: [(f"{split}{i}", look_of(image)) for i, image in enumerate(images)]
        for split, images in splits.items()
    }
    return [(one.name, one.of_name, one.is_equal) for one in find_copies(looks)]


def test_equal_images_whatever_their_type() -> None:
    image = noise(0)
    assert found(train=[noise(1), image], val=[image.astype(np.uint16), noise(2)]) == [
        ("val0", "train1", True)
    ]
    assert found(train=[image], test=[image.astype(np.float64)]) == [("test0", "train0", True)]


def test_copies_within_a_split_and_across_are_both_named() -> None:
    image = noise(0)
    assert found(train=[image, noise(1), image], val=[image, image]) == [
        ("train2", "train0", True),
        ("val0", "train0", True),
        ("val1", "train0", True),
        ("val1", "val0", True),
    ]


def add_noise(image: np.ndarray) -> np.ndarray:
    return image + np.random.default_rng(9).integers(0, 9, image.shape, np.uint8)


CHANGES = {
    "exposure": lambda image: image // 2 + 9,
    "size": lambda image: np.repeat(np.repeat(image, 2, axis=0), 2, axis=1),
    "channels": lambda image: np.repeat(image, 3, axis=2),
    "noise": add_noise,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_nearly_equal_images(change) -> None:
    assert found(train=[noise(1), noise(0)], val=[change(noise(0))]) == [("val0", "train1", False)]


def test_other_images_are_no_copies() -> None:
    turned = noise(0)[::-1]
    inverted = 255 - noise(0)
    assert found(train=[noise(0)], val=[noise(1), turned, inverted]) == []


def test_flat_and_tiny_images_are_only_compared_exactly() -> None:
    flat = [np.full((64, 64, 1), value, np.uint8) for value in (3, 4, 3)]
    assert found(train=flat[:1], val=flat[1:]) == [("val1", "train0", True)]
    small = noise(0)[:16, :16]
    assert found(train=[small], val=[small + 1]) == []


def test_blocks_of_many_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainables.data.copies._BLOCK", 3)
    images = [noise(i) for i in range(8)]
    assert found(train=images, val=[images[7] // 2]) == [("val0", "train7", False)]


def test_warnings_name_the_worst() -> None:
    copies = [
        Copy(split="val", name=f"v{i}", of_split="train", of_name=f"t{i}", is_equal=i < 4)
        for i in range(5)
    ]
    own = Copy(split="val", name="w", of_split="val", of_name="v0", is_equal=True)
    assert warn_of_copies([*copies, own], {"train": 9, "val": 6, "test": 0}) == [
        "warning: 4 of 6 val images equal images of an earlier split (v0, v1, v2, ...): "
        "scores on them flatter",
        "warning: 1 of 6 val images nearly equal images of an earlier split (v4 like t4): "
        "scores on them may flatter",
    ]


def test_a_data_set_with_copies_says_so(tmp_path: Path) -> None:
    labels = np.zeros((64, 64), np.uint16)
    labels[2:9, 2:9], labels[30:40, 30:40] = 1, 2
    images = {"train/a": noise(0), "train/b": noise(1), "val/c": noise(0) // 2, "val/d": noise(1)}
    for name, image in images.items():
        split, stem = name.split("/")
        for kind, array in (("images", image[..., 0]), ("labels", labels)):
            (tmp_path / split / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(array).save(tmp_path / split / kind / f"{stem}.png")
    config = FolderConfig(source="folder", path=tmp_path)
    data = prepare(config, tmp_path / "cache")
    assert [(one.name, one.of_name, one.is_equal) for one in data.copies] == [
        ("c", "a", False),
        ("d", "b", True),
    ]
    assert prepare(config, tmp_path / "cache").copies == data.copies
    assert sum("warning" in line for line in data.summary().lines) == 2
    # A cache of a program that did not look for copies is looked through when it is opened.
    index = next((tmp_path / "cache").glob("*/index.json"))
    text = index.read_text()
    start = text.index('"copies":')
    index.write_text(text[: start - 1] + "}")
    assert [one.name for one in prepare(config, tmp_path / "cache").copies] == ["c", "d"]


@pytest.mark.parametrize("name", ["nuclei2d", "histology2d"])
def test_no_alarm_on_real_images_of_one_experiment(name: str, shared_dir: Path) -> None:
    folder = shared_dir / "data" / name
    looks = {
        split: [
            (path.stem, look_of(read_image(path)))
            for path in sorted((folder / split / "images").glob("*.png"))[:40]
        ]
        for split in ("train", "val")
    }
    assert not [one for one in find_copies(looks) if one.split != one.of_split]
