"""One-to-one matchings against trying everything."""

import itertools

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from trainables.metrics import OverlapTable
from trainables.metrics.matching import count_matches, match_by_total_iou


def all_matchings(pairs):
    indices = range(pairs.rows.size)
    for size in range(pairs.rows.size + 1):
        for chosen in itertools.combinations(indices, size):
            rows, cols = pairs.rows[list(chosen)], pairs.cols[list(chosen)]
            if len(set(rows)) == len(set(cols)) == size:
                yield list(chosen)


def crowded_pairs(seed):
    """Runs of random lengths: chains of overlaps, with equal IoU now and then."""
    rng = np.random.default_rng(seed)
    maps = [np.repeat(rng.integers(0, 5, 12), rng.integers(1, 4, 12))[:14] for _ in range(2)]
    return OverlapTable.from_labels(*(np.resize(labels, 14) for labels in maps)).object_pairs()


@pytest.mark.parametrize("seed", range(60))
def test_no_other_matching_has_a_larger_total_or_more_pairs(seed):
    pairs = crowded_pairs(seed)
    chosen = match_by_total_iou(pairs)
    assert len(set(pairs.rows[chosen])) == len(set(pairs.cols[chosen])) == chosen.size
    matchings = list(all_matchings(pairs))
    best = max(pairs.iou[other].sum() for other in matchings)
    assert pairs.iou[chosen].sum() == pytest.approx(best, abs=1e-12)
    for threshold in (0.0, 0.2, 0.4, 0.5):
        most = max(len(other) for other in matchings if (pairs.iou[other] > threshold).all())
        assert count_matches(pairs, threshold) == most


def test_ties_are_solved_too():
    # Every true object shares two voxels with two predicted ones: a ring without a largest pair.
    true = np.repeat(np.arange(1, 7), 4)
    pairs = OverlapTable.from_labels(true, np.roll(true, 2)).object_pairs()
    assert np.ptp(pairs.iou) == 0
    assert match_by_total_iou(pairs).size == count_matches(pairs, 0.3) == 6


def test_a_long_chain_in_which_each_pair_waits_for_the_next():
    # IoU grows along the chain, so each round of `_settled` could settle one end only.
    num = 60
    lengths = np.arange(10, 10 + 2 * num)
    true = np.repeat(np.arange(1, num + 1), lengths.reshape(num, 2).sum(axis=1))
    cols = np.concatenate(([1], np.repeat(np.arange(2, num + 1), 2), [num + 1]))
    pairs = OverlapTable.from_labels(true, np.repeat(cols, lengths)).object_pairs()
    dense = np.zeros((num, num + 1))
    dense[pairs.rows, pairs.cols] = pairs.iou
    best = dense[linear_sum_assignment(dense, maximize=True)].sum()
    assert pairs.iou[match_by_total_iou(pairs)].sum() == pytest.approx(best, rel=1e-12)


def test_nothing_overlaps():
    pairs = OverlapTable.from_labels(np.array([1, 0]), np.array([0, 1])).object_pairs()
    assert match_by_total_iou(pairs).size == count_matches(pairs, 0.0) == 0
