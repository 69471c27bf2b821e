"""Everything that is wrong with a folder comes up at once, with the file and what to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sweeper.protocol import DataError
from trainables.data import FolderConfig, prepare

GOOD = np.full((10, 12), 3, np.uint16)


def problems_of(path: Path, cache_dir: Path, **settings: float) -> dict[str, str]:
    with pytest.raises(DataError) as raised:
        prepare(FolderConfig(source="folder", path=path, **settings), cache_dir)
    assert not list(cache_dir.glob("*/index.json"))
    assert not list(cache_dir.glob("*.building-*"))
    return {problem.where: problem.reason for problem in raised.value.problems}


def test_all_mistakes_at_once(folder: Path, tmp_path: Path, write) -> None:
    train, val = folder / "train", folder / "val"
    (train / "images" / "train_0.png").write_bytes(b"no image at all")
    (train / "labels" / "train_1.png").unlink()
    write(train / "labels" / "stray.png", GOOD)
    write(train / "labels" / "train_2.png", np.zeros((10, 12, 3), np.uint8))
    write(val / "labels" / "val_0.png", GOOD.T)
    write(val / "labels" / "val_1.png", np.dstack([GOOD.astype(np.uint8) + i for i in range(3)]))
    (val / "images" / "extra.jpg").write_bytes(b"jpeg")
    found = problems_of(folder, tmp_path / "cache")
    assert set(found) == {
        str(train / "images" / "train_0.png"),
        str(train / "images" / "train_1.png"),
        str(train / "labels" / "stray.png"),
        str(train / "labels" / "train_2.png"),
        str(val / "labels" / "val_0.png"),
        str(val / "labels" / "val_1.png"),
        str(val / "images" / "extra.jpg"),
    }
    assert "can't be read as png" in found[str(train / "images" / "train_0.png")]
    assert "no label" in found[str(train / "images" / "train_1.png")]
    assert "label without an image" in found[str(train / "labels" / "stray.png")]
    assert "equal channels" in found[str(train / "labels" / "train_2.png")]
    assert found[str(val / "labels" / "val_0.png")] == (
        "label is 12x10 px, its image is 10x12 px; they must be equal"
    )
    assert "label is RGB; convert" in found[str(val / "labels" / "val_1.png")]
    assert "convert it" in found[str(val / "images" / "extra.jpg")]


def test_image_and_label_of_one_pair_may_both_be_broken(folder: Path, tmp_path: Path) -> None:
    for kind in ("images", "labels"):
        (folder / "train" / kind / "train_0.png").write_bytes(b"")
    found = problems_of(folder, tmp_path / "cache")
    assert len(found) == 2
    assert set(found.values()) == {"the file is empty; copy it again"}


def test_no_such_folder(tmp_path: Path) -> None:
    found = problems_of(tmp_path / "nowhere", tmp_path / "cache")
    assert found[str(tmp_path / "nowhere")].startswith("no such folder; expected are train/images")


def test_a_relative_path_is_shown_as_what_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = problems_of(Path("nowhere"), tmp_path / "cache")
    assert f"(looked for {tmp_path / 'nowhere'})" in found["nowhere"]


def test_a_file_instead_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "data.zip").write_bytes(b"")
    found = problems_of(tmp_path / "data.zip", tmp_path / "cache")
    assert "is a file, not a folder" in found[str(tmp_path / "data.zip")]


def test_another_layout_shows_what_was_found(tmp_path: Path) -> None:
    (tmp_path / "cells" / "training").mkdir(parents=True)
    found = problems_of(tmp_path / "cells", tmp_path / "cache")
    assert found[str(tmp_path / "cells" / "train")].endswith("found is training")


def test_images_without_a_split_folder(tmp_path: Path) -> None:
    for name in ("images", "labels"):
        (tmp_path / "cells" / name).mkdir(parents=True)
    found = problems_of(tmp_path / "cells", tmp_path / "cache")
    assert "move images/ and labels/ into train/" in found[str(tmp_path / "cells" / "train")]


def test_a_missing_labels_folder_is_one_mistake(folder: Path, tmp_path: Path) -> None:
    (folder / "train" / "labels").rename(folder / "train" / "masks")
    found = problems_of(folder, tmp_path / "cache")
    assert list(found) == [str(folder / "train" / "labels")]


def test_empty_splits(folder: Path, tmp_path: Path) -> None:
    for name in ("images", "labels"):
        (folder / "test" / name).mkdir(parents=True)
        for path in (folder / "val" / name).iterdir():
            path.unlink()
    found = problems_of(folder, tmp_path / "cache")
    assert list(found) == [str(folder / split / "images") for split in ("val", "test")]
    assert all("no PNG or TIFF image" in reason for reason in found.values())


def test_two_files_of_one_stem(folder: Path, tmp_path: Path, write) -> None:
    write(folder / "train" / "images" / "train_0.tif", GOOD)
    found = problems_of(folder, tmp_path / "cache")
    assert list(found) == [str(folder / "train" / "images" / "train_0.tif")]
    assert "same stem as train_0.png" in found[str(folder / "train" / "images" / "train_0.tif")]


def test_a_label_with_a_suffix_in_its_stem_is_recognised(folder: Path, tmp_path: Path) -> None:
    labels = folder / "train" / "labels"
    (labels / "train_1.png").rename(labels / "train_1_mask.png")
    found = problems_of(folder, tmp_path / "cache")
    assert "rename train_1_mask" in found[str(folder / "train" / "images" / "train_1.png")]


def test_foreground_masks_instead_of_ids(folder: Path, tmp_path: Path, write) -> None:
    mask = (np.indices((10, 12)) % 3 == 1).all(axis=0).astype(np.uint8) * 255
    for path in folder.glob("*/labels/*.png"):
        write(path, mask)
    assert "these are foreground masks" in problems_of(folder, tmp_path / "cache")["labels"]


def test_one_image_cannot_be_split(folder: Path, tmp_path: Path) -> None:
    (folder / "val").rename(tmp_path / "val")
    for index in (1, 2):
        for kind in ("images", "labels"):
            (folder / "train" / kind / f"train_{index}.png").unlink()
    found = problems_of(folder, tmp_path / "cache")
    assert "one image can't serve training and validation" in next(iter(found.values()))


def test_a_folder_that_may_not_be_listed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(DataError, match=r"can't be listed \(Permission denied\)"):
        prepare(FolderConfig(source="folder", path=folder), tmp_path / "cache")


@pytest.mark.parametrize(
    ("made", "place", "found"),
    [((), "images", "nothing"), (("val",), "val/images", "val"), (("pictures",), "images", "pict")],
)
def test_images_that_are_only_scored_lie_in_val_or_in_the_folder_itself(
    made: tuple[str, ...], place: str, found: str, tmp_path: Path
) -> None:
    root = tmp_path / "cells"
    root.mkdir()
    for name in made:
        (root / name).mkdir()
    reasons = problems_of(root, tmp_path / "cache", only_val=True)
    reason = reasons[str(root / place)]
    assert reason.startswith("no such folder; expected are images/ and labels/, there or in a val/")
    assert f"found is {found}" in reason
