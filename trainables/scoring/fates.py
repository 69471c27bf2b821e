"""What became of each nucleus: found, missed, split, merged. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from trainables.metrics import OverlapTable

__all__ = ["Fate", "Fates", "find_fates"]

_CRUMB_FRAC = 0.1


class Fate(StrEnum):
    """What became of a true or a predicted nucleus."""

    FOUND = "found"
    MERGED = "merged"
    SPLIT = "split"
    MISSED = "missed"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fates:
    """Fates of the nuclei of one image, by their position in the order of their ids.

    Attributes:
        true: `FOUND`: some prediction has an IoU above one half, as in PQ. Otherwise `MERGED`: more
            than half of it lies in a prediction that holds more than half of another nucleus too;
            `SPLIT`: two or more predictions lie in it for more than half of themselves, crumbs of
            less than a tenth of it aside; `MISSED`: all others.
        pred: `MERGED`: holds more than half of several nuclei. Otherwise `FOUND`, alike; `SPLIT`:
            a piece of a nucleus that is in pieces; `EXTRA`: all others, such as what is no nucleus.
    """

    true: tuple[Fate, ...]
    pred: tuple[Fate, ...]

    def counts(self) -> dict[str, float]:
        """How many: `nuclei`, `nuclei_found` and the like, `predicted`, `predicted_extra`."""
        true = {
            f"nuclei_{fate}": float(self.true.count(fate)) for fate in Fate if fate != Fate.EXTRA
        }
        return {
            "nuclei": float(len(self.true)),
            **true,
            "predicted": float(len(self.pred)),
            "predicted_extra": float(self.pred.count(Fate.EXTRA)),
        }


def find_fates(table: OverlapTable) -> Fates:
    """Finds out what became of the nuclei of one image."""
    pairs = table.object_pairs()
    num_true, num_pred = pairs.true_sizes.size, pairs.pred_sizes.size
    matched = 2 * pairs.shared > pairs.union
    swallowed = 2 * pairs.shared > pairs.true_sizes[pairs.rows]
    is_merging = np.bincount(pairs.cols[swallowed], minlength=num_pred) > 1
    is_piece = (2 * pairs.shared > pairs.pred_sizes[pairs.cols]) & (
        pairs.shared >= _CRUMB_FRAC * pairs.true_sizes[pairs.rows]
    )
    is_split = np.bincount(pairs.rows[is_piece], minlength=num_true) > 1
    true = np.full(num_true, Fate.MISSED, dtype=object)
    true[is_split] = Fate.SPLIT
    true[pairs.rows[swallowed & is_merging[pairs.cols]]] = Fate.MERGED
    true[pairs.rows[matched]] = Fate.FOUND
    pred = np.full(num_pred, Fate.EXTRA, dtype=object)
    pred[pairs.cols[is_piece & is_split[pairs.rows]]] = Fate.SPLIT
    pred[pairs.cols[matched]] = Fate.FOUND
    pred[is_merging] = Fate.MERGED
    return Fates(true=tuple(true.tolist()), pred=tuple(pred.tolist()))
