"""The scores of a set of images by metric name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trainables.metrics import OverlapTable, pooled

__all__ = ["SCORE_NAMES", "compute_mean_scores", "compute_scores"]

SCORE_NAMES = (
    "aji",
    "aji_plus",
    "dice",
    "pq",
    "dq",
    "sq",
    "are",
    "are_precision",
    "are_recall",
    "voi_split",
    "voi_merge",
    "count_error",
)


def compute_scores(table: OverlapTable) -> dict[str, float]:
    """Every score of `SCORE_NAMES` of one image, or of several pooled ones."""
    quality = table.panoptic_quality()
    rand = table.adapted_rand_error()
    information = table.variation_of_information()
    values = (
        table.aji(),
        table.aji_plus(),
        table.dice(),
        quality.pq,
        quality.dq,
        quality.sq,
        rand.error,
        rand.precision,
        rand.recall,
        information.split,
        information.merge,
        table.count_error(),
    )
    return dict(zip(SCORE_NAMES, values, strict=True))


def compute_mean_scores(tables: Sequence[OverlapTable]) -> dict[str, float]:
    """The scores of a data set.

    Args:
        tables: One per image, at least one.

    Returns:
        Every score of `SCORE_NAMES` as the mean over images, each image counting the same, and
        `aji_pooled`: the AJI of all images together, to which crowded images contribute more.
    """
    scores = [compute_scores(table) for table in tables]
    means = {name: float(np.mean([score[name] for score in scores])) for name in SCORE_NAMES}
    return {**means, "aji_pooled": pooled(tables).aji()}
