"""No false alarm on data that are fine: the built-in images and the real ones."""

from __future__ import annotations

import pytest

from trainables.data import FolderConfig, SyntheticConfig, prepare
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
