"""Intervals over images."""

from __future__ import annotations

import numpy as np
import pytest

from trainables.scoring import bootstrap
from trainables.scoring.bootstrap import interval, resampled_sums


def test_the_interval_of_a_mean_is_as_wide_as_theory_says() -> None:
    rng = np.random.default_rng(1)
    scores = rng.normal(0.6, 0.13, size=100)
    ends = interval(resampled_sums(scores[:, None])[:, 0] / 100)
    assert ends is not None
    low, high = ends
    assert low < scores.mean() < high
    assert high - low == pytest.approx(2 * 1.96 * scores.std() / 10, rel=0.06)


def test_it_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(2)
    num_hits, num_rounds = 0, 120
    for _ in range(num_rounds):
        scores = rng.normal(0.5, 0.1, size=40)
        low, high = interval(resampled_sums(scores[:, None])[:, 0] / 40) or (0, 0)
        num_hits += low <= 0.5 <= high
    assert 0.88 <= num_hits / num_rounds <= 0.99


def test_equal_images_leave_nothing_to_chance() -> None:
    low, high = interval(resampled_sums(np.full((7, 1), 0.5))[:, 0] / 7) or (0, 0)
    assert (low, high) == pytest.approx((0.5, 0.5))


def test_the_draws_are_the_same_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.arange(12.0).reshape(6, 2)
    whole = resampled_sums(values)
    monkeypatch.setattr(bootstrap, "_CHUNK", 60)
    np.testing.assert_array_equal(resampled_sums(values), whole)
    assert whole.shape == (2000, 2)


def test_resamples_without_a_score_do_not_count() -> None:
    scores = np.array([np.nan, 0.2, 0.2, np.nan])
    assert interval(scores) == (0.2, 0.2)
    assert interval(np.full(3, np.nan)) is None
