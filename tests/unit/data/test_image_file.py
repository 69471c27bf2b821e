"""Which files are read, and as what."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from trainables.data.image_file import UnusableFileError, read_image, read_labels

GRAY8 = np.arange(12, dtype=np.uint8).reshape(3, 4)
GRAY16 = GRAY8.astype(np.uint16) * 5000
RGB8 = np.stack([GRAY8, GRAY8 + 50, GRAY8 + 100], axis=-1)
RGB16 = RGB8.astype(np.uint16) * 300
ALPHA = np.full((3, 4, 1), 255, np.uint8)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (GRAY8, GRAY8[..., None]),
        (GRAY16, GRAY16[..., None]),
        (RGB8, RGB8),
        (np.dstack([RGB8, ALPHA]), RGB8),
        (np.dstack([GRAY8, ALPHA]), GRAY8[..., None]),
        (np.dstack([GRAY8, GRAY8, GRAY8, ALPHA]), GRAY8[..., None]),
    ],
    ids=["gray8", "gray16", "rgb8", "rgba8", "gray+alpha", "rgba with equal channels"],
)
def test_png(tmp_path: Path, array: np.ndarray, expected: np.ndarray) -> None:
    Image.fromarray(array).save(tmp_path / "a.png")
    image = read_image(tmp_path / "a.png")
    assert image.dtype == expected.dtype
    assert np.array_equal(image, expected)


def test_png_with_16_bit_colour_keeps_all_bits(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(RGB16))
    assert np.array_equal(read_image(tmp_path / "a.png"), RGB16)


@pytest.mark.parametrize(
    ("array", "options", "expected"),
    [
        (GRAY8, {}, GRAY8[..., None]),
        (GRAY16, {"compression": "lzw"}, GRAY16[..., None]),
        (RGB16, {"photometric": "rgb"}, RGB16),
        (
            np.moveaxis(RGB8, -1, 0),
            {"photometric": "rgb", "planarconfig": "separate"},
            RGB8,
        ),
        (GRAY8.astype(np.float32), {}, GRAY8[..., None].astype(np.float32)),
    ],
    ids=["gray8", "gray16 lzw", "rgb16", "rgb planar", "float"],
)
def test_tiff(tmp_path: Path, array: np.ndarray, options: dict, expected: np.ndarray) -> None:
    tifffile.imwrite(tmp_path / "a.TIF", array, **options)
    assert np.array_equal(read_image(tmp_path / "a.TIF"), expected)


def test_labels_keep_their_ids(tmp_path: Path) -> None:
    Image.fromarray(GRAY16).save(tmp_path / "a.png")
    tifffile.imwrite(tmp_path / "b.tif", GRAY16.astype(np.uint32) * 1000)
    labels = read_labels(tmp_path / "a.png")
    assert labels.dtype == np.int32
    assert np.array_equal(labels, GRAY16)
    assert read_labels(tmp_path / "b.tif").max() == 55_000_000


def test_the_indices_of_a_palette_are_ids_and_its_colours_an_image(tmp_path: Path) -> None:
    palette = Image.fromarray(GRAY8).convert("P")
    palette.putpalette([value for index in range(256) for value in (index, 255 - index, 7)])
    palette.save(tmp_path / "a.png")
    assert np.array_equal(read_labels(tmp_path / "a.png"), GRAY8)
    assert read_image(tmp_path / "a.png")[2, 3].tolist() == [11, 244, 7]


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (RGB8, "label is RGB; convert it to single-channel"),
        (np.dstack([GRAY8] * 3), "label is RGB with equal channels; convert it to single-channel"),
        (np.dstack([GRAY8] * 3 + [ALPHA]), "label is RGB with equal channels"),
        (np.dstack([GRAY8, ALPHA]), "label is two-channel"),
        (GRAY8.astype(np.float32), "label holds float32 values, ids must be integers"),
        (GRAY8.astype(np.int16) - 1, "label holds the negative id -1"),
        (GRAY8.astype(np.uint32) + 2**31, "label holds the id 2147483659"),
        (np.zeros((6, 9, 12), np.uint8), "label has the shape 6 x 9 x 12"),
    ],
)
def test_unusable_labels(tmp_path: Path, array: np.ndarray, reason: str) -> None:
    tifffile.imwrite(tmp_path / "a.tif", array, photometric=_photometric(array))
    with pytest.raises(UnusableFileError) as raised:
        read_labels(tmp_path / "a.tif")
    assert str(raised.value).startswith(reason)


def _photometric(array: np.ndarray) -> str:
    return "rgb" if array.ndim == 3 and array.shape[2] >= 3 and len(array) == 3 else "minisblack"


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros((6, 9, 12), np.uint8), "image has the shape 6 x 9 x 12"),
        (np.full((3, 4), np.nan, np.float32), "image holds NaN or infinite values"),
        (np.zeros((3, 4), np.complex64), "image is complex64"),
    ],
)
def test_unusable_images(tmp_path: Path, array: np.ndarray, reason: str) -> None:
    tifffile.imwrite(tmp_path / "a.tif", array, photometric="minisblack")
    with pytest.raises(UnusableFileError) as raised:
        read_image(tmp_path / "a.tif")
    assert str(raised.value).startswith(reason)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("keep_frac", [0.0, 0.1, 0.5, 0.9])
def test_torn_files_are_named_not_raised_as_they_are(
    tmp_path: Path, suffix: str, keep_frac: float
) -> None:
    path = tmp_path / f"a{suffix}"
    noise = np.random.default_rng(0).integers(0, 255, (40, 40), np.uint8)
    if suffix == ".png":
        Image.fromarray(noise).save(path)
    else:
        tifffile.imwrite(path, noise, compression="zlib")
    content = path.read_bytes()
    path.write_bytes(content[: int(keep_frac * len(content))])
    for read in (read_image, read_labels):
        with pytest.raises(UnusableFileError, match="copy"):
            read(path)


def test_a_folder_named_like_an_image(tmp_path: Path) -> None:
    (tmp_path / "a.png").mkdir()
    with pytest.raises(UnusableFileError, match="can't be opened"):
        read_image(tmp_path / "a.png")
