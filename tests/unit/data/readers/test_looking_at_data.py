"""Looking at data and drawing them works for every layout, and sees the same in each."""

from __future__ import annotations

from pathlib import Path

import pytest

from trainables.inspection import draw_montage, inspect

LAYOUTS = ("folder", "pannuke", "consep", "coco", "geojson", "tiff_stack")


@pytest.fixture
def report_of(splits, writers, read, tmp_path: Path):
    def look(layout: str):
        writers_of = getattr(writers, layout)
        writers_of(tmp_path / layout, splits)
        data = read(layout, tmp_path / layout)
        report = inspect(data, crop_px=32)
        draw_montage(data, tmp_path / f"{layout}.png", crop_px=32, findings=report.findings)
        return report

    return look


@pytest.mark.parametrize("layout", LAYOUTS[2:])
def test_layouts_look_alike(layout, report_of):
    """All but PanNuke, whose folds are dealt to splits in another way."""
    expected, found = report_of("folder"), report_of(layout)
    numbers = {row.name: row.values for row in expected.measures}
    for row in found.measures:
        if row.name in numbers:
            assert row.values == pytest.approx(numbers[row.name]), row.name
    ours = {one.subject for one in found.findings if "classes" not in one.subject}
    assert ours == {one.subject for one in expected.findings}
    assert "train: empty masks" in ours


def test_pannuke_is_looked_at(report_of):
    subjects = {one.subject for one in report_of("pannuke").findings}
    assert any(subject.endswith("empty masks") for subject in subjects)
