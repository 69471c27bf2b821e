"""Dividing the components of a mask among markers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import watershed

from trainables.decoding.components import select_labels
from trainables.decoding.islands import Islands

__all__ = ["flood"]

LabelArray = NDArray[np.int32]


def flood(
    islands: Islands, heights: NDArray[np.float64], markers: LabelArray, kept: NDArray[np.bool_]
) -> LabelArray:
    """Divides each component among its markers; one with a single marker or none stays whole.

    Args:
        islands: The components.
        heights: On the sheet; low ground is flooded first.
        markers: On the sheet, labels 0 .. m, inside the components.
        kept: Which components are wanted, shape (n + 1,).

    Returns:
        Labels 0 .. k of the image, shape (H, W).
    """
    num_markers = int(markers.max(initial=0))
    home = np.zeros(num_markers + 1, dtype=np.int64)
    home[markers] = islands.ids
    # Pixels without a marker have written a component to entry 0.
    home[0] = 0
    contested = np.bincount(home[1:], minlength=islands.num + 1) > 1
    contested[0] = False
    labels = np.where(kept, np.arange(islands.num + 1), 0).astype(np.int32)[islands.ids]
    inside = contested[islands.ids]
    if inside.any():
        rows, cols = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
        box = (slice(rows[0], rows[-1] + 1), slice(cols[0], cols[-1] + 1))
        mask = inside[box]
        flooded = watershed(heights[box], np.where(mask, markers[box], 0), mask=mask)
        labels[box] = np.where(mask, flooded + islands.num, labels[box])
    keep = np.zeros(islands.num + num_markers + 1, dtype=bool)
    keep[labels] = True
    keep[0] = False
    return islands.put_back(select_labels(labels, keep)[0])
