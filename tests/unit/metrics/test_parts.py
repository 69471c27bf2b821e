"""Scores from sums over images are those of the pooled table."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from trainables.metrics import OverlapTable, compute_parts, pooled, scores_of_parts


def blobs(seed: int, fill: float) -> NDArray[np.int32]:
    """Rectangles at random; `fill` of the area's worth of them, maybe none."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((24, 31), np.int32)
    for label in range(1, int(fill * 14) + 1):
        y, x = rng.integers(0, (20, 26))
        labels[y : y + rng.integers(2, 8), x : x + rng.integers(2, 8)] = 3 * label
    return labels


def tables(pairs: list[tuple[float, float]]) -> list[OverlapTable]:
    return [
        OverlapTable.from_labels(blobs(2 * item, true), blobs(2 * item + number % 2, pred))
        for number, (item, (true, pred)) in enumerate(enumerate(pairs))
    ]


def added(found: list[OverlapTable]) -> dict[str, NDArray[np.float64]]:
    parts = [compute_parts(table) for table in found]
    return {name: np.array([sum(part[name] for part in parts)]) for name in parts[0]}


@pytest.mark.parametrize(
    "pairs",
    [
        [(1, 1), (0.5, 0.7), (0.2, 1)],
        [(1, 0.8), (0, 0), (0.6, 0)],
        [(0, 0.5), (1, 1)],
        [(0, 0), (0, 0)],
        [(0.5, 0), (1, 0)],
        [(0, 1)],
        [(1, 1)],
    ],
)
def test_sums_give_what_pooling_gives(pairs: list[tuple[float, float]]) -> None:
    found = tables(pairs)
    whole = pooled(found)
    quality, rand = whole.panoptic_quality(), whole.adapted_rand_error()
    scores = {name: value.item() for name, value in scores_of_parts(added(found)).items()}
    assert scores == pytest.approx(
        {
            "aji": whole.aji(),
            "aji_plus": whole.aji_plus(),
            "dice": whole.dice(),
            "pq": quality.pq,
            "dq": quality.dq,
            "sq": quality.sq,
            "are": rand.error,
            "are_precision": rand.precision,
            "are_recall": rand.recall,
        },
        abs=1e-12,
    )


def test_many_sums_at_once() -> None:
    found = tables([(1, 1), (0.5, 0.7)])
    sums = added(found)
    both = {name: np.array([value.item(), 2 * value.item()]) for name, value in sums.items()}
    scores = scores_of_parts(both)
    assert scores["aji"][0] == scores["aji"][1]
    assert scores["aji"].shape == (2,)
