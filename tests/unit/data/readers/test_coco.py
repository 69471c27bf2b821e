"""COCO's JSON: masks of all kinds, crowds, categories, layouts, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask

HEIGHT, WIDTH = 20, 30
SQUARE = [2, 3, 8, 3, 8, 9, 2, 9]


def rle(mask: np.ndarray, *, is_compressed: bool) -> dict[str, Any]:
    """Run lengths of a mask, by pycocotools or by counting."""
    if is_compressed:
        counts = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"]
        return {"size": list(mask.shape), "counts": counts.decode()}
    runs, last = [0], False
    for pixel in mask.T.reshape(-1).tolist():
        if pixel != last:
            runs.append(0)
        runs[-1] += 1
        last = pixel
    return {"size": list(mask.shape), "counts": runs}


def instance(segmentation: Any, key: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": key,
        "image_id": 5,
        "category_id": 3,
        "iscrowd": 0,
        "segmentation": segmentation,
        **more,
    }


CATEGORIES = [{"id": 3, "name": "lymphocyte"}, {"id": 1, "name": "tumour cell"}]


@pytest.fixture
def write(tmp_path: Path):
    """Writes a JSON with one image, and the image; returns the data's folder."""

    def write_split(
        *annotations: dict[str, Any],
        place: str = "train.json",
        file_name: str = "one.jpg",
        image_dir: str = "images",
        **changes: Any,
    ) -> Path:
        root = tmp_path / "data"
        entry = {"id": 5, "file_name": file_name, "height": HEIGHT, "width": WIDTH}
        content = {
            "images": [entry],
            "annotations": list(annotations),
            "categories": CATEGORIES,
            **changes,
        }
        for path in (root / place, root / image_dir / file_name):
            path.parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(json.dumps(content))
        seed = sum(map(ord, place))
        pixels = np.random.default_rng(seed).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
        Image.fromarray(pixels).save(root / image_dir / file_name)
        return root

    return write_split


@pytest.fixture
def read_one(write, read):
    """Prepares one image with these instances, for validation; a plain one is to train on."""

    def prepare_one(*annotations: dict[str, Any], **changes: Any):
        write(instance([SQUARE]), place="train.json", file_name="plain.png")
        return read("coco", write(*annotations, place="val.json", **changes))

    return prepare_one


@pytest.fixture
def fail(write, problems_of):
    """What is wrong with one image with these instances."""

    def read_wrong(*annotations: dict[str, Any], **changes: Any) -> str:
        write(instance([SQUARE]), place="train.json", file_name="plain.png")
        found = problems_of("coco", write(*annotations, place="val.json", **changes))
        (reason,) = found.values()
        return reason

    return read_wrong


@pytest.mark.parametrize("is_compressed", [False, True])
def test_run_lengths(is_compressed, read_one) -> None:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[2:15, 4:20] = True
    mask[5:9, 8:12] = False  # a hole
    mask[0, 0] = mask[-1, -1] = True
    data = read_one(instance(rle(mask, is_compressed=is_compressed)))
    assert np.array_equal(data.val.labels(0) == 1, mask)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_polygons_are_pycocotools_own(read_one) -> None:
    parts = [[3.2, 2.1, 12.9, 4.4, 9.5, 16.0, 2.0, 11.3], [20, 2, 25.5, 2, 25.5, 9.5]]
    data = read_one(instance(parts))
    runs = coco_mask.merge(coco_mask.frPyObjects(parts, HEIGHT, WIDTH))
    assert np.array_equal(data.val.labels(0), coco_mask.decode(runs))
    square = read_one(instance([SQUARE], key=9)).val.labels(0)
    assert int(square.sum()) == 36
    assert square[3:9, 2:8].all()


def test_crowds_are_left_out_and_counted(read_one) -> None:
    crowd = instance(rle(np.ones((HEIGHT, WIDTH), bool), is_compressed=False), 2, iscrowd=1)
    data = read_one(instance([SQUARE]), crowd)
    assert int((data.val.labels(0) > 0).sum()) == 36
    expected = "val: 1 crowd regions, left out (they count as background)"
    assert expected in data.summary().lines


