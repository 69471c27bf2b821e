"""Flooding again with other seeds gives what flooding anew gives."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from trainables.decoding.catchments import Catchments
from trainables.decoding.islands import Islands


@st.composite
def grounds(draw):
    """Components of a random mask, with few different heights, so that ties are everywhere."""
    height, width = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    mask = rng.random((height, width)) < draw(st.sampled_from([0.3, 0.7, 0.95]))
    islands = Islands.from_mask(mask, draw(st.integers(1, 4)))
    heights = rng.integers(0, draw(st.sampled_from([1, 3, 1000])), islands.pixels.size) / 1000
    return islands, heights, rng


def draw_seeds(rng, islands):
    share = rng.choice([0.05, 0.3])
    return np.flatnonzero(rng.random(islands.pixels.size) < share)


@given(grounds())
def test_history_does_not_matter(case):
    islands, heights, rng = case
    catchments = Catchments(islands, heights)
    for _ in range(4):
        seeds = draw_seeds(rng, islands)
        kept = np.ones(islands.num + 1, dtype=bool)
        kept[1:] = rng.random(islands.num) < 0.8
        seeds = seeds[kept[islands.homes[seeds]]]
        found = catchments.labels(seeds, kept)
        assert np.array_equal(found, Catchments(islands, heights).labels(seeds, kept))


@given(grounds())
def test_each_label_is_connected_and_has_its_seed(case):
    islands, heights, rng = case
    seeds = draw_seeds(rng, islands)
    everything = np.ones(islands.num + 1, dtype=bool)
    values = Catchments(islands, heights).labels(seeds, everything)
    image = islands.put_back(values)
    assert ((image > 0).ravel()[islands.pixels]).all()
    assert image.max(initial=0) == np.unique(values).size
    for label in np.unique(values):
        inside = values == label
        assert np.unique(islands.homes[inside]).size == 1
        assert ndimage.label(image == label)[1] == 1
        # A component without a seed stays whole, and so does one with a single one.
        assert np.count_nonzero(inside[seeds]) <= 1
    num_seeds = np.bincount(islands.homes[seeds], minlength=islands.num + 1)[1:]
    assert image.max(initial=0) == np.maximum(num_seeds, 1).sum()
