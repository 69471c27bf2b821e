"""What holds for all label maps."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from trainables.metrics import OverlapTable, Truth, pooled
from trainables.metrics.matching import match_by_total_iou

SHAPES = array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=6)


@st.composite
def label_pairs(draw):
    shape = draw(SHAPES)
    maps = arrays(np.int64, shape, elements=st.integers(0, 5))
    return draw(maps), draw(maps)


def scores(table):
    quality, information = table.panoptic_quality(), table.variation_of_information()
    rands = [table.adapted_rand_error(), table.adapted_rand_error("skimage")]
    return {
        "aji": table.aji(),
        "aji_plus": table.aji_plus(),
        "dice": table.dice(),
        "pq": quality.pq,
        "dq": quality.dq,
        "sq": quality.sq,
        **{f"error_{index}": rand.error for index, rand in enumerate(rands)},
        **{f"precision_{index}": rand.precision for index, rand in enumerate(rands)},
        **{f"recall_{index}": rand.recall for index, rand in enumerate(rands)},
        "split": information.split,
        "merge": information.merge,
        "count_error": table.count_error(),
        **{
            f"{part}_above_{at}": getattr(table.detection(at), part)
            for part in ("precision", "recall", "f1")
            for at in (0.0, 0.3, 0.5, 0.75)
        },
    }


UNBOUNDED = {"split", "merge", "count_error"}
# With equal IoU or equal totals, the choice of these two follows the order of the ids.
ORDERED = {"aji", "aji_plus"}


@settings(deadline=None)
@given(label_pairs())
def test_scores_are_finite_and_within_bounds(pair):
    found = scores(OverlapTable.from_labels(*pair))
    assert all(np.isfinite(value) and value >= 0 for value in found.values())
    assert all(value <= 1 for name, value in found.items() if name not in UNBOUNDED)


@settings(deadline=None)
@given(label_pairs())
def test_a_map_agrees_with_itself(pair):
    found = scores(OverlapTable.from_labels(pair[0], pair[0]))
    wrong = {name for name in found if name.startswith("error") or name in UNBOUNDED}
    assert {name: found[name] for name in wrong} == dict.fromkeys(wrong, 0.0)
    right = found.keys() - wrong
    assert {name: found[name] for name in right} == dict.fromkeys(right, 1.0)


@settings(deadline=None)
@given(label_pairs(), st.lists(st.integers(1, 2**62), min_size=5, max_size=5, unique=True))
def test_new_ids_in_the_same_order_change_nothing(pair, ids):
    new = np.array([0, *sorted(ids)])
    before = scores(OverlapTable.from_labels(*pair))
    assert scores(OverlapTable.from_labels(new[pair[0]], pair[1])) == before
    assert scores(OverlapTable.from_labels(pair[0], new[pair[1]])) == before


@settings(deadline=None)
@given(label_pairs(), st.permutations(range(1, 6)), st.permutations(range(1, 6)))
def test_new_ids_in_any_order_change_no_score_without_ties(pair, true_ids, pred_ids):
    before = scores(OverlapTable.from_labels(*pair))
    after = scores(
        OverlapTable.from_labels(
            np.array([0, *true_ids])[pair[0]], np.array([0, *pred_ids])[pair[1]]
        )
    )
    for name in before.keys() - ORDERED:
        assert after[name] == pytest.approx(before[name], abs=1e-12), name


@settings(deadline=None)
@given(label_pairs(), st.permutations(range(1, 6)), st.permutations(range(1, 6)))
def test_new_ids_in_any_order_change_no_aji_unless_iou_are_equal(pair, true_ids, pred_ids):
    table = OverlapTable.from_labels(*pair)
    assume(np.unique(table.object_pairs().iou).size == table.object_pairs().iou.size)
    other = OverlapTable.from_labels(
        np.array([0, *true_ids])[pair[0]], np.array([0, *pred_ids])[pair[1]]
    )
    assert other.aji() == table.aji()
    assert _total_iou(other) == pytest.approx(_total_iou(table), abs=1e-12)


def _total_iou(table):
    pairs = table.object_pairs()
    return pairs.iou[match_by_total_iou(pairs)].sum()


@settings(deadline=None)
@given(label_pairs(), st.integers(0, 2))
def test_flips_and_transposition_change_nothing(pair, axis):
    axis %= pair[0].ndim
    before = scores(OverlapTable.from_labels(*pair))
    flipped = (np.flip(labels, axis) for labels in pair)
    assert scores(OverlapTable.from_labels(*flipped)) == before
    assert scores(OverlapTable.from_labels(*(labels.T for labels in pair))) == before


@settings(deadline=None)
@given(label_pairs(), st.lists(st.integers(0, 5), min_size=1, max_size=3))
def test_prepared_truth_gives_the_same_tables(pair, shifts):
    truth = Truth(pair[0])
    for shift in shifts:
        pred = np.roll(pair[1], shift)
        one, other = truth.table(pred), OverlapTable.from_labels(pair[0], pred)
        for name in ("rows", "cols", "counts", "true_sizes", "pred_sizes"):
            assert np.array_equal(getattr(one, name), getattr(other, name))


@settings(deadline=None)
@given(label_pairs(), st.lists(st.integers(0, 5), min_size=1, max_size=3), st.integers(0, 3))
def test_truth_at_some_voxels_gives_the_same_tables(pair, shifts, modulus):
    truth = Truth(pair[0])
    inside = np.flatnonzero(np.arange(pair[0].size) % 4 >= modulus)
    there = truth.at(inside)
    for shift in shifts:
        pred = np.roll(pair[1], shift).ravel()
        pred[np.setdiff1d(np.arange(pred.size), inside)] = 0
        one = there.table(pred[inside])
        other = OverlapTable.from_labels(pair[0], pred.reshape(pair[0].shape))
        for name in ("rows", "cols", "counts", "true_sizes", "pred_sizes"):
            assert np.array_equal(getattr(one, name), getattr(other, name))


@settings(deadline=None)
@given(label_pairs())
def test_swapping_the_maps_swaps_what_must_be_swapped(pair):
    table, swapped = OverlapTable.from_labels(*pair), OverlapTable.from_labels(*pair[::-1])
    assert swapped.dice() == table.dice()
    for definition in ("kirillov", "hovernet"):
        one, other = table.panoptic_quality(definition), swapped.panoptic_quality(definition)
        assert (one.pq, one.dq, one.sq) == pytest.approx((other.pq, other.dq, other.sq))
    for threshold in (0.0, 0.3, 0.5, 0.75):
        one, other = table.detection(threshold), swapped.detection(threshold)
        assert (one.precision, one.recall, one.f1) == (other.recall, other.precision, other.f1)
    assert _total_iou(swapped) == pytest.approx(_total_iou(table), abs=1e-12)


@settings(deadline=None)
@given(label_pairs())
def test_with_one_foreground_rand_and_information_swap_too(pair):
    same = pair[0], np.where(pair[0] > 0, np.maximum(pair[1], 1), 0)
    table, swapped = OverlapTable.from_labels(*same), OverlapTable.from_labels(*same[::-1])
    one, other = table.variation_of_information(), swapped.variation_of_information()
    assert (one.split, one.merge) == pytest.approx((other.merge, other.split))
    for definition in ("snemi3d", "skimage"):
        one, other = table.adapted_rand_error(definition), swapped.adapted_rand_error(definition)
        assert (one.error, one.precision) == pytest.approx((other.error, other.recall))


@settings(deadline=None)
@given(label_pairs())
def test_detection_agrees_with_the_other_scores(pair):
    table = OverlapTable.from_labels(*pair)
    assert table.detection(0.5).f1 == table.panoptic_quality().dq
    matched = [table.detection(at).num_matched for at in np.linspace(0, 0.99, 12)]
    assert matched == sorted(matched, reverse=True)
    assert matched[0] <= min(table.num_true, table.num_pred)


@settings(deadline=None)
@given(st.lists(label_pairs(), min_size=1, max_size=4))
def test_pooled_scores_are_those_of_one_long_image_with_distinct_ids(pairs):
    def glued(maps):
        return np.concatenate(
            [np.where(labels, labels + 10 * index, 0).ravel() for index, labels in enumerate(maps)]
        )

    whole = OverlapTable.from_labels(
        glued([true for true, _ in pairs]), glued([pred for _, pred in pairs])
    )
    found = scores(pooled(OverlapTable.from_labels(*pair) for pair in pairs))
    # A pooled table keeps the backgrounds of the images apart, which these three see.
    apart = {"split", "merge", "error_1", "precision_1", "recall_1"}
    expected = scores(whole)
    for name in expected.keys() - apart:
        assert found[name] == pytest.approx(expected[name], abs=1e-12), name


@settings(deadline=None)
@given(st.lists(label_pairs(), min_size=1, max_size=4))
def test_pooled_counts_add_up_and_scores_lie_between_the_images(pairs):
    tables = [OverlapTable.from_labels(*pair) for pair in pairs]
    table = pooled(tables)
    assert table.num_voxels == sum(part.num_voxels for part in tables)
    assert table.num_true == sum(part.num_true for part in tables)
    assert table.counts.sum() == table.num_voxels
    # The pooled AJI is a mediant of the images' AJIs; an image with two empty maps adds nothing to
    # it.
    counted = [part.aji() for part in tables if part.num_true + part.num_pred]
    if counted:
        assert min(counted) - 1e-12 <= table.aji() <= max(counted) + 1e-12
