"""PQ of each class of nuclei, of single images and of many. No torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from trainables.metrics import ClassCounts
from trainables.metrics.type_scores import compute_type_scores

__all__ = ["class_parts", "class_score_names", "class_scores", "scores_of_class_sums"]

FloatArray = NDArray[np.float64]

_IOU, _OBJECTS = "class_iou/", "class_objects/"


def class_score_names(type_names: Sequence[str]) -> list[str]:
    """The scores, those of all classes together first; none where nuclei have no classes."""
    return ["mpq", *(f"pq/{name}" for name in type_names)] if type_names else []


def class_scores(counts: ClassCounts, type_names: Sequence[str]) -> dict[str, float]:
    """The scores of one image; their means over images are those of `compute_type_scores`.

    Args:
        counts: Of the image.
        type_names: Of the classes.

    Returns:
        Without the classes that its truth does not have.
    """
    scores = compute_type_scores([counts], type_names)
    return {name: scores[name] for name in class_score_names(type_names) if name in scores}


def class_parts(counts: ClassCounts, type_names: Sequence[str]) -> dict[str, float]:
    """What an image adds to the sums, by name."""
    parts = {}
    for index, name in enumerate(type_names):
        parts[_IOU + name] = float(counts.iou_sums[index])
        parts[_OBJECTS + name] = float(counts.num_true[index] + counts.num_pred[index])
    return parts


def scores_of_class_sums(sums: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """The scores for sums over images.

    Args:
        sums: Of what `class_parts` gave, among others; arrays of one shape.

    Returns:
        `pq/<class>`, NaN where neither truth nor prediction has the class, and `mpq`, the mean over
        the others (the mPQ+ of CoNIC). Empty without classes.
    """
    names = [name.removeprefix(_IOU) for name in sums if name.startswith(_IOU)]
    if not names:
        return {}
    iou = np.stack([sums[_IOU + name] for name in names])
    objects = np.stack([sums[_OBJECTS + name] for name in names])
    occurs = objects > 0
    quality = np.divide(2 * iou, objects, where=occurs, out=np.full(iou.shape, np.nan))
    num_classes = occurs.sum(axis=0)
    total = np.where(occurs, quality, 0.0).sum(axis=0)
    mean = np.divide(total, num_classes, where=num_classes > 0, out=np.full(total.shape, np.nan))
    return {"mpq": mean, **{f"pq/{name}": quality[i] for i, name in enumerate(names)}}
