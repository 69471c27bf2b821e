"""The table, what is said of samples, and reports that are kept."""

from __future__ import annotations

import numpy as np
import pytest

from trainables.decode_search.config import Thresholds
from trainables.inspection import inspect, inspect_once
from trainables.inspection.nuclei import measure_nuclei


def test_nuclei_by_hand() -> None:
    labels = np.array(
        [
            [7, 7, 7, 0, 0, 0],
            [7, 0, 7, 0, 3, 3],
            [7, 7, 7, 0, 3, 0],
            [0, 0, 0, 9, 0, 0],
            [3, 0, 0, 0, 9, 9],
        ],
        np.int32,
    )
    measured = measure_nuclei(labels)  # ids 3, 7, 9
    assert measured.areas_px.tolist() == [4, 8, 3]
    assert measured.sides_px.tolist() == [6, 3, 3]
    assert measured.pieces.tolist() == [2, 1, 1]
    assert measured.hole_px.tolist() == [0, 1, 0]
    assert measured.is_touching.tolist() == [True, True, True]


def test_a_gap_between_two_nuclei_is_no_hole() -> None:
    labels = np.array([[1, 1, 1], [1, 0, 2], [2, 2, 2]], np.int32)
    assert measure_nuclei(labels).hole_px.tolist() == [0, 0]
    assert measure_nuclei(np.minimum(labels, 1)).hole_px.tolist() == [1]


@pytest.mark.parametrize("labels", [np.zeros((4, 5), np.int32), np.full((4, 5), 3, np.int32)])
def test_nothing_but_background_or_a_nucleus(labels) -> None:
    measured = measure_nuclei(labels)
    assert len(measured) == int(labels.any())
    assert measured.hole_px.sum() == 0


def rows(report) -> dict:
    return {measure.name.strip(): measure.values for measure in report.measures}


def test_table(parts, assemble) -> None:
    parts["val"].labels[0][:] = 0
    report = inspect(assemble(parts), crop_px=64)
    table = rows(report)
    assert report.parts == ["train", "val"]
    assert report.lines == ["made for a test"]
    assert table["images"] == {"train": 12, "val": 10}
    assert table["images without nuclei"] == {"train": 0, "val": 1}
    assert table["length of HoVer vectors"]["train"] == pytest.approx(0.7, abs=0.05)
    # Pairs that touch at a side are one component.
    assert 0.3 < table["AJI of connected components"]["train"] < 0.9
    assert table["AJI of perfect maps by flow"]["val"] > 0.98
    assert all(np.isfinite(value) for row in table.values() for value in row.values())


def test_classes_stand_in_the_table(parts, assemble) -> None:
    for part in parts.values():
        for labels in part.labels:
            ids = np.unique(labels[labels > 0])
            part.types.append(np.stack([ids, np.ones_like(ids)], axis=1))
    table = rows(inspect(assemble(parts, ("tumour",)), crop_px=64))
    assert table["tumour"] == table["nuclei"]
    assert "unknown" not in table
    parts["val"].types[0][0, 1] = 0
    table = rows(inspect(assemble(parts, ("tumour",)), crop_px=64))
    assert table["unknown"] == {"train": 0, "val": 1}


def test_samples_are_told_and_always_the_same(parts, assemble) -> None:
    """Three images' worth of pixels; but images without nuclei are found wherever they are."""
    for index in range(5):
        parts["train"].labels[index][:] = 0
    data = assemble(parts)
    reports = [inspect(data, crop_px=64, measured_px=3 * 96 * 96) for _ in range(2)]
    assert reports[0] == reports[1]
    assert reports[0].lines[1].startswith("train: 3 of 12 images were measured, drawn evenly")
    empty = {finding.subject: finding for finding in reports[0].findings}["train: empty masks"]
    assert "5 of 12 images" in empty.sentence
    assert len(empty.worst) == 5


def test_a_report_is_kept_for_the_same_question(parts, assemble, tmp_path, monkeypatch) -> None:
    from trainables.inspection import report as module

    data = assemble(parts)
    asked = []
    real = module.inspect
    monkeypatch.setattr(module, "inspect", lambda *a, **k: asked.append(1) or real(*a, **k))
    first = inspect_once(data, tmp_path, crop_px=64, decode=Thresholds())
    assert inspect_once(data, tmp_path, crop_px=64, decode=Thresholds()) == first
    assert len(asked) == 1
    inspect_once(data, tmp_path, crop_px=12, decode=Thresholds())
    assert len(asked) == 2
    for file in tmp_path.iterdir():
        file.write_text("{")
    assert inspect_once(data, tmp_path, crop_px=64, decode=Thresholds()) == first
    assert len(asked) == 3


def test_a_place_that_can_not_be_written_is_no_obstacle(parts, assemble, tmp_path) -> None:
    report = inspect_once(assemble(parts), tmp_path / "none", crop_px=64, decode=Thresholds())
    assert report.findings == []
