"""Targets turn with the labels, exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from trainables.decoding import hv_targets

LABELS = arrays(
    np.int32, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.integers(0, 4)
)

TURNS = {
    "left-right": (np.fliplr, lambda h, v: (-h, v)),
    "up-down": (np.flipud, lambda h, v: (h, -v)),
    "quarter turn": (np.rot90, lambda h, v: (v, -h)),
    "transpose": (np.transpose, lambda h, v: (v, h)),
}


@pytest.mark.parametrize("turn", TURNS)
@settings(deadline=None)
@given(LABELS)
def test_targets_of_turned_labels_are_the_turned_targets(turn, labels):
    move, turn_vectors = TURNS[turn]
    horizontal, vertical = hv_targets(labels)
    expected = turn_vectors(move(horizontal), move(vertical))
    assert np.array_equal(hv_targets(move(labels)), np.stack(expected))


@settings(deadline=None)
@given(LABELS)
def test_every_nucleus_spans_minus_one_to_one_and_its_background_is_zero(labels):
    maps = hv_targets(labels)
    assert not maps[:, labels == 0].any()
    for label in np.unique(labels[labels > 0]):
        for values in maps[:, labels == label]:
            assert (values.min(), values.max()) in {(-1, 1), (0, 0)}


@settings(deadline=None)
@given(LABELS, st.integers(0, 5), st.integers(0, 5))
def test_moving_a_nucleus_moves_its_target(labels, down, right):
    padded = np.pad(labels, ((down, 0), (right, 0)))
    assert np.array_equal(hv_targets(padded)[:, down:, right:], hv_targets(labels))


@settings(deadline=None)
@given(LABELS, st.permutations(range(10, 14)))
def test_ids_do_not_matter(labels, ids):
    assert np.array_equal(hv_targets(np.array([0, *ids])[labels]), hv_targets(labels))
