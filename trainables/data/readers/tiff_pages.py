"""Opens multi-page TIFF files and reads one image of them at a time."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from trainables.data.image_file import UnusableFileError

__all__ = ["TIFF", "TiffStack", "open_stack"]

#: Endings of TIFF files, in lower case.
TIFF = (".tif", ".tiff")

_ERRORS = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    RuntimeError,
    struct.error,
    tifffile.TiffFileError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Series:
    """Pages of one shape.

    Attributes:
        axes: A letter each: Y, X; S samples (RGB), C channels; any other counts images.
        shape: Length of each axis.
        offset: Where the pixels start in the file if they lie there in a row, else None.
        dtype: Of the pixels, in the file's byte order.
        page_axes: Axes that a single page has, the last ones of `axes`.
    """

    axes: str
    shape: tuple[int, ...]
    offset: int | None
    dtype: np.dtype
    page_axes: int

    def lengths(self, wanted: str) -> tuple[int, ...]:
        """Lengths of the axes that are in `wanted`."""
        return tuple(n for axis, n in zip(self.axes, self.shape, strict=True) if axis in wanted)

    def image_axes(self, *, split_channels: bool) -> str:
        """The axes that count images; with `split_channels` the channels are images too.

        So are samples that are stored plane by plane: tifffile writes three or four gray images
        like that unless it is told that they are no colours.
        """
        is_planar = "S" in self.axes and self.axes.index("S") < self.axes.index("Y")
        kept = ("YX" if is_planar else "YXS") if split_channels else "YXSC"
        return "".join(axis for axis in self.axes if axis not in kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class TiffStack:
    """An open file whose pages are read when they are asked for.

    Attributes:
        path: Where it is.
        series: Its pages.
        file: tifffile's reader; its handle is open only while it reads.
    """

    path: Path
    series: Sequence[_Series]
    file: tifffile.TiffFile

    def count(self, *, split_channels: bool) -> int:
        """Number of images; with `split_channels` each channel is an image of its own."""
        return sum(
            math.prod(one.lengths(one.image_axes(split_channels=split_channels)))
            for one in self.series
        )

    def most(self, axes: str) -> int:
        """The most values that the axes of these letters have together; 1 without any."""
        return max(math.prod(one.lengths(axes)) for one in self.series)

    def read(self, index: int, *, split_channels: bool) -> NDArray[Any]:
        """Reads an image: (H, W), or (H, W, C) if it has channels or samples.

        Raises:
            UnusableFileError: The page can't be read.
        """
        place = 0
        while True:
            one = self.series[place]
            axes = one.image_axes(split_channels=split_channels)
            lengths = one.lengths(axes)
            if index < math.prod(lengths):
                break
            index -= math.prod(lengths)
            place += 1
        numbers = dict(zip(axes, np.unravel_index(index, lengths), strict=True)) if axes else {}
        try:
            whole = [int(numbers[axis]) if axis in numbers else slice(None) for axis in one.axes]
            pixels = self._map(one, whole) if one.offset is not None else self._load(place, whole)
        except (OSError, *_ERRORS) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise UnusableFileError(f"can't be read ({reason}); copy or save it again") from error
        left = [axis for axis in one.axes if axis not in numbers]
        order = [left.index(axis) for axis in "YX"]
        pixels = pixels.transpose([*order, *(i for i in range(len(left)) if i not in order)])
        return pixels.reshape(*pixels.shape[:2], -1) if pixels.ndim > 3 else pixels

    def _map(self, one: _Series, whole: Sequence[int | slice]) -> NDArray[Any]:
        mapped = np.memmap(
            self.path, dtype=one.dtype, mode="r", offset=one.offset or 0, shape=one.shape
        )
        return np.array(mapped[tuple(whole)], one.dtype.newbyteorder("="))

    def _load(self, place: int, whole: Sequence[int | slice]) -> NDArray[Any]:
        """Decodes just the pages that the image is made of."""
        one = self.series[place]
        split = len(one.axes) - one.page_axes
        outer = one.shape[:split]
        pages = np.arange(math.prod(outer)).reshape(outer)[tuple(whole[:split])]
        self.file.filehandle.open()
        try:
            parts = [
                self.file.asarray(key=int(page), series=place).reshape(one.shape[split:])
                for page in pages.reshape(-1)
            ]
        finally:
            self.file.filehandle.close()
        stacked = np.stack(parts).reshape(*pages.shape, *one.shape[split:])
        return stacked[(..., *whole[split:])]


def open_stack(path: Path) -> TiffStack:
    """Reads a file's structure, but no pixels.

    Raises:
        UnusableFileError: It is no TIFF, is cut short, or has axes that can't be told.
    """
    try:
        with tifffile.TiffFile(path) as file:
            series = [_describe(file, one) for one in file.series]
            size = path.stat().st_size
    except OSError as error:
        raise UnusableFileError(f"can't be opened ({error.strerror or error})") from error
    except _ERRORS as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UnusableFileError(
            f"can't be read as TIFF ({reason}); copy or save it again"
        ) from error
    for one in series:
        if not {"Y", "X"} <= set(one.axes):
            raise UnusableFileError(f"has the axes {one.axes}; images need Y and X")
        end = (one.offset or 0) + math.prod(one.shape) * one.dtype.itemsize
        if one.offset is not None and end > size:
            raise UnusableFileError(f"is cut short: {size} of {end} bytes; copy it again")
    if not series:
        raise UnusableFileError("holds no image")
    return TiffStack(path=path, series=tuple(series), file=file)


def _describe(file: tifffile.TiffFile, series: tifffile.TiffPageSeries) -> _Series:
    return _Series(
        axes=series.axes,
        shape=tuple(series.shape),
        offset=series.dataoffset,
        dtype=np.dtype(file.byteorder + series.dtype.char),
        page_axes=min(len(series.axes), len(series.keyframe.axes)),
    )
