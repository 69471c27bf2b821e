"""Panoptic quality of each class of objects, and how many objects are of the right class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trainables.metrics.pairs import PairCounts

__all__ = ["ClassCounts", "count_classes"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClassCounts:
    """What the scores of classes are made of; counts of several images can be added.

    Attributes:
        iou_sums: Of the pairs that match and agree in their class, by class, shape (classes,).
        num_matched: Those pairs, shape (classes,).
        num_true: True objects, shape (classes,).
        num_pred: Predicted objects, shape (classes,); without those that match a true object of
            unknown class, which can be neither right nor wrong.
        num_correct: Pairs that match and agree, all classes together.
        num_compared: Pairs that match and whose true class is known.
    """

    iou_sums: FloatArray
    num_matched: IntArray
    num_true: IntArray
    num_pred: IntArray
    num_correct: int
    num_compared: int

    def __add__(self, other: ClassCounts) -> ClassCounts:
        return ClassCounts(
            iou_sums=self.iou_sums + other.iou_sums,
            num_matched=self.num_matched + other.num_matched,
            num_true=self.num_true + other.num_true,
            num_pred=self.num_pred + other.num_pred,
            num_correct=self.num_correct + other.num_correct,
            num_compared=self.num_compared + other.num_compared,
        )

    @property
    def panoptic_qualities(self) -> FloatArray:
        """PQ of each class, shape (classes,), in [0, 1].

        That of the label maps that show the class alone, pairs with an IoU above (not at) one half.
        1 where neither map shows the class, 0 where only one does.

        Source: Kirillov et al. 2019, doi:10.1109/CVPR.2019.00963.
        """
        objects = self.num_true + self.num_pred
        return np.where(objects > 0, 2 * self.iou_sums / np.maximum(objects, 1), 1.0)

    @property
    def accuracy(self) -> float | None:
        """Share of the matched objects that are of the right class; None if none could be told."""
        return self.num_correct / self.num_compared if self.num_compared else None


def count_classes(
    counts: PairCounts, true_classes: ArrayLike, pred_classes: ArrayLike, num_classes: int
) -> ClassCounts:
    """Counts the classes of one image.

    Args:
        counts: The overlaps.
        true_classes: From 1 to `num_classes`, or 0 for unknown; in the order of the true ids, shape
            (true objects,).
        pred_classes: From 1 to `num_classes`, in the order of the predicted ids, shape (predicted
            objects,).
        num_classes: At least 1.

    Raises:
        ValueError: There are not as many classes as objects.
    """
    true, pred = (np.asarray(part, dtype=np.int64) for part in (true_classes, pred_classes))
    if true.shape != (counts.num_true,) or pred.shape != (counts.num_pred,):
        raise ValueError(
            f"{counts.num_true} true and {counts.num_pred} predicted objects need as many classes, "
            f"got {true.shape} and {pred.shape}"
        )
    pairs = counts.object_pairs()
    matched = 2 * pairs.shared > pairs.union
    of_true, of_pred = true[pairs.rows[matched]], pred[pairs.cols[matched]]
    agreed = of_true == of_pred
    judged = np.ones(pred.size, dtype=bool)
    judged[pairs.cols[matched][of_true == 0]] = False

    def by_class(classes: IntArray, weights: FloatArray | None = None) -> NDArray:
        return np.bincount(classes, weights=weights, minlength=num_classes + 1)[1:]

    return ClassCounts(
        iou_sums=by_class(of_true[agreed], pairs.iou[matched][agreed]),
        num_matched=by_class(of_true[agreed]),
        num_true=by_class(true),
        num_pred=by_class(pred[judged]),
        num_correct=int(np.count_nonzero(agreed)),
        num_compared=int(np.count_nonzero(of_true)),
    )
