"""Who chooses for whom, on score matrices small enough to compute by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from trainables.decode_search.leaders import Leaders

# Two images in each half: the first two, and the last two. Decodings are rows, the default first.
HALVES = [True, True, False, False]


def decide(scores: list[list[float]], halves: list[bool]) -> Leaders:
    leaders = Leaders(np.array(halves))
    for number, row in enumerate(scores):
        tables: Any = [f"table of decoding {number}, image {image}" for image in range(len(row))]
        leaders.add(np.array(row), tables)
    return leaders


@pytest.mark.parametrize(
    ("scores", "halves", "optimistic", "honest", "expected"),
    [
        pytest.param(
            [[0.5, 0.5, 0.5, 0.5], [0.7, 0.7, 0.6, 0.6]],
            HALVES,
            [1, 1, 1, 1],
            [1, 1, 1, 1],
            (0.5, 0.65, 0.65),
            id="both halves agree",
        ),
        pytest.param(
            [[0.5, 0.5, 0.5, 0.5], [0.9, 0.9, 0.4, 0.4]],
            HALVES,
            [1, 1, 1, 1],
            # The first half would take 1, so the second has it; the second keeps the default.
            [0, 0, 1, 1],
            (0.5, 0.45, 0.65),
            id="good for one half only",
        ),
        pytest.param(
            [[0.5, 0.5, 0.5, 0.5], [0.9, 0.9, 0.3, 0.3], [0.2, 0.2, 1.0, 1.0]],
            HALVES,
            [1, 1, 1, 1],
            [2, 2, 1, 1],
            (0.5, 0.25, 0.6),
            id="each half flatters itself; 0.6 twice: the earlier",
        ),
        pytest.param(
            [[0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5]],
            HALVES,
            [0, 0, 0, 0],
            [0, 0, 0, 0],
            (0.5, 0.5, 0.5),
            id="ties go to the default",
        ),
        pytest.param(
            [[0.1, 0.1, 0.1, 0.1], [0.2, 0.4, 0.3, 0.3], [0.4, 0.2, 0.3, 0.3]],
            HALVES,
            [1, 1, 1, 1],
            [1, 1, 1, 1],
            (0.1, 0.3, 0.3),
            id="ties go to the earlier one",
        ),
        pytest.param(
            [[0.5], [0.9]], [True], [1], [0], (0.5, 0.5, 0.9), id="one image can't be honest"
        ),
        pytest.param(
            [[0.5, 0.5], [0.9, 0.4], [0.1, 0.7]],
            [False, True],
            [1, 1],
            [2, 1],
            # The second image takes 2, the first takes 1; each gets the other's.
            (0.5, 0.25, 0.65),
            id="two images",
        ),
        pytest.param(
            [[0.5, 0.5, 0.5], [0.8, 0.6, 0.4]],
            [True, True, False],
            [1, 1, 1],
            [0, 0, 1],
            (0.5, 1.4 / 3, 0.6),
            id="halves of two and one",
        ),
    ],
)
def test_choice(
    scores: list[list[float]],
    halves: list[bool],
    optimistic: list[int],
    honest: list[int],
    expected: tuple[float, float, float],
) -> None:
    leaders = decide(scores, halves)
    found = leaders.default(), leaders.honest(), leaders.optimistic()
    assert [list(scored.decodings) for scored in found] == [[0] * len(halves), honest, optimistic]
    assert [scored.criterion for scored in found] == pytest.approx(expected, abs=1e-12)
    for scored in found:
        assert scored.tables == [
            f"table of decoding {number}, image {image}"
            for image, number in enumerate(scored.decodings)
        ]


def test_nothing_was_scored() -> None:
    with pytest.raises(RuntimeError, match="no decoding was scored"):
        Leaders(np.array([True, False])).optimistic()
