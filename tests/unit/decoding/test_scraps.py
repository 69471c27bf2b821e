"""Basins that are too small or too many."""

import numpy as np
import pytest

from trainables.decoding.islands import Islands
from trainables.decoding.scraps import nuclei_of_basins


def joined(rows, min_px, max_basins=100):
    """Basins as digits, 0 is background: what becomes of them, in the same way."""
    image = np.array([[int(digit) for digit in row] for row in rows])
    islands = Islands.from_mask(image > 0, 4)
    basins = np.zeros(islands.ids.size, dtype=np.int32)
    basins[islands.spots] = image.ravel()[islands.pixels]
    decoded = nuclei_of_basins(islands, basins.reshape(islands.ids.shape), min_px, max_basins)
    return ["".join(map(str, row)) for row in decoded.labels.tolist()], decoded.is_cut


@pytest.mark.parametrize(
    ("rows", "min_px", "expected"),
    [
        (["112"], 1, ["112"]),
        (["112"], 2, ["111"]),
        # The longest border.
        (["1110000", "1322222"], 2, ["1110000", "1122222"]),
        # Equal borders: the larger neighbour.
        (["1322"], 2, ["1111"]),
        (["113222"], 2, ["112222"]),
        # Scraps of one component come together, and stay if that is enough.
        (["1234"], 4, ["1111"]),
        (["1234"], 5, ["0000"]),
        # What stands alone is dropped if it is too small, and never joins across a gap.
        (["11022"], 2, ["11022"]),
        (["1022"], 2, ["0011"]),
        # Nothing is too small for 0.
        (["1022"], 0, ["1022"]),
        (["000"], 3, ["000"]),
    ],
)
def test_small_basins_join_or_are_dropped(rows, min_px, expected):
    assert joined(rows, min_px) == (expected, False)


def test_chains_of_scraps_end_at_what_is_large():
    assert joined(["1111123456"], 3) == (["1111111111"], False)


@pytest.mark.parametrize(
    ("max_basins", "expected", "is_cut"),
    [(3, ["1112233"], False), (2, ["1112222"], True), (1, ["1111111"], True)],
)
def test_only_the_largest_basins_stay(max_basins, expected, is_cut):
    assert joined(["1112233"], 1, max_basins) == (expected, is_cut)


def test_too_many_components_are_not_lost():
    assert joined(["1022033"], 1, 1) == (["1022033"], True)
