"""Variation of information between two label maps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainables.metrics.pairs import PairCounts

__all__ = ["VariationOfInformation", "compute_variation_of_information"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VariationOfInformation:
    """Two conditional entropies in bits, each at least 0, 0 is best, without an upper bound.

    Attributes:
        split: H(pred | true): what it takes to tell into which pieces a true object was cut.
        merge: H(true | pred): what it takes to tell which true objects a predicted one has glued.
    """

    split: float
    merge: float

    @property
    def total(self) -> float:
        """Variation of information: `split + merge`."""
        return self.split + self.merge


def compute_variation_of_information(counts: PairCounts) -> VariationOfInformation:
    """Variation of information over the voxels of true objects; predicted background is a region.

    A pooled table gives the mean over its images, weighted by their true voxels.

    Returns:
        0 and 0 if both are empty. Without any true object there is nothing to average over: then
        split is the entropy of the whole prediction, its background included, and merge is 0.

    Source: Meila 2007, doi:10.1016/j.jmva.2006.11.013.
    """
    inside = counts.rows >= (counts.num_images if counts.num_true else 0)
    rows, cols, shared = counts.rows[inside], counts.cols[inside], counts.counts[inside]
    if not shared.size:
        return VariationOfInformation(split=0.0, merge=0.0)
    per_pred = np.bincount(cols, weights=shared).astype(np.int64)
    return VariationOfInformation(
        split=_conditional_entropy(shared, counts.true_sizes[rows]),
        merge=_conditional_entropy(shared, per_pred[cols]),
    )


def _conditional_entropy(shared: NDArray[np.int64], given: NDArray[np.int64]) -> float:
    bits = float(shared @ np.log2(given / shared))
    return bits / float(shared.sum())
