"""The picture shows vectors that turn, and is the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from trainables.augment import FlipLeftRight
from trainables.decoding import hv_targets
from trainables.inspection import draw_montage, inspect
from trainables.inspection.montage import montage as module
from trainables.inspection.montage.colours import (
    BACKGROUND_RGB,
    colour_direction,
    colour_labels,
    colour_signed,
)
from trainables.inspection.montage.panels import middle_of
from trainables.inspection.montage.pointed import find_pointed
from trainables.inspection.montage.variations import Patch, Turn, find_turn, vary

DISC = ((np.mgrid[:33, :33] - 16) ** 2).sum(axis=0) < 120


def read_page(path) -> np.ndarray:
    with Image.open(path) as page:
        return np.asarray(page)


@pytest.fixture
def patch() -> Patch:
    """Three discs of different brightness: no turn looks like another."""
    labels = np.zeros((66, 66), np.int32)
    for number, (row, column) in enumerate(((0, 0), (33, 0), (33, 33)), start=1):
        labels[row : row + 33, column : column + 33][DISC] = number
    image = (labels / 3).astype(np.float32)[..., None]
    return Patch.of(image, labels)


def test_colours_of_directions() -> None:
    """Right red, left cyan, down and up apart; no nucleus, no colour."""
    maps = np.zeros((2, 1, 5), np.float32)
    maps[0, 0, :2] = 1, -1
    maps[1, 0, 2:4] = 1, -1
    right, left, down, up, none = colour_direction(maps, np.ones((1, 5), bool))[0].astype(int)
    assert right[0] > 200 > 60 > max(right[1:])
    assert left[0] < 60 < 200 < min(left[1:])
    assert down[1] > down[2]
    assert up[2] > up[1]
    assert none.min() > 200
    assert colour_direction(maps, np.zeros((1, 5), bool))[0, 0].tolist() == list(BACKGROUND_RGB)


def test_colours_of_signs() -> None:
    values = np.array([[-1.0, 0.0, 1.0]], np.float32)
    negative, zero, positive = colour_signed(values, np.ones((1, 3), bool))[0].astype(int)
    assert negative[2] > negative[0] + 100
    assert positive[0] > positive[2] + 100
    assert zero.tolist() == [255, 255, 255]


def test_neighbours_have_different_colours() -> None:
    labels = np.arange(1, 65, dtype=np.int32).reshape(8, 8).repeat(4, axis=0).repeat(4, axis=1)
    picture = colour_labels(labels)[1::4, 1::4].astype(int)
    beside = np.abs(np.diff(picture, axis=1)).sum(axis=2), np.abs(np.diff(picture, axis=0)).sum(2)
    assert min(beside[0].min(), beside[1].min()) > 40


def test_some_gives_different_turns_whose_targets_turn(patch) -> None:
    found = vary(patch, "some", 6, seed=0)
    turns = [find_turn(patch, varied) for varied in found]
    assert len(set(turns)) == 6
    for turn, varied in zip(turns, found, strict=True):
        assert turn is not None
        np.testing.assert_array_equal(turn.hv(patch.hv), varied.hv)
    assert {str(turn) for turn in turns} <= {
        *("as it is", "turned by 90", "turned by 180", "turned by 270", "mirrored"),
        *("turned by 90, mirrored", "turned by 180, mirrored", "turned by 270, mirrored"),
    }


def test_none_varies_nothing_and_all_warps(patch) -> None:
    (only,) = vary(patch, "none", 6, seed=0)
    np.testing.assert_array_equal(only.image, patch.image)
    assert any(find_turn(patch, varied) is None for varied in vary(patch, "all", 6, seed=0))


@pytest.mark.parametrize("preset", ["some", "all"])
def test_in_the_picture_each_nucleus_is_red_on_the_right(patch, preset) -> None:
    """However the crop was turned: the sides of a nucleus keep the colours of their directions."""
    for varied in vary(patch, preset, 6, seed=1):
        picture = middle_of(varied, 66, 4 * 66).astype(int)
        number = int(np.bincount(varied.labels[varied.labels > 0]).argmax())
        rows, columns = np.nonzero(varied.labels == number)
        row = 4 * round(rows.mean()) + 2
        columns = columns[rows == round(rows.mean())]
        left = picture[row, 4 * columns.min() + 2 : 4 * columns.min() + 8].mean(axis=0)
        right = picture[row, 4 * columns.max() - 4 : 4 * columns.max() + 2].mean(axis=0)
        assert right[0] > right[2]
        assert left[2] > left[0]


def test_vectors_that_do_not_turn_are_shown_as_wrong(patch) -> None:
    """A target that is only mirrored as a picture looks different, and its error is told."""
    mirrored = FlipLeftRight()
    labels = np.ascontiguousarray(mirrored.labels(patch.labels))
    right = Patch.of(np.ascontiguousarray(mirrored.image(patch.image)), labels)
    wrong = Patch(image=right.image, labels=labels, hv=np.ascontiguousarray(patch.hv[:, :, ::-1]))
    assert find_turn(patch, wrong) == Turn(quarters=0, is_mirrored=True)
    assert np.abs(middle_of(right, 66, 132).astype(int) - middle_of(wrong, 66, 132)).mean() > 10
    told = []
    page = type("Page", (), {"add_words": lambda self, text, **_: told.append(text)})()
    page.add_panels = lambda *_: None
    module._add_preset(page, patch, [right], 66)
    module._add_preset(page, patch, [right, wrong], 66)
    assert "exactly" in told[0]
    assert "do NOT turn with the picture: they are off by up to 2" in told[1]


def test_montage_shows_the_target_of_what_it_shows(parts, assemble, tmp_path) -> None:
    """The last panel of a sample's row holds the colours of the sample's own target."""
    data = assemble(parts)
    draw_montage(data, tmp_path / "a.png", crop_px=64)
    page = read_page(tmp_path / "a.png")
    labels = data.train.labels(0)
    colours = colour_direction(hv_targets(labels), labels > 0)
    assert {tuple(BACKGROUND_RGB)} < {tuple(one) for one in colours.reshape(-1, 3).tolist()}
    assert page.shape[1] < 1600
    assert (page.reshape(-1, 3) == BACKGROUND_RGB).all(axis=1).mean() > 0.1


def test_montage_depends_on_the_seed_alone(parts, assemble, tmp_path) -> None:
    data = assemble(parts)
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        draw_montage(data, tmp_path / f"{name}.png", crop_px=64, seed=seed)
    a, b, c = (read_page(tmp_path / f"{name}.png") for name in "abc")
    np.testing.assert_array_equal(a, b)
    assert a.shape != c.shape or (a != c).any()


@pytest.mark.parametrize("crop_px", [32, 200])
def test_montage_of_odd_data(parts, assemble, tmp_path, crop_px) -> None:
    """Images without nuclei, oblong ones, ones smaller than a crop, one image alone."""
    part = parts["train"]
    for labels in part.labels:
        labels[:] = 0
    part.labels[0], part.images[0] = part.labels[0][:20], part.images[0][:20]
    val = parts["val"]
    del val.labels[1:], val.images[1:]
    draw_montage(assemble(parts), tmp_path / "a.png", crop_px=crop_px)
    assert read_page(tmp_path / "a.png").shape[0] > 1000


def test_classes_have_a_legend(parts, assemble, tmp_path) -> None:
    for part in parts.values():
        for labels in part.labels:
            ids = np.unique(labels[labels > 0])
            part.types.append(np.stack([ids, 1 + ids % 2], axis=1).astype(np.int32))
    draw_montage(assemble(parts, ("tumour", "stroma")), tmp_path / "a.png", crop_px=64)
    page = read_page(tmp_path / "a.png").reshape(-1, 3)
    for colour in ((255, 99, 97), (88, 166, 255)):
        assert (page == colour).all(axis=1).sum() > 100


def test_samples_that_findings_name_are_shown(parts, assemble, tmp_path) -> None:
    """One panel a finding, of the sample that it names first; with all its labels' colours."""
    train = parts["train"]
    train.labels[4] = np.minimum(train.labels[4], 1)
    train.images[6], train.labels[6] = train.images[8], train.labels[8]
    data = assemble(parts)
    findings = inspect(data, crop_px=64).findings
    splits = {"train": data.train, "val": data.val}
    pointed = {one.finding.subject: one for one in find_pointed(findings, splits, 6)}
    assert pointed["train: labels without instances"].sample.title.startswith("train: train_4 ")
    assert pointed["train: images that come twice"].sample.title.startswith("train: train_8 ")
    assert len(find_pointed(findings, splits, 1)) == 1
    draw_montage(data, tmp_path / "a.png", crop_px=64)
    draw_montage(data, tmp_path / "b.png", crop_px=64, findings=findings)
    plain, longer = read_page(tmp_path / "a.png"), read_page(tmp_path / "b.png")
    assert longer.shape[0] > plain.shape[0] + 200
    assert (longer[: plain.shape[0] - 28] == plain[:-28]).all()


def test_data_that_are_only_scored(parts, assemble, tmp_path) -> None:
    data = assemble({"val": parts["val"]})
    report = inspect(data, crop_px=64)
    assert report.parts == ["val"]
    assert report.findings == []
    draw_montage(data, tmp_path / "a.png", crop_px=64, findings=report.findings)
    assert read_page(tmp_path / "a.png").shape[0] > 1000
