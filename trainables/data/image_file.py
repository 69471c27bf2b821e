"""Reads PNG, TIFF, JPEG and BMP files: images of one or three channels, labels of one."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

__all__ = [
    "LOSSY_SUFFIXES",
    "SUFFIXES",
    "UnusableFileError",
    "check_image",
    "check_labels",
    "read_image",
    "read_labels",
]

#: Endings of files that images and labels are read from, in lower case.
SUFFIXES = (".png", ".tif", ".tiff")
#: Further ones that images may have where labels are no images.
LOSSY_SUFFIXES = (".jpg", ".jpeg", ".bmp")

_DECODE_ERRORS = (
    OSError,
    ValueError,
    SyntaxError,
    RuntimeError,
    EOFError,
    KeyError,
    IndexError,
    TypeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


class UnusableFileError(Exception):
    """A file that can't be used; the message says why and what to do, without the file's name."""


def read_image(path: Path) -> NDArray[Any]:
    """Reads an image; alpha is dropped and a colour image whose channels are equal is gray.

    Returns:
        (H, W, 1) or (H, W, 3) in the file's own type: unsigned integers, or finite floats.

    Raises:
        UnusableFileError: It can't be read, has another shape, or holds NaN or infinity.
    """
    return check_image(_decode(path, keep_palette=False))


def check_image(pixels: NDArray[Any]) -> NDArray[Any]:
    """Brings an image into the shape (H, W, C); alpha is dropped, equal channels become one.

    Args:
        pixels: (H, W) or (H, W, 1 to 4).

    Returns:
        (H, W, 1) or (H, W, 3) of the same type: unsigned integers, or finite floats.

    Raises:
        UnusableFileError: It has another shape or type, or holds NaN or infinity.
    """
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.ndim != 3 or not 1 <= pixels.shape[2] <= 4:
        raise UnusableFileError(
            f"image has the shape {_shape(pixels)}; save it as one 2-D gray or RGB image"
        )
    if pixels.shape[2] in (2, 4):
        pixels = pixels[..., :-1]
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        raise UnusableFileError("image holds NaN or infinite values; replace them")
    if pixels.dtype.kind not in "uifb":
        raise UnusableFileError(f"image is {pixels.dtype}; save it with 8 or 16 bits a channel")
    if pixels.shape[2] == 3 and (pixels[..., 1:] == pixels[..., :1]).all():
        pixels = pixels[..., :1]
    return pixels


def read_labels(path: Path) -> NDArray[np.int32]:
    """Reads a label map; the indices of a palette image are its ids.

    Returns:
        (H, W) int32; 0 background, every other value one nucleus.

    Raises:
        UnusableFileError: It can't be read, has several channels, or ids that are no integers,
            negative or above 2**31 - 1.
    """
    return check_labels(_decode(path, keep_palette=True))


def check_labels(ids: NDArray[Any], *, may_be_floats: bool = False) -> NDArray[np.int32]:
    """Makes a label map of an array.

    Args:
        ids: (H, W) or (H, W, 1).
        may_be_floats: Whether whole numbers may be stored as floats, as some programs do.

    Returns:
        (H, W) int32; 0 background, every other value one nucleus.

    Raises:
        UnusableFileError: It has several channels, or ids that are no integers, negative or above
            2**31 - 1.
    """
    if ids.ndim == 3 and ids.shape[2] == 1:
        ids = ids[..., 0]
    if ids.ndim != 2:
        raise UnusableFileError(_explain_channels(ids))
    if may_be_floats and ids.dtype.kind == "f":
        if not np.isfinite(ids).all() or (ids != np.round(ids)).any():
            raise UnusableFileError("label holds values that are no whole numbers; save ids")
    elif ids.dtype.kind not in "uib":
        raise UnusableFileError(
            f"label holds {ids.dtype} values, ids must be integers; save it with 16 or 32 bits"
        )
    if ids.size and ids.min() < 0:
        raise UnusableFileError(
            f"label holds the negative id {ids.min():.0f}; use 0 for background"
        )
    if ids.size and ids.max() > np.iinfo(np.int32).max:
        raise UnusableFileError(f"label holds the id {ids.max():.0f}; number the nuclei from 1")
    return ids.astype(np.int32)


def _explain_channels(ids: NDArray[Any]) -> str:
    if ids.ndim != 3 or not 2 <= ids.shape[2] <= 4:
        return f"label has the shape {_shape(ids)}; save it as one 2-D image of ids"
    kind = "RGB" if ids.shape[2] >= 3 else "two-channel"
    colours = ids[..., :3] if ids.shape[2] >= 3 else ids[..., :1]
    if (colours == colours[..., :1]).all():
        return f"label is {kind} with equal channels; convert it to single-channel (keep one)"
    return f"label is {kind}; convert it to single-channel: 0 background, one id a nucleus"


def _decode(path: Path, *, keep_palette: bool) -> NDArray[Any]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnusableFileError(f"can't be opened ({error.strerror}); check its rights") from error
    if not content:
        raise UnusableFileError("the file is empty; copy it again")
    try:
        if path.suffix.lower() == ".png":
            return _decode_png(content, keep_palette=keep_palette)
        if path.suffix.lower() in LOSSY_SUFFIXES:
            return _decode_lossy(content)
        return _decode_tiff(content)
    except _DECODE_ERRORS as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UnusableFileError(
            f"can't be read as {path.suffix.lower().lstrip('.')} ({reason}); copy or save it again"
        ) from error


def _decode_png(content: bytes, *, keep_palette: bool) -> NDArray[Any]:
    bit_depth, colour_type = content[24:26]
    if bit_depth == 16 and colour_type != 0:
        # Pillow silently cuts 16-bit colour to 8 bits.
        return np.asarray(imagecodecs.png_decode(content))
    with Image.open(BytesIO(content), formats=["PNG"]) as image:
        is_palette = image.mode == "P"
        return np.array(image.convert("RGB") if is_palette and not keep_palette else image)


def _decode_lossy(content: bytes) -> NDArray[Any]:
    with Image.open(BytesIO(content), formats=["JPEG", "BMP"]) as image:
        return np.array(image if image.mode in ("L", "RGB") else image.convert("RGB"))


def _decode_tiff(content: bytes) -> NDArray[Any]:
    with tifffile.TiffFile(BytesIO(content)) as file:
        series = file.series[0]
        pixels = np.asarray(series.asarray())
        axes = series.axes
    if pixels.ndim == 3 and axes[0] in "SC" and pixels.shape[0] <= 4:
        pixels = np.moveaxis(pixels, 0, -1)
    return pixels


def _shape(pixels: NDArray[Any]) -> str:
    return " x ".join(str(side) for side in pixels.shape)
