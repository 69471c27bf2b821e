"""Each finding on data made to have it, and none on clean data."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage.measure import label

from trainables.decode_search.config import Thresholds


def test_nothing_stands_out_in_clean_data(parts, look) -> None:
    assert look(parts) == {}


def spoil_empty(part, count):
    for index in range(count):
        part.labels[index] = np.zeros_like(part.labels[index])


@pytest.mark.parametrize(
    ("split", "count", "severity", "words"),
    [
        ("train", 2, "note", "2 of 12 images (17%) without a nucleus"),
        ("train", 5, "warning", "5 of 12 images (42%)"),
        ("train", 12, "severe", "12 of 12 images (100%)"),
        ("val", 1, "warning", "1 of 10 images (10%)"),
        ("val", 9, "severe", "9 of 10 images (90%)"),
    ],
)
def test_empty_masks(parts, look, split, count, severity, words) -> None:
    spoil_empty(parts[split], count)
    finding = look(parts)[f"{split}: empty masks"]
    assert finding.severity == severity
    assert words in finding.sentence
    assert sorted(finding.worst) == sorted(f"{split}_{index}" for index in range(count))


def test_what_empty_masks_do(parts, look) -> None:
    spoil_empty(parts["train"], 2)
    spoil_empty(parts["val"], 1)
    found = look(parts)
    assert "loss 0 and is right" in found["train: empty masks"].consequence
    assert "predicts nothing scores AJI 0.10" in found["val: empty masks"].consequence
    spoil_empty(parts["train"], 12)
    assert "labels missing?" in look(parts)["train: empty masks"].consequence


def test_empty_masks_over_visible_nuclei_are_named_first(parts, look, draw) -> None:
    """Of those without labels the one without nuclei in the image comes last."""
    spoil_empty(parts["train"], 3)
    parts["train"].images[0] = draw.image(parts["train"].labels[0], 0)
    assert look(parts)["train: empty masks"].worst[-1] == "train_0"


def test_foreground_masks_among_labels(parts, look) -> None:
    part = parts["train"]
    part.labels[3] = (part.labels[3] > 0).astype(np.int32)
    finding = look(parts)["train: labels without instances"]
    assert finding.severity == "warning"
    assert finding.worst == ["train_3"]
    assert "1 id in" in finding.sentence


def test_maps_of_classes(parts, look) -> None:
    """Two or three ids, each of them all nuclei of a class."""
    for part in parts.values():
        part.labels = [np.where(one > 0, 1 + one % 3, 0).astype(np.int32) for one in part.labels]
    finding = look(parts)["val: labels without instances"]
    assert finding.severity == "severe"
    assert "10 of 10 images hold 30 ids" in finding.sentence


def test_maps_of_many_classes(parts, look) -> None:
    """About as many classes as nuclei, so most ids have few pieces: no broken nuclei either."""
    for part in parts.values():
        part.labels = [np.where(one > 0, 1 + one % 5, 0).astype(np.int32) for one in part.labels]
    found = look(parts)
    for split in parts:
        assert found[f"{split}: labels without instances"].severity == "severe"
        assert f"{split}: nuclei in pieces" not in found


def test_some_broken_nuclei_are_no_map_of_classes(parts, look) -> None:
    for labels in parts["train"].labels:
        first, second = np.unique(labels[labels > 0])[:2]
        for number, row in ((first, 0), (second, 3)):
            labels[row, :3] = number
    found = look(parts)
    assert "train: labels without instances" not in found
    assert found["train: nuclei in pieces"].severity in {"warning", "severe"}


def test_background_with_an_id(parts, look) -> None:
    for part in parts.values():
        part.labels = [one + 1 for one in part.labels]
    found = look(parts)
    assert found["train: ids that fill images"].severity == "severe"
    assert found["train: foreground"].severity == "severe"


def test_sparse_foreground(parts, look) -> None:
    part = parts["train"]
    for labels in part.labels:
        labels[labels > 1] = 0
    finding = look(parts)["train: foreground"]
    assert finding.severity == "warning"
    assert "1.6% of the pixels" in finding.sentence
    assert "BCE of only 0.08" in finding.consequence  # the entropy of 0.016


def test_tiny_nuclei(parts, look) -> None:
    part = parts["val"]
    part.labels[4][0, 0:3] = 900
    finding = look(parts)["val: tiny nuclei"]
    assert finding.severity == "note"
    assert "below 10 px (the smallest: 3 px)" in finding.sentence
    assert finding.worst == ["val_4"]
    for labels in part.labels:
        labels[0, 5], labels[2, 0], labels[95, 95], labels[95, 0], labels[0, 95] = range(901, 906)
    assert look(parts)["val: tiny nuclei"].severity == "warning"


def test_nuclei_in_pieces(parts, look) -> None:
    labels = parts["train"].labels[7]
    labels[0, 0:12] = 1
    finding = look(parts)["train: nuclei in pieces"]
    assert finding.severity == "note"
    assert "1 of" in finding.sentence
    assert finding.worst == ["train_7"]


def test_nuclei_that_touch_are_not_in_pieces(parts, look) -> None:
    rows, columns = np.indices(parts["train"].labels[0].shape) // 12
    tiles = 1 + 8 * rows + columns
    parts["train"].labels[0] = np.where(tiles < 30, tiles, 0).astype(np.int32)
    assert "train: nuclei in pieces" not in look(parts)


def test_outlines_in_place_of_nuclei(parts, look, draw) -> None:
    part = parts["train"]
    for index in range(len(part.labels)):
        inner = draw.labels(index, radius_px=7.0)
        rim = np.zeros_like(inner)
        for number in range(1, inner.max() + 1):
            inside = inner == number
            core = inside.copy()
            for axis in (0, 1):
                core &= np.roll(inside, 1, axis) & np.roll(inside, -1, axis)
            rim[inside & ~core] = number
        part.labels[index] = rim
    found = look(parts)
    assert found["train: nuclei with holes"].severity == "severe"
    assert found["train: HoVer targets"].severity == "severe"
    assert "usual are 0.67" in found["train: HoVer targets"].sentence


def test_images_that_do_not_belong_to_their_labels(parts, look) -> None:
    rng = np.random.default_rng(3)
    part = parts["val"]
    for index in range(6):
        blobs = gaussian_filter(rng.normal(size=part.labels[index].shape), 2.0)
        part.images[index] = np.clip(128 + 300 * blobs, 0, 255).astype(np.uint8)[..., None]
    finding = look(parts)["val: labels that do not fit"]
    assert finding.severity in {"warning", "severe"}
    assert set(finding.worst) <= {f"val_{index}" for index in range(6)}
    assert "of 10 images the labelled pixels are as bright" in finding.sentence


def test_blank_image(parts, look) -> None:
    parts["train"].images[2][:] = 17
    finding = look(parts)["train: blank images"]
    assert (finding.severity, finding.worst) == ("warning", ["train_2"])


def test_few_gray_levels(parts, look) -> None:
    parts["train"].images[2] //= 32
    finding = look(parts)["train: gray levels"]
    assert (finding.severity, finding.worst) == ("note", ["train_2"])


def test_saturated_nuclei(parts, look) -> None:
    image = parts["train"].images[2]
    parts["train"].images[2] = np.minimum(image, 140)
    finding = look(parts)["train: saturated nuclei"]
    assert (finding.severity, finding.worst) == ("warning", ["train_2"])


def test_white_background_is_not_saturated_nuclei(parts, look) -> None:
    """Dark nuclei on a background at the upper end, as in bright field."""
    for part in parts.values():
        part.images = [np.minimum(255 - one, 200) for one in part.images]
    assert look(parts) == {}


def test_few_images_to_score_on(parts, look) -> None:
    part = parts["val"]
    del part.labels[4:], part.images[4:]
    finding = look(parts)["val: few images"]
    assert finding.severity == "note"
    assert "off by 0.07" in finding.consequence  # 0.13 / sqrt(4)


def test_nuclei_of_another_magnification(parts, look, draw) -> None:
    part = parts["val"]
    part.labels = [draw.labels(index, radius_px=14.0) for index in range(10)]
    part.images = [draw.image(one, index) for index, one in enumerate(part.labels)]
    finding = look(parts)["val: size of nuclei"]
    assert finding.severity == "warning"
    assert "px across in val and 14 px in train" in finding.sentence


def test_dark_nuclei_that_training_does_not_know(parts, look) -> None:
    parts["val"].images[0] = 255 - parts["val"].images[0]
    finding = look(parts)["val: unknown kind of images"]
    assert "10% of the val images are with dark nuclei" in finding.sentence
    assert finding.worst == ["val_0"]
    parts["train"].images[5] = 255 - parts["train"].images[5]
    assert "val: unknown kind of images" not in look(parts)


def test_colour_that_training_does_not_know(parts, look) -> None:
    gray = parts["val"].images[3]
    parts["val"].images[3] = np.concatenate([gray, gray // 2, gray], axis=2)
    assert "in colour" in look(parts)["val: unknown kind of images"].sentence


def test_another_contrast(parts, look) -> None:
    part = parts["val"]
    rng = np.random.default_rng(0)
    for index, image in enumerate(part.images):
        faint = 40 + (image.astype(float) - 40) * 0.4 + rng.normal(0, 40, image.shape)
        part.images[index] = np.clip(faint, 0, 255).astype(np.uint8)
    assert look(parts)["val: contrast"].severity == "warning"


def test_crops_smaller_than_nuclei(parts, look) -> None:
    finding = look(parts, crop_px=12)["train: nuclei larger than a crop"]
    assert finding.severity == "severe"
    assert "crop_px 12 (up to 1" in finding.sentence


def test_crops_larger_than_images(parts, look) -> None:
    finding = look(parts, crop_px=128)["train: images smaller than a crop"]
    assert finding.severity == "warning"
    assert "44% of the crops' pixels" in finding.sentence  # 1 - (96 / 128)^2


def test_nuclei_that_never_touch(parts, look, draw) -> None:
    part = parts["val"]
    part.labels = [np.where(one % 5 == 2, 0, one) for one in part.labels]
    part.labels = [label(one > 0, connectivity=2).astype(np.int32) for one in part.labels]
    found = look(parts)
    assert "reach AJI 1.00" in found["val: hardly any neighbours"].sentence
    part.labels, part.images = part.labels * 3, part.images * 3
    assert "none of" in look(parts)["val: no neighbours"].sentence


def test_decoding_that_does_not_suit_the_labels(parts, look) -> None:
    finding = look(parts, decode=Thresholds(min_object_px=148))["val: decoding of perfect maps"]
    assert finding.severity in {"warning", "severe"}
    assert "no network scores above that" in finding.consequence


def test_empty_masks_do_not_make_a_bad_decoding_look_better(parts, look) -> None:
    subject, decode = "val: decoding of perfect maps", Thresholds(min_object_px=148)
    before = look(parts, decode=decode)[subject]
    for labels in parts["val"].labels[:5]:
        labels[:] = 0
    after = look(parts, decode=decode)[subject]
    assert after.severity == before.severity == "severe"
    assert "of 5 images with nuclei" in after.sentence


def test_without_nuclei_there_is_nothing_to_separate(parts, look) -> None:
    for labels in parts["val"].labels:
        labels[:] = 0
    found = look(parts)
    assert found["val: empty masks"].severity == "severe"
    assert not {"val: hardly any neighbours", "val: decoding of perfect maps"} & set(found)


def classify(parts, shares):
    """Gives the nuclei of each split classes in turn: `shares[split]` nuclei of class 1, 2, ..."""
    for name, part in parts.items():
        left = np.repeat(np.arange(len(shares[name])), shares[name]).tolist()
        for labels in part.labels:
            ids = np.unique(labels[labels > 0])
            types = [left.pop(0) if left else 1 for _ in ids]
            part.types.append(np.stack([ids, types], axis=1).astype(np.int32))


def test_classes_that_are_rare_or_missing(parts, look) -> None:
    names = ("lymphocyte", "dead", "mitosis", "neuron")
    # Unknown, lymphocyte, dead, mitosis, neuron; all others become lymphocytes.
    classify(parts, {"train": (0, 0, 3, 0, 60), "val": (0, 0, 30, 2, 0)})
    found = look(parts, names)
    rare = found["train: rare classes"]
    assert rare.sentence.startswith("0 mitosis, 3 dead of ")
    assert rare.severity == "warning"
    unseen = found["val: classes that train lacks"]
    assert unseen.sentence.startswith("2 mitosis of ")
    assert unseen.severity == "warning"
    assert found["val: absent classes"].sentence.startswith("0 neuron of ")
    assert not {"val: rare classes", "train: absent classes"} & set(found)
    assert not any("lymphocyte" in finding.sentence for finding in found.values())


def test_rare_classes_are_one_finding(parts, look) -> None:
    names = tuple(f"kind {letter}" for letter in "abcdefgh")
    classify(parts, {"train": (0, 0, *[3] * 7), "val": (0, 0, *[2] * 7)})
    found = look(parts, names)
    for split, severity in (("train", "warning"), ("val", "note")):
        assert found[f"{split}: rare classes"].severity == severity
        assert all(name in found[f"{split}: rare classes"].sentence for name in names[1:])
    assert len([subject for subject in found if "class" in subject]) == 2


def test_nuclei_without_a_class(parts, look) -> None:
    classify(parts, {"train": (10_000,), "val": (40, 0)})
    found = look(parts, ("tumour",))
    assert found["train: unknown classes"].severity == "severe"
    assert "no training nucleus" in found["val: classes that train lacks"].consequence


def test_the_severest_come_first(parts, look) -> None:
    spoil_empty(parts["train"], 1)
    parts["val"].images[0][:] = 0
    spoil_empty(parts["val"], 9)
    severities = [finding.severity for finding in look(parts).values()]
    assert severities == sorted(severities, key=["severe", "warning", "note"].index)
    assert set(severities) == {"severe", "warning", "note"}


def test_images_in_two_splits(parts, look) -> None:
    train, val = parts["train"], parts["val"]
    val.images[2], val.labels[2] = train.images[5], train.labels[5]
    finding = look(parts)["val: images of another split"]
    assert finding.severity == "severe"
    assert "1 of 10 images (10%, 1 equal) is in train as well" in finding.sentence
    assert finding.worst == ["val_2 like train/train_5"]


def test_images_that_are_nearly_those_of_another_split(parts, look) -> None:
    train, val = parts["train"], parts["val"]
    for index in range(4):
        val.images[index] = np.clip(train.images[index].astype(int) + 9, 0, 255).astype(np.uint8)
        val.labels[index] = train.labels[index]
    finding = look(parts)["val: images of another split"]
    assert finding.severity == "warning"
    assert "40%, 4 nearly equal" in finding.sentence


def test_images_that_come_twice(parts, look) -> None:
    train = parts["train"]
    train.images[3] = np.clip(train.images[8].astype(int) + 9, 0, 255).astype(np.uint8)
    train.labels[3] = train.labels[8]
    finding = look(parts)["train: images that come twice"]
    assert finding.severity == "note"
    assert finding.worst == ["train_8 like train/train_3"]
