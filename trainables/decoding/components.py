"""Choosing among labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["are_largest", "select_labels"]


def select_labels(
    labels: NDArray[np.integer], keep: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], int]:
    """Keeps some of the labels and renumbers them from 1 in their old order.

    Args:
        labels: Values 0 .. n, any shape.
        keep: Shape (n + 1,); False for the background.

    Returns:
        The new labels, int32, and how many there are.
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
