"""Which reader a folder is for, told by its files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from sweeper.protocol import DataError, UserError
from trainables.data import recognise

LAYOUTS = ("folder", "pannuke", "consep", "coco", "geojson", "tiff_stack")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_is_recognised_and_scored(layout, splits, writers, read, tmp_path: Path):
    getattr(writers, layout)(tmp_path / "data", splits)
    section = recognise(tmp_path / "data")
    assert section == {"source": layout, "path": str(tmp_path / "data"), "only_val": True}
    data = read(**section)
    assert len(data.train) == len(data.test) == 0
    # No fold of PanNuke is for validation by itself: all are scored.
    assert len(data.val) == (6 if layout == "pannuke" else 2)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_single_split_is_recognised(layout, splits, writers, read, tmp_path: Path):
    getattr(writers, layout)(tmp_path / "data", {"val": splits["val"]})
    inner = {"folder": "val", "pannuke": "Fold 1", "consep": "Val", "tiff_stack": "val"}
    root = tmp_path / "data" / inner.get(layout, "" if layout == "coco" else "val")
    section = recognise(root)
    assert section["source"] == layout
    assert len(read(**section).val) == 2


def test_stacks_in_folders_are_no_single_images(splits, read, tmp_path: Path):
    for kind in ("images", "labels"):
        (tmp_path / "val" / kind).mkdir(parents=True)
        is_label = kind == "labels"
        pages = [cell.labels if is_label else cell.image for cell in splits["val"]]
        tifffile.imwrite(tmp_path / "val" / kind / "a.tif", np.stack(pages))
    assert recognise(tmp_path)["source"] == "tiff_stack"
    assert len(read(**recognise(tmp_path)).val) == 2


def test_what_may_be_two_things_is_not_guessed(splits, writers, tmp_path: Path):
    writers.folder(tmp_path / "data", splits)
    writers.coco(tmp_path / "data", splits)
    with pytest.raises(UserError, match="may be read as folder and as coco") as error:
        recognise(tmp_path / "data")
    assert "--set 'data={source: folder, path:" in error.value.hint


@pytest.mark.parametrize("make", [False, True])
def test_what_nobody_knows_is_left_to_the_folder_source(make, problems_of, tmp_path: Path):
    if make:
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "notes.json").write_text("{}")
    section = recognise(tmp_path / "data")
    assert section["source"] == "folder"
    (reason,) = problems_of(**section).values()
    assert "no such folder" in reason


@pytest.mark.parametrize(("layout", "asked"), [("consep", "coco"), ("coco", "folder")])
def test_a_wrong_source_is_told_the_right_one(layout, asked, splits, writers, read, tmp_path: Path):
    getattr(writers, layout)(tmp_path / "data", splits)
    with pytest.raises(DataError) as raised:
        read(asked, tmp_path / "data")
    assert raised.value.hint.endswith(f"try data.source: {layout}")
