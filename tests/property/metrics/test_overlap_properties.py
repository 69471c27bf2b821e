"""What holds for all label maps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from trainables.metrics import OverlapTable, pooled

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
@given(label_pairs(), st.integers(0, 2))
def test_flips_change_nothing(pair, axis):
    axis %= pair[0].ndim
    flipped = (np.flip(labels, axis) for labels in pair)
    assert scores(OverlapTable.from_labels(*flipped)) == scores(OverlapTable.from_labels(*pair))


@settings(deadline=None)
@given(label_pairs())
def test_swapping_the_maps_swaps_what_must_be_swapped(pair):
    table, swapped = OverlapTable.from_labels(*pair), OverlapTable.from_labels(*pair[::-1])
    assert swapped.dice() == table.dice()
    assert swapped.panoptic_quality().pq == pytest.approx(table.panoptic_quality().pq)
    if np.array_equal(pair[0] > 0, pair[1] > 0):
        one, other = table.variation_of_information(), swapped.variation_of_information()
        assert (one.split, one.merge) == pytest.approx((other.merge, other.split))


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
