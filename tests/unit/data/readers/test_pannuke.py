"""PanNuke's files: what counts as a nucleus, what serves as which split, what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

SIDE = 16


def write_fold(root: Path, images: np.ndarray, masks: np.ndarray, **texts: np.ndarray) -> None:
    root.mkdir(parents=True, exist_ok=True)
    np.save(root / "images.npy", images)
    np.save(root / "masks.npy", masks)
    for name, array in texts.items():
        np.save(root / f"{name}.npy", array)


def draw(count: int = 2, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Noise with one nucleus of each of two classes; the rest is background in channel 5."""
    images = np.random.default_rng(seed).integers(0, 256, (count, SIDE, SIDE, 3)).astype(np.float64)
    masks = np.zeros((count, SIDE, SIDE, 6))
    masks[:, 1:5, 1:5, 0] = 7
    masks[:, 8:12, 8:12, 3] = 8
    masks[..., 5] = masks[..., :5].sum(axis=-1) == 0
    return images, masks


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for fold in (1, 2, 3):
        write_fold(tmp_path / "data" / f"fold{fold}", *draw(seed=fold))
    return tmp_path / "data"


def test_channel_5_is_the_background_and_no_nucleus(root: Path, read) -> None:
    data = read("pannuke", root)
    labels = data.train.labels(0)
    assert np.unique(labels).tolist() == [0, 1, 2]
    assert int((labels > 0).sum()) == 32
    assert data.train.types(0).tolist() == [[1, 1], [2, 4]]
    assert data.type_names[3] == "dead"
    assert data.summary().facts["train/foreground_frac"] == 32 / SIDE**2


def test_folds_serve_as_splits(root: Path, read) -> None:
    data = read("pannuke", root)
    names = [list(getattr(data, split).names) for split in ("train", "val", "test")]
    assert names == [[f"fold{fold}_0000", f"fold{fold}_0001"] for fold in (1, 2, 3)]
    other = read("pannuke", root, train_folds=[2, 3], val_folds=[1], test_folds=[])
    assert (len(other.train), len(other.val), len(other.test)) == (4, 2, 0)
    assert other.fingerprint != data.fingerprint


def test_without_a_second_fold_images_are_held_out(root: Path, tmp_path: Path, read) -> None:
    data = read("pannuke", root / "fold1")
    assert (len(data.train), len(data.val)) == (1, 1)
    assert any("held out are 1 of 2" in line for line in data.summary().lines)


def test_ids_above_65535_and_equal_ids_of_two_classes_stay_apart(tmp_path: Path, read) -> None:
    images, masks = draw()
    masks[0, 1:5, 1:5, 0] = 70_001
    masks[0, 8:12, 8:12, 3] = 70_001
    masks[1, ..., :5] = 0
    masks[1, ..., 5] = 1
    write_fold(tmp_path / "fold1", images, masks)
    write_fold(tmp_path / "fold2", images[::-1], masks[::-1])
    data = read("pannuke", tmp_path)
    assert data.train.types(0).tolist() == [[1, 1], [2, 4]]
    assert not data.train.labels(1).any()
    assert data.summary().facts["train/empty_images"] == 1.0


def test_the_smaller_of_two_nuclei_gets_the_pixel(tmp_path: Path, read) -> None:
    images, masks = draw()
    masks[0, 0:8, 0:8, 1] = 9  # 64 px over 16 px of the neoplastic one
    write_fold(tmp_path / "fold1", images, masks)
    write_fold(tmp_path / "fold2", images, masks)
    data = read("pannuke", tmp_path)
    labels = data.train.labels(0)
    assert (labels[1:5, 1:5] == labels[1, 1]).all()
    assert int((labels == labels[0, 0]).sum()) == 48
    line = "train: 16 pixels claimed by two or more nuclei, given to the smaller one"
    assert line in data.summary().lines


def test_whole_numbers_as_floats_are_the_bytes_they_were(tmp_path: Path, root: Path, read) -> None:
    for fold in (1, 2, 3):
        images, masks = draw(seed=fold)
        write_fold(tmp_path / "bytes" / f"fold{fold}", images.astype(np.uint8), masks.astype("u2"))
    one, other = read("pannuke", root), read("pannuke", tmp_path / "bytes")
    assert np.array_equal(one.train.image(1), other.train.image(1))


