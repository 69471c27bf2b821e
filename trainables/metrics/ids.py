"""Label ids of any integer type: refused if they are none, made consecutive."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["check_integers", "check_labels", "check_not_negative", "consecutive_ids"]

# A look-up table this many times longer than the ids is still cheaper than sorting them.
_TABLE_PER_ID = 8
_SMALL_TABLE = 1 << 16


def check_labels(labels: Any, name: str) -> NDArray[np.integer[Any]]:
    """Refuses what can't be a label map.

    Args:
        labels: Array of any shape; ids are integers of any width, 0 is background.
        name: How messages call the array.

    Returns:
        The same array, not copied.

    Raises:
        ValueError: The dtype is not an integer one (bool is not: it does not tell objects apart),
            or an id is negative.
    """
    array = check_integers(labels, name)
    check_not_negative(array, name)
    return array


def check_integers(labels: Any, name: str) -> NDArray[np.integer[Any]]:
    """The labels as an array, not copied; `check_labels` without a look at the ids.

    Raises:
        ValueError: The dtype is not an integer one.
    """
    array = np.asarray(labels)
    if not np.issubdtype(array.dtype, np.integer):
        raise ValueError(
            f"{name} labels must be integers that tell objects apart, got dtype {array.dtype}"
        )
    return array


def check_not_negative(ids: NDArray[np.integer[Any]], name: str) -> None:
    """Refuses negative ids.

    Raises:
        ValueError: The smallest id is negative.
    """
    if np.issubdtype(ids.dtype, np.signedinteger) and ids.size and ids.min() < 0:
        raise ValueError(f"{name} labels must not be negative, got {ids.min()}")


def consecutive_ids(ids: NDArray[np.integer[Any]]) -> tuple[NDArray[np.int64], int]:
    """Renumbers ids to 0 .. n, keeping their order; 0 stays 0 whether or not it occurs.

    Args:
        ids: Shape (N,), not negative, any integer dtype, gaps of any size.

    Returns:
        The new ids, shape (N,) int64, and how many ids above 0 there are.
    """
    if ids.size == 0:
        return np.zeros(0, dtype=np.int64), 0
    top = int(ids.max())
    if top > max(_TABLE_PER_ID * ids.size, _SMALL_TABLE):
        found, inverse = np.unique(ids, return_inverse=True)
        shift = int(found[0] != 0)
        return inverse.astype(np.int64) + shift, found.size - 1 + shift
    present = np.zeros(top + 1, dtype=bool)
    present[ids] = True
    present[0] = True
    num_ids = int(np.count_nonzero(present)) - 1
    if num_ids == top:
        return ids.astype(np.int64), num_ids
    return (np.cumsum(present) - 1)[ids], num_ids
