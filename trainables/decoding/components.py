"""Connected components of a binary mask, without the small ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["label_components"]


def label_components(mask: NDArray[np.bool_], min_px: int) -> tuple[NDArray[np.int32], int]:
    """Labels the components of a mask (never of an instance map: it would glue neighbours).

    Pixels that touch at a corner only are not connected.

    Args:
        mask: Shape (H, W).
        min_px: Smaller components become background.

    Returns:
        Labels 0 .. n in the order of their first pixels, shape (H, W) int32, and n.
    """
    labels, num_labels = ndimage.label(mask)
    keep = np.bincount(labels.ravel(), minlength=num_labels + 1) >= min_px
    keep[0] = False
    if keep[1:].all():
        return labels.astype(np.int32, copy=False), num_labels
    return select_labels(labels, keep)


def select_labels(
    labels: NDArray[np.integer], keep: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], int]:
    """Keeps some of the labels and renumbers them from 1 in their old order.

    Args:
        labels: Shape (H, W), values 0 .. n.
        keep: Shape (n + 1,); False for the background.

    Returns:
        The new labels, shape (H, W) int32, and how many there are.
    """
    new_ids = np.where(keep, np.cumsum(keep), 0).astype(np.int32)
    return new_ids[labels], int(np.count_nonzero(keep))


def are_largest(sizes: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    """Which labels are among the `count` largest; of equally large ones the earlier. 0 is not.

    Args:
        sizes: Pixels of each label, shape (n + 1,).
        count: At least 1.
    """
    largest = np.zeros(sizes.size, dtype=bool)
    if sizes.size - 1 <= count:
        largest[1:] = True
    else:
        largest[np.argsort(-sizes[1:], kind="stable")[:count] + 1] = True
    return largest