def test_the_smaller_instance_wins(read_one) -> None:
    large = instance([[0, 0, 10, 0, 10, 10, 0, 10]], 2, category_id=1)
    same = instance([SQUARE], 3)
    data = read_one(large, instance([SQUARE]), same)
    labels = data.val.labels(0)
    assert labels[5, 5] == 2  # of two equal ones the first
    assert labels[0, 0] == 1
    lines = data.summary().lines
    assert "val: 72 pixels claimed by two or more nuclei, given to the smaller one" in lines
    assert any("1 nuclei without a pixel of their own" in line for line in lines)


def test_types_by_name_in_the_order_of_ids(write, read) -> None:
    write(instance([SQUARE], category_id=1), place="train.json")
    others = [{"id": 1, "name": "lymphocyte"}, {"id": 7, "name": "Unknown"}]
    unknown = instance([[12, 2, 18, 2, 18, 8, 12, 8]], 2, category_id=7)
    root = write(instance([SQUARE], category_id=1), unknown, place="val.json", categories=others)
    data = read("coco", root)
    assert data.type_names == ("tumour_cell", "lymphocyte")
    assert data.train.types(0).tolist() == [[1, 1]]
    # The same id is another class in the other file; unknown ones have no class.
    assert data.val.types(0).tolist() == [[1, 2], [2, 0]]


def test_a_single_category_is_no_type(write, read) -> None:
    for place in ("train.json", "val.json"):
        root = write(instance([SQUARE]), place=place, categories=CATEGORIES[:1])
    assert read("coco", root).type_names == ()


@pytest.mark.parametrize(
    ("train", "val", "image_dir"),
    [
        ("annotations/instances_train2017.json", "annotations/instances_val2017.json", "val2017"),
        ("annotations/train.json", "annotations/val.json", "images"),
        ("train/_annotations.coco.json", "valid/_annotations.coco.json", "valid"),
        ("instances_train.json", "instances_val.json", "images/val"),
        ("training.json", "validation.json", "."),
    ],
)
def test_usual_layouts(train, val, image_dir, write, read) -> None:
    write(instance([SQUARE]), place=train, image_dir=str(image_dir).replace("val", "train"))
    root = write(place=val, image_dir=image_dir, file_name="two.png")
    if "valid" in image_dir:
        write(instance([SQUARE]), place=train, image_dir="train")
    data = read("coco", root)
    assert (data.train.names, data.val.names) == (("one",), ("two",))
    assert not data.val.labels(0).any()


def test_captions_and_keypoints_are_not_taken_for_instances(write, read) -> None:
    for split in ("train", "val"):
        root = write(instance([SQUARE]), place=f"annotations/instances_{split}.json")
        for kind in ("captions", "person_keypoints"):
            (root / "annotations" / f"{kind}_{split}.json").write_text("{}")
    assert len(read("coco", root).val) == 1


def test_named_files(write, read, problems_of) -> None:
    write(instance([SQUARE]), place="a/first.json", image_dir="pictures")
    root = write(place="b/second.json", image_dir="pictures", file_name="two.png")
    settings = {"train": "a/first.json", "val": "b/second.json"}
    assert len(read("coco", root, **settings, images="pictures").val) == 1
    found = problems_of("coco", root, **settings)
    assert all("data.images" in reason for reason in found.values())


def test_one_file_for_all_is_split(write, read) -> None:
    entries = [
        {"id": i, "file_name": f"{i}.png", "height": HEIGHT, "width": WIDTH} for i in range(5)
    ]
    for i in range(5):
        place = {"place": "annotations.json", "file_name": f"{i}.png"}
        root = write(instance([SQUARE], image_id=3), images=entries, **place)
    for path in (root, root / "annotations.json"):
        data = read("coco", path)
        assert (len(data.train), len(data.val)) == (4, 1)
    assert len(read("coco", root, only_val=True).val) == 5


