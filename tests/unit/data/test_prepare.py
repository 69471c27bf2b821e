"""Prepared data sets: what trials get, and the cache behind it."""

from __future__ import annotations

import multiprocessing
import shutil
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from sweeper.protocol import DataError, UserError
from trainables.data import DataConfig, FolderConfig, PreparedData, SyntheticConfig, prepare
from trainables.data.normalise import normalise

SMALL = SyntheticConfig(num_train=3, num_val=2, num_test=0, size_px=64)


def read(path: Path, cache_dir: Path, **settings: float) -> PreparedData:
    return prepare(FolderConfig(source="folder", path=path, **settings), cache_dir)


def test_a_folder_as_trials_see_it(folder: Path, tmp_path: Path) -> None:
    data = read(folder, tmp_path / "cache")
    assert (len(data.train), len(data.val), len(data.test)) == (3, 2, 0)
    assert data.train.names == ("train_0", "train_1", "train_2")
    assert data.channels == 1
    image, labels = data.train.image(2), data.train.labels(2)
    assert (image.shape, image.dtype) == ((10, 12, 1), np.float32)
    assert (labels.shape, labels.dtype) == ((10, 12), np.int32)
    expected = np.where(labels > 0, 200, 12).astype(np.uint8)[..., None]
    assert np.array_equal(image, normalise(expected))
    assert np.unique(labels).tolist() == [0, 1, 700]
    assert not image.flags.writeable
    assert not labels.flags.writeable


def test_the_summary(folder: Path, tmp_path: Path) -> None:
    summary = read(folder, tmp_path / "cache").summary()
    assert summary.lines == [
        f"images from {folder}",
        "train: 3 images 10x12 px, 6 nuclei (2 an image), 22% foreground, "
        "0% of nuclei touch another, median nucleus 4 px across, 0 images without nuclei",
        "val: 2 images 10x12 px, 4 nuclei (2 an image), 22% foreground, "
        "0% of nuclei touch another, median nucleus 4 px across, 0 images without nuclei",
        "test: no images",
    ]
    assert summary.facts["train/nuclei"] == 6.0
    assert summary.facts["channels"] == 1.0
    assert np.isfinite(list(summary.facts.values())).all()


@pytest.mark.parametrize("place", ["", "val"])
def test_a_folder_that_is_only_scored_needs_no_training_images(
    place: str, folder: Path, tmp_path: Path
) -> None:
    if place:
        shutil.rmtree(folder / "train")
    data = read(folder if place else folder / "train", tmp_path / "cache", only_val=True)
    assert (len(data.train), len(data.val), len(data.test)) == (0, 2 if place else 3, 0)


def test_gray_is_repeated_among_colour(folder: Path, tmp_path: Path, write) -> None:
    colour = np.random.default_rng(0).integers(0, 255, (10, 12, 3), np.uint8)
    write(folder / "val" / "images" / "val_0.png", colour)
    data = read(folder, tmp_path / "cache")
    assert data.channels == 3
    gray = data.train.image(0)
    assert gray.shape == (10, 12, 3)
    assert (gray == gray[..., :1]).all()
    assert np.array_equal(data.val.image(0), normalise(colour))


def test_channels_may_be_asked_for(folder: Path, tmp_path: Path, write) -> None:
    config = FolderConfig(source="folder", path=folder)
    assert prepare(config, tmp_path / "cache", channels=3).train.image(0).shape == (10, 12, 3)
    write(folder / "val" / "images" / "val_0.png", np.eye(12, dtype=np.uint8)[:10, :, None] * RGB)
    with pytest.raises(DataError, match="holds colour images, but 1 channel was asked for"):
        prepare(config, tmp_path / "cache", channels=1)


RGB = np.array([200, 100, 50], np.uint8)


def test_opening_again_decodes_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = read(folder, tmp_path / "cache")

    def refuse(path: Path) -> None:
        pytest.fail(f"{path} was decoded again")

    monkeypatch.setattr("trainables.data.folder.read_image", refuse)
    again = read(folder, tmp_path / "cache")
    assert np.array_equal(again.train.image(0), first.train.image(0))
    assert again.summary() == first.summary()


