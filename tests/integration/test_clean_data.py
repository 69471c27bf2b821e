"""No false alarm on data that are fine: the built-in images and the real ones."""

from __future__ import annotations

import pytest

from trainables.data import FolderConfig, SyntheticConfig, prepare
from trainables.hv import HVTrainable
from trainables.inspection import inspect


@pytest.mark.parametrize("look", ["fluorescence", "tissue", "mixed"])
def test_built_in_images(look, tmp_path) -> None:
    """Some are empty on purpose, which is told as a note; nothing else is."""
    config = SyntheticConfig(look=look, num_train=32, num_val=12, num_test=12, kinds=3)
    findings = inspect(prepare(config, tmp_path), crop_px=128).findings
    assert {one.severity for one in findings} <= {"note"}
    assert {one.subject.partition(": ")[2] for one in findings} <= {"empty masks"}


@pytest.mark.slow
def test_real_fluorescence(shared_dir, tmp_path) -> None:
    """Two training images are frames of one film, 0.94 correlated: that is true."""
    config = FolderConfig(source="folder", path=shared_dir / "data" / "nuclei2d")
    (finding,) = inspect(prepare(config, tmp_path), crop_px=128).findings
    assert (finding.severity, finding.subject) == ("note", "train: images that come twice")
    assert finding.worst == ["dsb_cb4df20a83b2f38b like train/dsb_20b20ab049372d18"]


@pytest.mark.slow
def test_real_histology(shared_dir, tmp_path) -> None:
    config = FolderConfig(source="folder", path=shared_dir / "data" / "histology2d")
    assert inspect(prepare(config, tmp_path), crop_px=128).findings == []


def test_the_2d_trainable_looks_and_draws(tmp_path) -> None:
    """As `sweeper check` asks it; the report is kept for `sweeper run`."""
    data = {"source": "synthetic", "num_train": 4, "num_val": 2, "num_test": 0, "size_px": 64}
    config = {"epochs": 1, "data": data, "crop_px": 48}
    report = HVTrainable.inspect_data(config, tmp_path)
    assert report.parts == ["train", "val"]
    assert "val: few images" in {one.subject for one in report.findings}
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*-inspected-*.json")}
    assert len(kept) == 1
    picture = tmp_path / "a.png"
    assert HVTrainable.draw_data(config, tmp_path, picture, seed=5)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert HVTrainable.inspect_data(config, tmp_path) == report
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
