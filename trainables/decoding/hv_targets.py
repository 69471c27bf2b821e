"""Label map -> HoVer map: how far each pixel of a nucleus is from the nucleus's centroid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trainables.metrics.ids import check_labels, consecutive_ids

__all__ = ["hv_targets"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_BLOCK = 1 << 10  # stretches whose pixels are written together, while they are in the cache


def hv_targets(labels: ArrayLike) -> NDArray[np.float32]:
    """Horizontal and vertical offset from the centroid, scaled per nucleus to [-1, 1].

    Negative offsets of a nucleus are divided by its largest negative one, positive offsets by its
    largest positive one. The centroid is exact, so that flips, quarter turns and transposition of
    the labels flip and turn the map without any rounding; a rounded centroid would not do that. A
    nucleus that the image's border cuts is measured by the part that is visible. An id with several
    pieces is one nucleus.

    Args:
        labels: Shape (H, W), integers of any width, any ids, 0 is background.

    Returns:
        Shape (2, H, W) float32: 0 horizontal (grows to the right), 1 vertical (grows downwards). 0
        in the background, and wherever a nucleus has no extent along the axis.

    Raises:
        ValueError: The labels are not 2-D, not integers, or negative.

    Source: Graham et al. 2019, doi:10.1016/j.media.2019.101563.
    """
    label_map = check_labels(labels, "nuclei")
    if label_map.ndim != 2:
        raise ValueError(f"labels must have shape (H, W), got {label_map.shape}")
    height, width = label_map.shape
    maps = np.zeros((2, height * width), dtype=np.float32)
    if label_map.any():
        _write_offsets(maps, _find_stretches(label_map.ravel(), width))
    return maps.reshape(2, height, width)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Stretches:
    """Pixels of one nucleus side by side in a row: what is summed is summed stretch by stretch.

    Attributes:
        starts: Index of the first pixel in the flat image, shape (stretches,) int64.
        lengths: Pixels, the same shape and type, and so are the others.
        ids: Nuclei, from 1 and without gaps.
        rows: Row.
        lefts: Column of the first pixel.
        rights: Column of the last pixel.
    """

    starts: IntArray
    lengths: IntArray
    ids: IntArray
    rows: IntArray
    lefts: IntArray
    rights: IntArray


def _find_stretches(flat: NDArray[np.integer], width: int) -> _Stretches:
    is_start = np.ones(flat.size, dtype=bool)
    np.not_equal(flat[1:], flat[:-1], out=is_start[1:])
    is_start[::width] = True
    starts = np.flatnonzero(is_start)
    lengths = np.diff(starts, append=flat.size)
    ids, _ = consecutive_ids(flat[starts])
    in_nucleus = np.flatnonzero(ids)
    starts, lengths = starts[in_nucleus], lengths[in_nucleus]
    rows, lefts = np.divmod(starts, width)
    return _Stretches(
        starts=starts,
        lengths=lengths,
        ids=ids[in_nucleus],
        rows=rows,
        lefts=lefts,
        rights=lefts + lengths - 1,
    )


def _write_offsets(maps: NDArray[np.float32], found: _Stretches) -> None:
    """Writes both maps, shape (2, pixels), where there are nuclei.

    Offsets times the size are whole numbers, also as float64: a mirrored nucleus gives exactly the
    negated ones.
    """
    sizes = np.bincount(found.ids, weights=found.lengths)[found.ids].astype(np.float64, copy=False)
    left, left_extent, right_extent = _offsets(found, sizes, found.lefts, found.rights)
    vertical, up_extent, down_extent = _offsets(found, sizes, found.rows, found.rows)
    vertical /= np.where(vertical < 0, up_extent, down_extent)
    for begin in range(0, found.ids.size, _BLOCK):
        block = slice(begin, begin + _BLOCK)
        lengths = found.lengths[block]
        # For each pixel its stretch and its place in there.
        stretch = np.repeat(np.arange(begin, begin + lengths.size), lengths)
        place = np.arange(stretch.size) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        pixels = found.starts[stretch] + place
        horizontal = left[stretch] + place * sizes[stretch]
        horizontal /= np.where(horizontal < 0, left_extent[stretch], right_extent[stretch])
        maps[0, pixels] = horizontal
        maps[1, pixels] = vertical[stretch]


def _offsets(
    found: _Stretches, sizes: FloatArray, first: IntArray, last: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Along one axis, for each stretch: the offset of its first pixel, and its nucleus's extents.

    Args:
        found: The stretches.
        sizes: Pixels of the nucleus of each stretch.
        first: Coordinate of the first pixel of each stretch.
        last: Coordinate of its last pixel.

    Returns:
        All times the size of the nucleus: the offset, and how far the nucleus reaches to either
        side of its centroid, at least 1.
    """
    sums = np.bincount(found.ids, weights=(first + last) * found.lengths / 2)[found.ids]
    offsets, ends = first * sizes - sums, last * sizes - sums
    lowest, highest = np.ones((2, int(found.ids.max()) + 1))
    np.maximum.at(lowest, found.ids, -offsets)
    np.maximum.at(highest, found.ids, ends)
    return offsets, lowest[found.ids], highest[found.ids]