@pytest.mark.parametrize(
    ("segmentation", "reason"),
    [
        (None, "has no mask or polygon"),
        ([], "has no mask or polygon"),
        ([[1, 2, 3, 4, 5]], "no list of x, y"),
        ([[1, 2, 3, "a", 5, 6]], "no number"),
        ([[1, 2, 3, float("nan"), 5, 6]], "no number"),
        ([[1, 2, 3, 4, 5, 1e9]], "far outside the image"),
        ([3, 4], "no list of x, y"),
        ({"size": [HEIGHT, WIDTH], "counts": [5, 5]}, "a mask has 10 pixels"),
        ({"size": [HEIGHT, WIDTH], "counts": [-5, 605]}, "no numbers of pixels"),
        ({"size": [HEIGHT, WIDTH], "counts": "oooo"}, "ends too early"),
        ({"size": [HEIGHT, WIDTH], "counts": "!!"}, "is damaged"),
        ({"size": [HEIGHT, WIDTH], "counts": 7}, "no list and no text"),
        ({"size": [WIDTH, HEIGHT], "counts": [600]}, "its mask is 30x20 px, the image 20x30 px"),
    ],
)
def test_wrong_masks_are_named(segmentation, reason: str, fail) -> None:
    found = fail(instance(segmentation, key=77))
    assert found.startswith("annotation 77 of one.jpg: ")
    assert reason in found


def test_polygons_of_two_points_cover_nothing(read_one) -> None:
    data = read_one(instance([[1, 1, 5, 5]]), instance([SQUARE], 2))
    assert np.unique(data.val.labels(0)).tolist() == [0, 2]
    assert "val: 1 polygons that cover no pixel, left out" in data.summary().lines


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"images": None}, "is no COCO file of instances"),
        ({"annotations": None}, "no list `annotations`"),
        ({"categories": {}}, "`categories` is no list"),
        ({"images": [{"id": 1, "file_name": "x.png"}]}, "no height and width"),
        ({"images": [{"file_name": "x.png"}]}, "images[0] has no id"),
        ({"images": [{"id": 1, "height": 3, "width": 3}]}, "images[0] has no file_name"),
        ({"annotations": [{"id": 1}]}, "annotations[0] has no image_id"),
    ],
)
def test_wrong_files(changes, reason: str, fail) -> None:
    assert reason in fail(instance([SQUARE]), **changes)


def test_truncated_json(write, problems_of) -> None:
    write(instance([SQUARE]), place="train.json")
    root = write(instance([SQUARE]), place="val.json")
    text = (root / "val.json").read_text()
    (root / "val.json").write_text(text[:-30])
    assert "is no JSON" in problems_of("coco", root)[str(root / "val.json")]


def test_deeply_nested_json_is_refused(write, problems_of) -> None:
    root = write(instance([SQUARE]), place="train.json")
    (root / "val.json").write_text("[" * 200_000)
    assert "is no JSON" in problems_of("coco", root)[str(root / "val.json")]


def test_an_unknown_category(fail) -> None:
    reason = fail(instance([SQUARE], category_id=4))
    assert reason.endswith("category_id is 4; the file's categories are 3, 1")


def test_an_image_of_another_size(fail) -> None:
    entry = {"id": 5, "file_name": "one.jpg", "height": 10, "width": WIDTH}
    assert "is 20x30 px, val.json says 10x30 px" in fail(images=[entry])


def test_masks_of_impossible_images_are_not_made(fail) -> None:
    side = 10**6
    entry = {"id": 5, "file_name": "one.jpg", "height": side, "width": side}
    mask = {"size": [side, side], "counts": [0, side * side]}
    assert "is 20x30 px, val.json says 1000000x1000000 px" in fail(instance(mask), images=[entry])


def test_images_that_are_not_there_and_annotations_of_none(write, problems_of, read) -> None:
    root = write(instance([SQUARE]), instance([SQUARE], 2, image_id=99), place="train.json")
    write(place="val.json", file_name="two.png")
    expected = "1 annotations of images that are not listed, left out"
    assert expected in read("coco", root).summary().lines
    (root / "images" / "two.png").unlink()
    found = problems_of("coco", root)[str(root / "val.json")]
    assert found.startswith("1 of 1 images are not found (two.png)")


def test_files_that_may_mean_the_same_split(write, problems_of) -> None:
    for year in (2014, 2017):
        root = write(instance([SQUARE]), place=f"annotations/instances_train{year}.json")
    assert "several files may be meant for train" in problems_of("coco", root)[str(root)]


def test_nothing_there(tmp_path: Path, problems_of) -> None:
    assert "found is no JSON file" in problems_of("coco", tmp_path)[str(tmp_path)]
    nowhere = tmp_path / "nowhere"
    assert "no such folder or file" in problems_of("coco", nowhere)[str(nowhere)]