@pytest.mark.parametrize("is_pickled", [False, True])
def test_tissues_are_told_unless_they_would_have_to_be_unpickled(
    is_pickled, root: Path, read, recwarn
) -> None:
    tissues = np.array(["Breast", "Colon"], object if is_pickled else None)
    np.save(root / "fold1" / "types.npy", tissues, allow_pickle=True)
    lines = read("pannuke", root).summary().lines
    expected = "fold 1: 2 images" + ("" if is_pickled else ": 1 Breast, 1 Colon")
    assert expected in lines


def test_pickled_arrays_are_refused(root: Path, problems_of) -> None:
    np.save(root / "fold1" / "masks.npy", np.array([{}], object), allow_pickle=True)
    reason = problems_of("pannuke", root)[str(root / "fold1" / "masks.npy")]
    assert "can't be read as .npy" in reason


def test_all_wrong_files_at_once(root: Path, problems_of) -> None:
    one, two, three = (root / f"fold{fold}" for fold in (1, 2, 3))
    content = (one / "images.npy").read_bytes()
    (one / "images.npy").write_bytes(content[:-100])
    np.save(one / "masks.npy", np.zeros((2, SIDE, SIDE, 5)))
    (two / "masks.npy").unlink()
    np.save(three / "masks.npy", np.zeros((1, SIDE, SIDE, 6), bool))
    found = problems_of("pannuke", root)
    assert "can't be read as .npy" in found[str(one / "images.npy")]
    assert found[str(one / "masks.npy")] == (
        "has the shape 2 x 16 x 16 x 5; PanNuke's is N x height x width x 6"
    )
    assert "no masks.npy belongs to it" in found[str(two / "images.npy")]
    assert "do not belong together" in found[str(three / "masks.npy")]
    assert len(found) == 4


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda masks: masks.__setitem__((1, 0, 0, 0), 0.5), "no whole numbers"),
        (lambda masks: masks.__setitem__((1, 0, 0, 0), -3), "negative id -3"),
        (lambda masks: masks.__setitem__((1, 0, 0, 0), np.nan), "whole numbers"),
        (lambda masks: masks.__setitem__(1, np.roll(masks[1], 1, axis=-1)), "not the background"),
    ],
)
def test_an_image_with_wrong_masks_is_named(spoil, reason, root: Path, problems_of) -> None:
    images, masks = draw()
    spoil(masks)
    write_fold(root / "fold2", images, masks)
    found = problems_of("pannuke", root)
    assert list(found) == [f"{root / 'fold2' / 'masks.npy'}[1]"]
    assert reason in next(iter(found.values()))


def test_images_that_are_not_finite_are_named(root: Path, problems_of) -> None:
    images, masks = draw()
    images[1, 0, 0, 0] = np.inf
    write_fold(root / "fold3", images, masks)
    assert "NaN or infinite" in problems_of("pannuke", root)[f"{root / 'fold3' / 'images.npy'}[1]"]


@pytest.mark.parametrize(
    ("settings", "where", "reason"),
    [
        ({"train_folds": [5]}, "data.train_folds", "no fold 5; found are 1, 2, 3"),
        ({"val_folds": [2], "test_folds": [2]}, "data.test_folds", "fold 2 is asked for twice"),
    ],
)
def test_folds_that_do_not_do(settings, where, reason, root: Path, problems_of) -> None:
    assert reason in problems_of("pannuke", root, **settings)[where]


def test_a_default_gives_way(root: Path, read, problems_of) -> None:
    data = read("pannuke", root, train_folds=[2, 3])
    # The default of validation is fold 2, that of the test fold 3: one image in five is held out.
    assert (len(data.train), len(data.val), len(data.test)) == (3, 1, 0)
    found = problems_of("pannuke", root, val_folds=[1])
    assert "no fold to train on" in found[str(root)]


def test_nothing_there(tmp_path: Path, problems_of) -> None:
    assert "no images.npy in it" in problems_of("pannuke", tmp_path)[str(tmp_path)]
    nowhere = tmp_path / "nowhere"
    assert "no such folder" in problems_of("pannuke", nowhere)[str(nowhere)]


def test_two_places_for_one_fold(root: Path, problems_of) -> None:
    write_fold(root / "again" / "Fold 2", *draw())
    assert any("fold 2 is in" in reason for reason in problems_of("pannuke", root).values())


def test_chosen_folds_are_scored(root: Path, read) -> None:
    assert len(read("pannuke", root, only_val=True).val) == 6
    data = read("pannuke", root, only_val=True, val_folds=[3])
    assert list(data.val.names) == ["fold3_0000", "fold3_0001"]
