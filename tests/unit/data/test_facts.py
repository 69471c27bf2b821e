"""What is counted in a split, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from trainables.data.facts import SplitTally, describe, find_touching

LABELS = np.array(
    [
        [1, 1, 0, 0, 5],
        [2, 2, 0, 7, 0],
        [0, 0, 0, 0, 0],
        [9, 0, 0, 0, 9],
    ],
    np.int32,
)


def test_sides_and_corners_touch_gaps_do_not() -> None:
    assert find_touching(LABELS).tolist() == [1, 2, 5, 7]
    assert find_touching(np.zeros((3, 3), np.int32)).tolist() == []
    assert find_touching(np.array([[0, 3], [4, 0]], np.int32)).tolist() == [3, 4]


def test_numbers_of_two_images() -> None:
    tally = SplitTally()
    tally.add(LABELS)
    tally.add(np.zeros((2, 3), np.int32))
    facts = tally.facts()
    assert (facts.images, facts.empty_images, facts.nuclei) == (2, 1, 5)
    assert (facts.touching, facts.pieces) == (4, 6)
    assert (facts.foreground_px, facts.pixels) == (8, 26)
    assert (facts.smallest_px, facts.largest_px) == ((2, 3), (4, 5))
    assert facts.median_diameter_px == pytest.approx(2 * (2 / np.pi) ** 0.5)
    assert facts.numbers()["touching_frac"] == 0.8
    assert not facts.looks_like_masks


def test_the_line_for_people() -> None:
    tally = SplitTally()
    tally.add(LABELS)
    tally.add(np.zeros((2, 3), np.int32))
    assert describe("train", tally.facts()) == (
        "train: 2 images 2x3 to 4x5 px, 5 nuclei (2 an image), 31% foreground, "
        "80% of nuclei touch another, median nucleus 2 px across, 1 image without nuclei"
    )


def test_a_split_without_images() -> None:
    facts = SplitTally().facts()
    assert describe("test", facts) == "test: no images"
    assert set(facts.numbers().values()) == {0.0}


def test_a_single_id_in_many_pieces_is_a_mask() -> None:
    tally = SplitTally()
    tally.add((np.indices((8, 8)) % 2).all(axis=0).astype(np.int32) * 255)
    assert tally.facts().looks_like_masks
