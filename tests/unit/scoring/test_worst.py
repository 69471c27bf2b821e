"""Which images get a picture."""

from __future__ import annotations

from trainables.scoring import ImageRecord, worst_images


def record(aji: float, *, has_nuclei: bool = True) -> ImageRecord:
    maps = {"hv_magnitude": 0.5} if has_nuclei else {}
    return ImageRecord(name="a", scores={"aji": aji, **maps}, parts={})


def test_the_lowest_come_first() -> None:
    assert worst_images([record(0.8), record(0.2), record(0.5)], "aji", 2) == [1, 2]


def test_one_image_without_nuclei_speaks_for_all() -> None:
    empty = [record(0.0, has_nuclei=False) for _ in range(3)]
    assert worst_images([record(0.8), *empty, record(0.2)], "aji", 6) == [1, 4, 0]


def test_none_may_be_asked_for() -> None:
    assert worst_images([record(0.8)], "aji", 0) == []
