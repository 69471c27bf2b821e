"""What became of each nucleus, on maps drawn by hand."""

from __future__ import annotations

import numpy as np

from trainables.metrics import OverlapTable
from trainables.scoring import Fate, Fates, find_fates


def fates(true: list[str], pred: list[str]) -> Fates:
    """Of label maps written as rows of digits; a dot is background."""
    maps = [np.array([[int(c) if c != "." else 0 for c in row] for row in m]) for m in (true, pred)]
    return find_fates(OverlapTable.from_labels(*maps))


def test_found_missed_and_extra() -> None:
    found = fates(["1111..22....", "1111..22...."], [".111.......5", "1111.......5"])
    assert found.true == (Fate.FOUND, Fate.MISSED)
    assert found.pred == (Fate.FOUND, Fate.EXTRA)


def test_two_in_one() -> None:
    found = fates(["111222", "111222"], ["444444", "444444"])
    assert found.true == (Fate.MERGED, Fate.MERGED)
    assert found.pred == (Fate.MERGED,)


def test_the_large_one_of_a_merge_is_found_as_pq_has_it_but_the_merge_shows() -> None:
    found = fates(["111111.2", "111111.2"], ["44444444", "44444444"])
    assert found.true == (Fate.FOUND, Fate.MERGED)
    assert found.pred == (Fate.MERGED,)


def test_one_in_two() -> None:
    found = fates(["11111111", "11111111"], ["4444.555", "4444.555"])
    assert found.true == (Fate.SPLIT,)
    assert found.pred == (Fate.SPLIT, Fate.SPLIT)


def test_a_crumb_is_no_split() -> None:
    true, pred = ["1" * 20, "1" * 20], ["4" * 10 + "." * 9 + "5"] * 2
    found = fates(true, pred)
    assert found.true == (Fate.MISSED,)
    assert found.pred == (Fate.EXTRA, Fate.EXTRA)


def test_an_iou_of_one_half_is_not_found() -> None:
    found = fates(["1111", "1111"], ["11..", "11.."])
    assert found.true == (Fate.MISSED,)


def test_counts_add_up() -> None:
    found = fates(["111222..33..", "111222..33.."], ["444444.....7", "444444......"])
    assert found.counts() == {
        "nuclei": 3.0,
        "nuclei_found": 0.0,
        "nuclei_merged": 2.0,
        "nuclei_split": 0.0,
        "nuclei_missed": 1.0,
        "predicted": 2.0,
        "predicted_extra": 1.0,
    }


def test_nothing_at_all() -> None:
    found = fates(["...."], ["...."])
    assert (found.true, found.pred) == ((), ())
