"""Fills outlines: which pixels have their center inside."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["fill_rings"]


def fill_rings(rings: Sequence[NDArray[np.float64]], height: int, width: int) -> NDArray[np.int64]:
    """Fills a polygon with its holes, by the even-odd rule.

    A pixel belongs to the polygon if its center (column + 0.5, row + 0.5) is inside an odd number
    of rings, so outlines that share an edge share no pixel. What lies outside the image is cut off.

    Args:
        rings: Points (x, y), (K, 2) each, finite, in pixels from the upper left corner of the
            image; the outer ring and holes, in any direction, closed or not.
        height: Of the image.
        width: Of the image.

    Returns:
        Flat indices, row by row, ascending; empty if no center is inside.
    """
    edges = np.concatenate([np.stack([ring, np.roll(ring, -1, axis=0)], axis=1) for ring in rings])
    # Of the two ends, the upper one first; level edges cross no row of centers.
    ys = np.sort(edges[:, :, 1], axis=1)
    first = np.clip(np.ceil(ys[:, 0] - 0.5), 0, height).astype(np.int64)
    behind = np.clip(np.ceil(ys[:, 1] - 0.5), 0, height).astype(np.int64)
    counts = behind - first
    edge = np.repeat(np.arange(len(edges)), counts)
    rows = np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts) + first[edge]
    (x0, y0), (x1, y1) = edges[edge, 0].T, edges[edge, 1].T
    crossing = x0 + (rows + 0.5 - y0) * (x1 - x0) / np.where(y1 == y0, 1.0, y1 - y0)
    columns = np.clip(np.ceil(crossing - 0.5), 0, width).astype(np.int64)
    return _between_crossings(rows, columns, width)


def _between_crossings(
    rows: NDArray[np.int64], columns: NDArray[np.int64], width: int
) -> NDArray[np.int64]:
    """Pixels from each odd crossing of a row up to the next one."""
    order = np.lexsort((columns, rows))
    # Every row is crossed an even number of times.
    starts, ends = (rows[order] * width + columns[order]).reshape(-1, 2).T
    lengths = ends - starts
    total = int(lengths.sum())
    offsets = np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
    return offsets + np.arange(total)
