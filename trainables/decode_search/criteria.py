"""What decodings are chosen by: scores on which 1 is perfect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from trainables.metrics import OverlapTable

__all__ = ["CRITERIA", "ERRORS", "compromise", "measure"]

#: The scores in [0, 1] of `instance_scores`. Splits and merges in bits and the error of the count
#: have no worst value, so there is no telling how much of them is worth how much of the others.
CRITERIA: Mapping[str, Callable[[OverlapTable], float]] = {
    "aji": OverlapTable.aji,
    "aji_plus": OverlapTable.aji_plus,
    "dice": OverlapTable.dice,
    "pq": lambda table: table.panoptic_quality().pq,
    "dq": lambda table: table.panoptic_quality().dq,
    "sq": lambda table: table.panoptic_quality().sq,
    "are": lambda table: table.adapted_rand_error().error,
    "are_precision": lambda table: table.adapted_rand_error().precision,
    "are_recall": lambda table: table.adapted_rand_error().recall,
}
#: Those of them on which 0 is perfect.
ERRORS = frozenset({"are"})


def measure(table: OverlapTable, names: Sequence[str]) -> list[float]:
    """The named scores of one image, as they are."""
    return [CRITERIA[name](table) for name in names]


def compromise(scores: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """One number for several scores: their mean, errors taken as 1 - error.

    Args:
        scores: By the names of `CRITERIA`, at least one, each of shape (images,).

    Returns:
        Shape (images,), 1 is perfect. Of a single score that is no error, its very values.
    """
    turned = [1 - value if name in ERRORS else value for name, value in scores.items()]
    return np.asarray(sum(turned[1:], start=turned[0]) / len(turned))
