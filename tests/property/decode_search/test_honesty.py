"""What holds for every choice of decodings, whatever the scores."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from trainables.decode_search.halves import deal
from trainables.decode_search.leaders import Leaders

Scores = NDArray[np.float64]


@st.composite
def cases(draw: st.DrawFn) -> tuple[Scores, NDArray[np.bool_]]:
    """Scores (decodings, images), few distinct ones so that ties come, and the first half."""
    num_images, num_decodings = draw(st.integers(1, 7)), draw(st.integers(1, 6))
    levels = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]) | st.floats(0, 1)
    row = st.lists(levels, min_size=num_images, max_size=num_images)
    scores = draw(st.lists(row, min_size=num_decodings, max_size=num_decodings))
    sizes = draw(st.lists(st.integers(1, 3), min_size=num_images, max_size=num_images))
    return np.array(scores), deal(sizes, draw(st.integers(0, 9)))


def decide(scores: Scores, first_half: NDArray[np.bool_]) -> Leaders:
    leaders = Leaders(first_half)
    for row in scores:
        tables: Any = [None] * row.size
        leaders.add(row, tables)
    return leaders


@given(cases())
def test_optimism_is_never_negative(case: tuple[Scores, NDArray[np.bool_]]) -> None:
    leaders = decide(*case)
    optimistic = leaders.optimistic().criterion
    assert optimistic >= leaders.default().criterion
    # But the honest one may well be below the default, and above the optimistic one on an image.
    assert optimistic >= leaders.honest().criterion - 1e-12


@given(case=cases(), data=st.data())
def test_no_image_has_a_say_in_its_own_decoding(
    case: tuple[Scores, NDArray[np.bool_]], data: st.DataObject
) -> None:
    scores, first_half = case
    half = first_half if data.draw(st.booleans()) else ~first_half
    changed = scores.copy()
    changed[:, half] = data.draw(st.floats(0, 1)) * changed[::-1, half]
    before = decide(scores, first_half).honest().decodings
    after = decide(changed, first_half).honest().decodings
    assert (before[half] == after[half]).all()


@given(cases())
def test_each_half_takes_the_best_of_the_other(case: tuple[Scores, NDArray[np.bool_]]) -> None:
    scores, first_half = case
    decodings = decide(scores, first_half).honest().decodings
    if first_half.all():
        assert not decodings.any()
        return
    for half in (first_half, ~first_half):
        sums = scores[:, ~half].sum(axis=1)
        chosen = decodings[half]
        assert len(set(chosen)) == 1
        assert sums[chosen[0]] >= sums.max() - 1e-12


@given(sizes=st.lists(st.integers(1, 5), min_size=1, max_size=20), seed=st.integers(0, 2**32 - 1))
def test_halves_are_alike(sizes: list[int], seed: int) -> None:
    first = deal(sizes, seed)
    counts = int(first.sum()), int((~first).sum())
    assert 0 <= counts[0] - counts[1] <= 1
    ranked = [sorted(np.array(sizes)[half]) for half in (first, ~first)]
    # Rank by rank, one half is not larger than the next rank of the other.
    for one, other in (ranked, ranked[::-1]):
        assert all(a <= b for a, b in zip(one, other[1:], strict=False))
