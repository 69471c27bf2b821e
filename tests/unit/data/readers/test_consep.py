"""CoNSeP's .mat files: ids, types in their order, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
from PIL import Image

LABELS = np.zeros((12, 14), np.int32)
LABELS[1:4, 1:4], LABELS[6:9, 1:5], LABELS[2:7, 8:12] = 2, 90_000, 5


def write(root: Path, split: str, name: str, content: dict[str, Any] | bytes) -> Path:
    image_dir, label_dir = root / split / "Images", root / split / "Labels"
    for folder in (image_dir, label_dir):
        folder.mkdir(parents=True, exist_ok=True)
    seed = sum(map(ord, split + name))
    image = np.random.default_rng(seed).integers(0, 255, (*LABELS.shape, 3), np.uint8)
    Image.fromarray(image).save(image_dir / f"{name}.png")
    path = label_dir / f"{name}.mat"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        scipy.io.savemat(path, content)
    return path


GOOD = {"inst_map": LABELS.astype(np.float64), "inst_type": np.array([[1.0], [7.0], [4.0]])}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for split, names in (("Train", ("train_1", "train_2")), ("Test", ("test_1",))):
        for name in names:
            write(tmp_path / "CoNSeP", split, name, GOOD)
    return tmp_path / "CoNSeP"


def test_train_and_test_serve_as_such(root: Path, read) -> None:
    data = read("consep", root)
    assert (len(data.train), len(data.val), len(data.test)) == (1, 1, 1)
    assert list(data.test.names) == ["test_1"]
    assert len(read("consep", root, only_val=True).val) == 1
    assert read("consep", root, only_val=True).val.names == ("test_1",)


def test_types_come_in_the_order_of_the_ids(root: Path, read) -> None:
    data = read("consep", root)
    assert np.array_equal(data.test.labels(0), LABELS)
    # Ids have gaps: the third entry belongs to the third id, not to the id 3.
    assert data.test.types(0).tolist() == [[2, 1], [5, 7], [90_000, 4]]
    assert data.type_names[3] == "malignant_epithelial"


def test_types_are_merged_as_in_the_paper(root: Path, read) -> None:
    data = read("consep", root, merge_types=True)
    assert data.test.types(0).tolist() == [[2, 1], [5, 4], [90_000, 3]]
    assert data.type_names == ("other", "inflammatory", "epithelial", "spindle-shaped")
    assert data.fingerprint != read("consep", root).fingerprint


def test_types_by_id_and_by_majority(root: Path, read) -> None:
    small = np.where(LABELS == 90_000, 6, LABELS)
    by_id = {"inst_map": small, "inst_type": np.array([[0], [3], [0], [0], [2], [1]])}
    write(root, "Test", "test_1", by_id)
    assert read("consep", root).test.types(0).tolist() == [[2, 3], [5, 2], [6, 1]]
    type_map = np.where(small == 2, 3, 0)
    type_map[6, 1:5], type_map[7, 1:3] = 5, 6
    write(root, "Test", "test_1", {"inst_map": small, "type_map": type_map})
    assert read("consep", root).test.types(0).tolist() == [[2, 3], [5, 0], [6, 5]]


def test_data_without_types_have_none(tmp_path: Path, read) -> None:
    for name in ("a", "b"):
        write(tmp_path / "Kumar", "Train", name, {"inst_map": LABELS})
    data = read("consep", tmp_path / "Kumar")
    assert data.type_names == ()
    assert np.array_equal(data.val.labels(0), LABELS)


def test_names_of_other_data(root: Path, read, problems_of) -> None:
    names = [f"class {i}" for i in range(7)]
    assert read("consep", root, type_names=names).type_names[0] == "class_0"
    assert read("consep", root, type_names=[]).type_names == ()
    found = problems_of("consep", root, type_names=["a", "b"])
    assert "the type 7; allowed are 0 to 2" in found["test_1"]
    assert "data.merge_types" in problems_of("consep", root, merge_types=True, type_names=names)


def test_an_empty_image(root: Path, read) -> None:
    empty = {"inst_map": np.zeros(LABELS.shape), "inst_type": np.zeros((0, 1))}
    write(root, "Test", "test_1", empty)
    data = read("consep", root)
    assert not data.test.labels(0).any()
    assert data.test.types(0).shape == (0, 2)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "can't be read as .mat"),
        (b"MATLAB 5.0 MAT-file" + b"\0" * 50, "can't be read as .mat"),
        (b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + b"\0" * 512, "MATLAB 7.3 file"),
        ({"labels": LABELS}, "holds no inst_map"),
        ({"inst_map": LABELS[:5]}, "inst_map is 5x14 px, its image is 12x14 px"),
        ({"inst_map": LABELS + 0.5}, "no whole numbers"),
        ({"inst_map": np.array([[{}]], object)}, "ids must be integers"),
        ({**GOOD, "inst_type": np.ones((5, 1))}, "inst_type has 5 entries for 3 nuclei"),
        ({"inst_map": LABELS, "type_map": LABELS[:3]}, "type_map and inst_map differ in size"),
        ({"inst_map": LABELS, "type_map": LABELS}, "the type 90000"),
    ],
)
def test_wrong_files(content, reason: str, root: Path, problems_of) -> None:
    path = write(root, "Train", "train_2", content)
    found = problems_of("consep", root)
    assert list(found) == [str(path)]
    assert reason in found[str(path)]


def test_a_truncated_file(root: Path, problems_of) -> None:
    path = root / "Test" / "Labels" / "test_1.mat"
    path.write_bytes(path.read_bytes()[:-200])
    assert "can't be read as .mat" in problems_of("consep", root)[str(path)]


def test_missing_partners(root: Path, problems_of) -> None:
    (root / "Train" / "Labels" / "train_1.mat").unlink()
    (root / "Test" / "Images" / "test_1.png").unlink()
    write(root, "Test", "test_2", GOOD)
    found = problems_of("consep", root)
    assert set(found) == {
        str(root / "Train" / "Images" / "train_1.png"),
        str(root / "Test" / "Labels" / "test_1.mat"),
    }
    assert "no train_1.mat" in found[str(root / "Train" / "Images" / "train_1.png")]


def test_merging_knows_seven_types(root: Path, problems_of) -> None:
    path = write(root, "Test", "test_1", {**GOOD, "inst_type": np.array([[1], [8], [2]])})
    assert "holds the type 8" in problems_of("consep", root, merge_types=True)[str(path)]