def test_equal_content_elsewhere_has_the_same_fingerprint(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    first, copy = (read(path, tmp_path / "cache") for path in (folder, tmp_path / "copy"))
    assert first.fingerprint == copy.fingerprint == first.summary().fingerprint
    assert len(list((tmp_path / "cache").glob("*/index.json"))) == 1


def test_one_changed_byte_is_another_data_set(folder: Path, tmp_path: Path, write) -> None:
    first = read(folder, tmp_path / "cache")
    labels = np.array(first.train.labels(0)).astype(np.uint16)
    labels[0, 0] = 9
    write(folder / "train" / "labels" / "train_0.png", labels)
    second = read(folder, tmp_path / "cache")
    assert second.fingerprint != first.fingerprint
    assert (first.train.labels(0)[0, 0], second.train.labels(0)[0, 0]) == (0, 9)


def test_without_a_val_folder_a_seeded_share_is_held_out(folder: Path, tmp_path: Path) -> None:
    shutil.rmtree(folder / "val")
    choices = set()
    for seed in range(8):
        data = read(folder, tmp_path / "cache", split_seed=seed, val_frac=0.3)
        assert sorted([*data.train.names, *data.val.names]) == ["train_0", "train_1", "train_2"]
        assert len(data.val) == 1
        choices.add(data.val.names)
        again = read(folder, tmp_path / "cache", split_seed=seed, val_frac=0.3)
        assert again.fingerprint == data.fingerprint
    assert len(choices) > 1
    assert data.summary().lines[1] == (
        "no val folder: held out for validation are 1 of 3 training images "
        "(val_frac 0.3, split_seed 7)"
    )


def test_with_a_val_folder_the_split_settings_change_nothing(folder: Path, tmp_path: Path) -> None:
    one, other = (read(folder, tmp_path / "cache", split_seed=seed) for seed in (0, 1))
    assert one.fingerprint == other.fingerprint


def test_images_in_two_splits_are_pointed_out(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "train/images/train_1.png", folder / "val/images/val_1.png")
    lines = read(folder, tmp_path / "cache").summary().lines
    assert lines[1] == (
        "warning: 1 of 2 val images equal images of an earlier split (val_1): "
        "scores on them flatter"
    )


@pytest.mark.parametrize("damage", ["truncate", "no index", "half an index", "old version"])
def test_a_torn_cache_is_built_again(tmp_path: Path, damage: str) -> None:
    first = prepare(SMALL, tmp_path)
    expected = np.array(first.train.image(0))
    index = next(tmp_path.glob("*/index.json"))
    match damage:
        case "truncate":
            images = index.parent / "train.images"
            images.write_bytes(images.read_bytes()[:-4])
        case "no index":
            index.unlink()
        case "half an index":
            index.write_bytes(index.read_bytes()[:100])
        case _:
            index.write_text(index.read_text().replace('"version":1', '"version":0'))
    again = prepare(SMALL, tmp_path)
    assert np.array_equal(again.train.image(0), expected)
    assert (index.parent / "train.images").stat().st_size == 4 * 3 * 64 * 64


def test_what_a_killed_builder_left_is_removed(tmp_path: Path) -> None:
    prepare(SMALL, tmp_path)
    cache = next(tmp_path.glob("*/index.json")).parent
    cache.rename(tmp_path / f"{cache.name}.building-abc")
    prepare(SMALL, tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [cache.name]


def test_an_interrupted_build_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("trainables.data.prepared.normalise", interrupt)
        with pytest.raises(KeyboardInterrupt):
            prepare(SMALL, tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]
    assert len(prepare(SMALL, tmp_path).train) == 3


def test_threads_build_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []

    def count(*args: object) -> np.ndarray:
        drawn.append(args)
        return normalise(*args)

    monkeypatch.setattr("trainables.data.prepared.normalise", count)
    with ThreadPoolExecutor(6) as pool:
        every = list(pool.map(lambda _: prepare(SMALL, tmp_path), range(6)))
    assert len(drawn) == 5
    assert all(np.array_equal(one.val.image(1), every[0].val.image(1)) for one in every)


def test_processes_build_at_the_same_time(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(3, mp_context=context) as pool:
        every = list(pool.map(prepare, [SMALL] * 6, [tmp_path] * 6))
    assert len({one.fingerprint for one in every}) == 1
    assert all(np.array_equal(one.train.image(2), every[0].train.image(2)) for one in every)
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 1


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UserError, match="can't keep prepared data in"):
        prepare(SMALL, tmp_path / "file" / "cache")


def test_settings_from_text() -> None:
    adapter = TypeAdapter(DataConfig)
    assert isinstance(adapter.validate_python({"source": "synthetic"}), SyntheticConfig)
    folder = adapter.validate_python({"source": "folder", "path": "~/cells"})
    assert folder.path == Path.home() / "cells"
    for wrong in (
        {"source": "web"},
        {"source": "folder"},
        {"source": "folder", "path": "x", "look": "mixed"},
        {"source": "folder", "path": "x", "val_frac": 1.0},
        {"source": "synthetic", "num_val": 0},
        {"source": "synthetic", "num_train": "3"},
    ):
        with pytest.raises(ValidationError):
            adapter.validate_python(wrong)


@pytest.mark.parametrize(
    ("name", "images", "nuclei", "channels"),
    [("nuclei2d", 65, 2623, 1), ("histology2d", 27, 1140, 3)],
)
def test_real_images(
    shared_dir: Path, tmp_path: Path, name: str, images: int, nuclei: int, channels: int
) -> None:
    (tmp_path / "cells").mkdir()
    (tmp_path / "cells" / "train").symlink_to(shared_dir / "data" / name / "val")
    data = read(tmp_path / "cells", tmp_path / "cache")
    assert (len(data.train), len(data.val)) == (images - round(images / 5), round(images / 5))
    assert data.channels == channels
    facts = data.summary().facts
    assert facts["train/nuclei"] + facts["val/nuclei"] == nuclei
    assert 0.0 < facts["train/foreground_frac"] < 0.25
    shutil.rmtree(tmp_path / "cache")
