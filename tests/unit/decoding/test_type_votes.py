"""Which class the pixels of a nucleus vote for."""

from __future__ import annotations

import numpy as np

from trainables.decoding import vote_types

LABELS = np.array([[1, 1, 0, 2], [1, 0, 0, 2]], np.int32)


def test_the_mean_decides_and_not_the_number_of_pixels() -> None:
    probabilities = np.zeros((2, 2, 4), np.float16)
    # Two pixels of the first nucleus are a little for class 1, the third is all for class 2.
    probabilities[0] = [[0.5, 0.5, 1.0, 0.25], [0.0, 1.0, 1.0, 0.25]]
    probabilities[1] = [[0.4, 0.4, 0.0, 0.125], [1.0, 0.0, 0.0, 0.125]]
    assert vote_types(LABELS, probabilities).tolist() == [2, 1]


def test_of_equal_ones_the_first_and_without_nuclei_none() -> None:
    equal = np.full((3, 2, 4), 0.2, np.float32)
    assert vote_types(LABELS, equal).tolist() == [1, 1]
    assert vote_types(np.zeros((2, 4), np.int32), equal).tolist() == []
