"""The scores of nuclei's types by metric name. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray

from trainables.decoding import vote_types
from trainables.metrics import ClassCounts, OverlapTable, count_classes

__all__ = ["TYPE_SCORES", "compute_type_scores", "count_types", "type_score_names"]

#: Those that are there for any classes; `pq/<class>` comes for each.
TYPE_SCORES = ("mpq", "mpq_pooled", "type_accuracy")


def type_score_names(type_names: Sequence[str]) -> list[str]:
    """All names that `compute_type_scores` may give."""
    return [*(f"pq/{name}" for name in type_names), *TYPE_SCORES] if type_names else []


def count_types(
    true: NDArray[np.int32],
    types: NDArray[np.int32],
    pred: NDArray[np.int32],
    probabilities: NDArray[np.floating],
) -> ClassCounts:
    """Counts the classes of one decoded image.

    Args:
        true: Labels (H, W).
        types: Of the true nuclei: id and type, ids ascending, (K, 2); 0 is unknown.
        pred: Labels (H, W), nuclei 1 to n without gaps.
        probabilities: Of each class at each pixel, (classes, H, W).
    """
    table = OverlapTable.from_labels(true, pred)
    return count_classes(table, types[:, 1], vote_types(pred, probabilities), len(probabilities))


def compute_type_scores(
    counts: Sequence[ClassCounts], type_names: Sequence[str]
) -> dict[str, float]:
    """The scores of a data set.

    Args:
        counts: One per image, at least one.
        type_names: Of the classes.

    Returns:
        As PanNuke defines them: `pq/<class>`, the mean over the images whose truth has the class;
        `mpq`, of each image the mean over the classes that its truth has, then the mean over the
        images that have any. Both leave out what is found where the truth has none of the class, so
        there is `mpq_pooled` too: each class' PQ over all images together, then the mean over the
        classes that occur in truth or prediction (the mPQ+ of CoNIC). `type_accuracy`: share of all
        matched nuclei that are of the right class. What has nothing to be a mean of is left out,
        all of it where no true nucleus is of known class.

    Source: Gamper et al. 2020, arXiv:2003.10778; Graham et al. 2021, arXiv:2111.14485.
    """
    pooled = reduce(add, counts)
    if not pooled.num_true.any():
        return {}
    qualities = np.stack([image.panoptic_qualities for image in counts])
    shown = np.stack([image.num_true > 0 for image in counts])
    scores = {
        f"pq/{name}": float(qualities[shown[:, index], index].mean())
        for index, name in enumerate(type_names)
        if shown[:, index].any()
    }
    images = [
        of_image[here].mean() for of_image, here in zip(qualities, shown, strict=True) if here.any()
    ]
    scores["mpq"] = float(np.mean(images))
    occurs = pooled.num_true + pooled.num_pred > 0
    scores["mpq_pooled"] = float(pooled.panoptic_qualities[occurs].mean())
    if pooled.accuracy is not None:
        scores["type_accuracy"] = pooled.accuracy
    return scores
