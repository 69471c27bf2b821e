"""Label map -> HoVer map: how far each pixel of a nucleus is from the nucleus's centroid."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trainables.metrics.ids import check_labels, consecutive_ids

__all__ = ["hv_targets"]


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
    flat = label_map.ravel()
    foreground = np.flatnonzero(flat)
    ids, num_ids = consecutive_ids(flat[foreground])
    rows, cols = np.divmod(foreground, max(width, 1))
    sizes = np.bincount(ids, minlength=num_ids + 1)
    for channel, positions in enumerate((cols, rows)):
        maps[channel, foreground] = _scaled_offsets(positions, ids, sizes)
    return maps.reshape(2, height, width)


def _scaled_offsets(
    positions: NDArray[np.int64], ids: NDArray[np.int64], sizes: NDArray[np.int64]
) -> NDArray[np.float64]:
    # Offsets times the size are whole numbers: a mirrored nucleus gives exactly the negated ones.
    sums = np.bincount(ids, weights=positions, minlength=sizes.size).astype(np.int64)
    offsets = positions * sizes[ids] - sums[ids]
    lowest = np.zeros(sizes.size, dtype=np.int64)
    highest = np.zeros(sizes.size, dtype=np.int64)
    np.minimum.at(lowest, ids, offsets)
    np.maximum.at(highest, ids, offsets)
    extent = np.where(offsets < 0, -lowest[ids], highest[ids])
    return offsets / np.maximum(extent, 1)
