"""Choosing among labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["are_largest"]


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
