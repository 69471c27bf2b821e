"""What became of each nucleus: found, missed, split, merged. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

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
        pred: `FOUND` alike. Otherwise `MERGED`: holds more than half of several nuclei; `SPLIT`:
            a piece of a nucleus that is split; `EXTRA`: all others, such as what is no nucleus.
    """

    true: tuple[Fate, ...]
    pred: tuple[Fate, ...]

    def counts(self) -> dict[str, float]:
        """How many: `nuclei`, `predicted`, and of true nuclei `found`, `merged` ...; `extra`."""
        true = {fate.value: float(self.true.count(fate)) for fate in Fate if fate != Fate.EXTRA}
        return {
            "nuclei": float(len(self.true)),
            "predicted": float(len(self.pred)),
            **true,
            "extra": float(self.pred.count(Fate.EXTRA)),
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
    true = _fates(
        num_true,
        found=pairs.rows[matched],
        merged=pairs.rows[swallowed & is_merging[pairs.cols]],
        split=np.flatnonzero(is_split),
        other=Fate.MISSED,
    )
    pred = _fates(
        num_pred,
        found=pairs.cols[matched],
        merged=np.flatnonzero(is_merging),
        split=pairs.cols[is_piece & is_split[pairs.rows]],
        other=Fate.EXTRA,
    )
    return Fates(true=true, pred=pred)


def _fates(
    number: int,
    *,
    found: NDArray[np.int64],
    merged: NDArray[np.int64],
    split: NDArray[np.int64],
    other: Fate,
) -> tuple[Fate, ...]:
    fates = np.full(number, other, dtype=object)
    for fate, members in ((Fate.SPLIT, split), (Fate.MERGED, merged), (Fate.FOUND, found)):
        fates[members] = fate
    return tuple(fates.tolist())
