"""Stacks of images: ImageJ's and OME's axes, channels, sizes, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

COUNT, HEIGHT, WIDTH = 4, 18, 22


def draw(*shape: int) -> np.ndarray:
    return np.random.default_rng(len(shape)).integers(0, 4000, shape).astype(np.uint16)


LABELS = np.zeros((COUNT, HEIGHT, WIDTH), np.uint32)
LABELS[0, 2:6, 2:6], LABELS[1, 3:9, 4:8], LABELS[3, 10:15, 10:20] = 1, 70_000, 3


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def write(root: Path):
    """Writes a pair of stacks for validation; the same one turned is to train on."""

    def write_stacks(images: np.ndarray, labels: np.ndarray = LABELS, **settings: Any) -> None:
        settings.setdefault("photometric", "minisblack")
        for split in ("train", "val"):
            (root / split).mkdir(parents=True, exist_ok=True)
            for kind, array in (("images", images), ("labels", labels)):
                is_rgb = kind == "images" and images.shape[-1] == 3
                # Turned upside down: no image is in both splits.
                turned = np.flip(array, -3 if is_rgb else -2) if split == "train" else array
                given = settings if kind == "images" else {"photometric": "minisblack"}
                tifffile.imwrite(root / split / f"{kind}.tif", turned, **given)

    return write_stacks


def assert_labels(data) -> None:
    assert len(data.val) == COUNT
    for index in range(COUNT):
        assert np.array_equal(data.val.labels(index), LABELS[index])


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize(
    ("shape", "settings"),
    [
        ((COUNT, HEIGHT, WIDTH), {}),
        ((COUNT, HEIGHT, WIDTH), {"metadata": None}),
        ((COUNT, HEIGHT, WIDTH, 3), {"photometric": "rgb"}),
        ((COUNT, 3, HEIGHT, WIDTH), {"photometric": "rgb", "planarconfig": "separate"}),
        ((COUNT, HEIGHT, WIDTH), {"imagej": True, "metadata": {"axes": "ZYX"}}),
        ((2, 2, HEIGHT, WIDTH), {"imagej": True, "metadata": {"axes": "TZYX"}}),
        ((COUNT, 3, HEIGHT, WIDTH), {"imagej": True, "metadata": {"axes": "ZCYX"}}),
        ((COUNT, 3, HEIGHT, WIDTH), {"ome": True, "metadata": {"axes": "ZCYX"}}),
        ((2, 3, 2, HEIGHT, WIDTH), {"ome": True, "metadata": {"axes": "TCZYX"}}),
        # A channel axis that is none: as many as there are labels.
        ((COUNT, HEIGHT, WIDTH), {"imagej": True, "metadata": {"axes": "CYX"}}),
    ],
)
def test_axes(shape, settings, compression, root: Path, write, read) -> None:
    if compression and settings.get("imagej"):
        settings = {**settings, "imagej": False, "ome": True}
    images = draw(*shape)
    write(images, compression=compression, **settings)
    data = read("tiff_stack", root)
    assert_labels(data)
    axes = settings.get("metadata") and settings["metadata"].get("axes")
    if shape[-1] == 3:
        expected = images
    elif axes == "TCZYX":
        expected = images.transpose(0, 2, 3, 4, 1).reshape(COUNT, HEIGHT, WIDTH, 3)
    elif len(shape) == 4 and shape[1] == 3:
        expected = np.moveaxis(images, 1, -1)
    else:
        expected = images.reshape(COUNT, HEIGHT, WIDTH, 1)
    for index in range(COUNT):
        low, high = np.percentile(expected[index], (1.0, 99.8))
        scaled = np.clip((expected[index] - low) / (high - low), -1, 4).astype(np.float32)
        assert np.array_equal(data.val.image(index), scaled)


@pytest.mark.filterwarnings("ignore:.*are stored as RGB:DeprecationWarning")
def test_gray_images_that_were_stored_as_colours(root: Path, read) -> None:
    for split in ("train", "val"):
        (root / split).mkdir(parents=True)
        step = 1 if split == "val" else -1
        tifffile.imwrite(root / split / "images.tif", draw(COUNT, HEIGHT, WIDTH)[:, ::step])
        tifffile.imwrite(root / split / "labels.tif", LABELS.astype(np.uint16)[:, ::step])
    with tifffile.TiffFile(root / "val" / "images.tif") as file:
        assert file.series[0].axes == "SYX"
    data = read("tiff_stack", root)
    assert [int(data.val.labels(i).max()) for i in range(COUNT)] == [1, 70_000 % 2**16, 0, 3]
    assert data.channels == 1


def test_a_channel_of_several(root: Path, write, read, problems_of) -> None:
    images = draw(COUNT, 2, HEIGHT, WIDTH)
    write(images, imagej=True, metadata={"axes": "ZCYX"})
    reason = problems_of("tiff_stack", root)[str(root / "val" / "images.tif")]
    assert reason == "has 2 channels; say which to take: data.channel, from 0"
    one, other = (read("tiff_stack", root, channel=channel) for channel in (0, 1))
    assert_labels(one)
    assert not np.array_equal(one.val.image(0), other.val.image(0))
    assert one.fingerprint != other.fingerprint
    reason = problems_of("tiff_stack", root, channel=2)[str(root / "val" / "images.tif")]
    assert reason == "has 2 channels; data.channel can be 0 to 1"


def test_pages_of_several_sizes(root: Path, read) -> None:
    sizes = [(18, 22), (30, 12), (18, 22)]
    for split in ("train", "val"):
        (root / split).mkdir(parents=True)
        for kind, dtype in (("images", np.uint16), ("labels", np.uint8)):
            with tifffile.TiffWriter(root / split / f"{kind}.tif") as file:
                for number, (height, width) in enumerate(sizes):
                    page = np.zeros((height, width), dtype)
                    page[1:4, 1 : 3 + number] = number + 1 + (split == "val")
                    file.write(page, contiguous=False)
    data = read("tiff_stack", root)
    assert [data.val.labels(index).shape for index in range(3)] == sizes
    assert [int(data.val.labels(index).max()) for index in range(3)] == [2, 3, 4]


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("train_images.tif", "train_labels.tif"),
        ("images-train.tiff", "masks-train.tiff"),
        ("train/nuclei.tif", "train/nuclei_labels.tif"),
        ("train/images/one.tif", "train/labels/one.tif"),
        ("train/image.ome.tif", "train/label.ome.tif"),
    ],
)
def test_names_of_files(images: str, labels: str, root: Path, read) -> None:
    for split in ("train", "val"):
        for name, array in ((images, draw(COUNT, HEIGHT, WIDTH)), (labels, LABELS)):
            path = root / name.replace("train", split)
            path.parent.mkdir(parents=True, exist_ok=True)
            turned = array if split == "val" else array[:, ::-1]
            tifffile.imwrite(path, turned, photometric="minisblack")
    data = read("tiff_stack", root)
    assert_labels(data)
    assert len(set(data.val.names) | set(data.train.names)) == 2 * COUNT


def test_one_pair_for_all_is_split(root: Path, read) -> None:
    root.mkdir()
    tifffile.imwrite(root / "images.tif", draw(COUNT, HEIGHT, WIDTH), photometric="minisblack")
    tifffile.imwrite(root / "labels.tif", LABELS.astype(np.float32), photometric="minisblack")
    data = read("tiff_stack", root)
    assert (len(data.train), len(data.val)) == (3, 1)
    assert len(read("tiff_stack", root, only_val=True).val) == COUNT


def spoil(labels: np.ndarray, value: float) -> np.ndarray:
    changed = labels.astype(np.float32 if value != round(value) else np.int32)
    changed[2, 0, 0] = value
    return changed


@pytest.mark.parametrize(
    ("labels", "place", "reason"),
    [
        (LABELS[:3], "labels.tif", "3 pages of labels for 4 images of images.tif (axes QYX)"),
        (LABELS[:, :9], "labels.tif[0]", "label is 9x22 px, its image is 18x22 px"),
        (spoil(LABELS, 0.5), "labels.tif[2]", "no whole numbers"),
        (spoil(LABELS, -4), "labels.tif[2]", "negative id -4"),
    ],
)
def test_wrong_labels(labels, place, reason, root: Path, write, problems_of) -> None:
    write(draw(COUNT, HEIGHT, WIDTH))
    tifffile.imwrite(root / "val" / "labels.tif", labels, photometric="minisblack")
    assert reason in problems_of("tiff_stack", root)[f"{root / 'val'}/{place}"]


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_truncated_files(compression, root: Path, write, problems_of) -> None:
    write(draw(COUNT, HEIGHT, WIDTH))
    path = root / "val" / "images.tif"
    images = draw(COUNT, HEIGHT, WIDTH)
    tifffile.imwrite(path, images, compression=compression, photometric="minisblack")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    found = problems_of("tiff_stack", root)
    assert found
    if compression:
        # The first page is whole, the others are lost.
        assert "4 pages of labels for 1 images of images.tif" in next(iter(found.values()))
    else:
        assert "is cut short" in found[str(path)]


def test_no_tiff_at_all(root: Path, write, problems_of) -> None:
    write(draw(COUNT, HEIGHT, WIDTH))
    (root / "val" / "images.tif").write_bytes(b"no TIFF")
    assert "can't be read as TIFF" in problems_of("tiff_stack", root)[f"{root}/val/images.tif"]


def test_missing_partners(root: Path, write, problems_of) -> None:
    write(draw(COUNT, HEIGHT, WIDTH))
    (root / "val" / "labels.tif").unlink()
    found = problems_of("tiff_stack", root)
    assert "no stack of labels belongs to it" in found[f"{root}/val/images.tif"]
    (root / "val" / "images.tif").unlink()
    assert "no stack of images (.tif)" in problems_of("tiff_stack", root)[f"{root}/val"]
