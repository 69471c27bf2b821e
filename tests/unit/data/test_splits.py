"""How images are dealt to train, val and test: by folders, tables, groups and fractions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from sweeper.protocol import DataError
from trainables.data import DataConfig, PreparedData, prepare
from trainables.data.splits.drawing import draw_groups

Write = Callable[..., None]
PATIENTS = {"p1": 4, "p2": 3, "p3": 2, "p4": 1}
NAMES = [f"{patient}_{i}" for patient, count in PATIENTS.items() for i in range(count)]


@pytest.fixture
def root(tmp_path: Path, write: Write) -> Path:
    """Ten images of four patients, in one folder."""
    for number, name in enumerate(NAMES):
        write_pair(write, tmp_path / "cells", name, number)
    return tmp_path / "cells"


def write_pair(write: Write, folder: Path, name: str, number: int) -> None:
    labels = np.zeros((40, 40), np.uint16)
    labels[3:9, 3:9], labels[20:30, 20:30] = 1, 2
    image = np.random.default_rng(number).integers(0, 255, (40, 40), np.uint8)
    write(folder / "images" / f"{name}.png", image)
    write(folder / "labels" / f"{name}.png", labels)


@pytest.fixture
def deal(root: Path, tmp_path: Path) -> Callable[..., PreparedData]:
    def prepare_dealt(by: str, **settings: Any) -> PreparedData:
        given = {"source": "folder", "path": str(root), "splits": {"by": by, **settings}}
        return prepare(TypeAdapter(DataConfig).validate_python(given), tmp_path / "cache")

    return prepare_dealt


@pytest.fixture
def reasons(deal) -> Callable[..., dict[str, str]]:
    def fail(by: str, **settings: Any) -> dict[str, str]:
        with pytest.raises(DataError) as raised:
            deal(by, **settings)
        return {problem.where: problem.reason for problem in raised.value.problems}

    return fail


def patients(split: Any) -> set[str]:
    return {name.split("_")[0] for name in split.names}


def named(data: PreparedData) -> list[list[str]]:
    return [list(split.names) for split in (data.train, data.val, data.test)]


def test_fractions_are_drawn_by_the_seed(deal) -> None:
    data = deal("fraction", val_frac=0.3, test_frac=0.2)
    assert [len(names) for names in named(data)] == [5, 3, 2]
    assert sorted(name for names in named(data) for name in names) == NAMES
    assert named(deal("fraction", val_frac=0.3, test_frac=0.2)) == named(data)
    other = deal("fraction", val_frac=0.3, test_frac=0.2, seed=1)
    assert named(other) != named(data)
    assert other.fingerprint != data.fingerprint
    expected = "images, drawn with the seed 0: train 5, val 3, test 2"
    assert expected in data.summary().lines


@pytest.mark.parametrize("seed", range(5))
def test_groups_stay_together(seed: int, deal) -> None:
    data = deal("group", pattern=r"^(p\d)_", val_frac=0.3, test_frac=0.2, seed=seed)
    of_splits = [patients(split) for split in (data.train, data.val, data.test)]
    assert all(of_splits)
    assert sum(map(len, of_splits)) == len(PATIENTS)
    assert not any("two splits" in line for line in data.summary().lines)


def test_groups_as_listed(deal) -> None:
    data = deal("group", pattern=r"p(\d)", values={"val": [3], "test": ["4"]})
    assert named(data)[1:] == [["p3_0", "p3_1"], ["p4_0"]]
    assert len(data.train) == 7
    few = deal("group", pattern=r"p(\d)", values={"train": [1], "val": [3]})
    assert named(few) == [[f"p1_{i}" for i in range(4)], ["p3_0", "p3_1"], []]
    assert any("4 images not used" in line for line in few.summary().lines)


def write_table(root: Path, text: str, name: str = "cells.csv") -> None:
    (root / name).write_text(text, encoding="utf-8")


def test_a_column_of_patients(root: Path, deal) -> None:
    rows = "\n".join(f"{name}.png;{name[:2]};x" for name in NAMES)
    write_table(root, f"\ufefffile;patient;more\n{rows}\nmissing.png;p9;y\n\n")
    data = deal("column", csv="cells.csv", column="patient", val_frac=0.3)
    assert patients(data.train) | patients(data.val) == set(PATIENTS)
    assert not patients(data.train) & patients(data.val)
    line = next(line for line in data.summary().lines if line.startswith("groups by the column"))
    assert "patient of cells.csv, drawn with the seed 0: train" in line
    listed = deal("column", csv="cells.csv", column="patient", values={"val": ["p2"]})
    assert patients(listed.val) == {"p2"}


def test_a_column_of_splits_and_a_patient_in_two(root: Path, deal) -> None:
    splits = ["Training", "train", "train", "Validation", "val", "train", "test", *["train"] * 3]
    rows = "\n".join(
        f"images/{name},{split},{name[:2]}" for name, split in zip(NAMES, splits, strict=True)
    )
    write_table(root, f"where,split,patient\n{rows}\n")
    settings = {"csv": "cells.csv", "column": "split", "image_column": "where"}
    data = deal("column", **settings)
    assert named(data)[1:] == [["p1_3", "p2_0"], ["p2_2"]]
    assert not any("warning" in line for line in data.summary().lines)
    lines = deal("column", **settings, group_column="patient").summary().lines
    assert (
        "warning: 2 of 4 groups lie in two splits (p1 in train and val, p2 in train and val and "
        "test): scores on them flatter"
    ) in lines


@pytest.mark.parametrize(
    ("text", "where", "reason"),
    [
        ("image,patient\np1_0,a\n", "cells.csv", "no row for 9 of 10 images (p1_1, p1_2"),
        ("image,slide\n", "cells.csv", "no column 'patient'; there are image, slide"),
        ("what,patient\n", "cells.csv", "no column of image names; say which with image_column"),
        ("", "cells.csv", "no column of image names"),
        ("image,patient\np1_0,a\np1_0,b\n", "cells.csv:3", "p1_0 has another value above"),
        ("image,patient\np1_0,\n", "cells.csv:2", "an empty cell"),
    ],
)
def test_wrong_tables(text: str, where: str, reason: str, root: Path, reasons) -> None:
    write_table(root, text)
    found = reasons("column", csv="cells.csv", column="patient")
    assert reason in found[str(root / where)]


def test_tables_that_cannot_be_read(root: Path, reasons) -> None:
    found = reasons("column", csv="none.csv", column="patient")
    assert "`csv` is relative to the data's `path`" in found[str(root / "none.csv")]
    (root / "cells.csv").write_bytes(b"image,patient\n\xff\xfe,a\n")
    found = reasons("column", csv="cells.csv", column="patient")
    assert "is no UTF-8 text" in found[str(root / "cells.csv")]


@pytest.mark.parametrize(
    ("settings", "where", "reason"),
    [
        ({"pattern": "q"}, "data.splits.pattern", "'q' is not found in 10 of 10 names (p1_0"),
        ({"pattern": "p"}, "data.splits", "2 groups are needed, there are 1"),
        ({"pattern": r"p\d", "test_frac": 0.1, "values": {"val": ["p9"]}}, "data.splits", "'p9'"),
        ({"pattern": r"p\d", "values": {"val": ["p1"], "test": ["p1"]}}, "data.splits", "listed"),
        (
            {"pattern": r"p\d", "values": {"test": ["p1"]}},
            "data.splits",
            "no image is left for val",
        ),
    ],
)
def test_groups_that_do_not_do(settings, where: str, reason: str, reasons) -> None:
    assert reason in reasons("group", **settings)[where]


@pytest.fixture
def foldered(root: Path, write: Write) -> Path:
    """The same images in train/, and one of the first patient in test/."""
    (root / "train").mkdir()
    for kind in ("images", "labels"):
        (root / kind).rename(root / "train" / kind)
    write_pair(write, root / "test", "p1_9", 9_000)
    return root


def test_the_test_images_are_kept(foldered: Path, deal, reasons) -> None:
    data = deal("group", pattern=r"^(p\d)_")
    assert named(data)[2] == ["p1_9"]
    # The first patient is elsewhere as well: that is a leak.
    assert any("groups lie in two splits (p1 in" in line for line in data.summary().lines)
    mixed = deal("group", pattern=r"^(p\d)_", keep_test=False)
    assert len(mixed.test) == 0
    assert not any("two splits" in line for line in mixed.summary().lines)
    found = reasons("group", pattern=r"^(p\d)_", test_frac=0.2)
    assert "leave test_frac out or keep_test: false" in found["data.splits"]


def test_folders_with_groups_that_are_held_out_as_a_whole(foldered: Path, deal) -> None:
    data = deal("folder", pattern=r"^(p\d)_", seed=2)
    assert not patients(data.train) & patients(data.val)
    assert named(data)[2] == ["p1_9"]
    text = "\n".join(data.summary().lines)
    assert "nothing serves as validation: held out are" in text
    assert "warning: 1 of 4 groups lie in two splits (p1 in" in text


def test_equal_names_in_two_folders_are_told_apart(foldered: Path, write: Write, deal) -> None:
    write_pair(write, foldered / "test", "p1_0", 9_001)
    data = deal("fraction", keep_test=False)
    assert {"train/p1_0", "test/p1_0", "p1_1"} <= {name for names in named(data) for name in names}


def test_tables_may_name_folders(foldered: Path, write: Write, deal) -> None:
    write_pair(write, foldered / "test", "p1_0", 9_001)
    rows = "\n".join(f"{name}.png,train" for name in NAMES[1:])
    text = f"image,split\n{rows}\ntest/images/p1_0.png,val\ntrain/p1_0.png,train\np1_9,test"
    write_table(foldered, text)
    assert named(deal("column", csv="cells.csv", column="split"))[1:] == [["test/p1_0"], ["p1_9"]]


def test_types_of_nuclei_come_along(root: Path, deal) -> None:
    plain = deal("fraction")
    (root / "types.txt").write_text("round\nlong\n")
    (root / "types").mkdir()
    for name in NAMES:
        (root / "types" / f"{name}.csv").write_text("id,type\n1,long\n")
    data = deal("fraction")
    assert named(data) == named(plain)
    assert data.type_names == ("round", "long")
    assert data.val.types(0).tolist() == [[1, 2], [2, 0]]
    assert data.fingerprint != plain.fingerprint


@pytest.mark.parametrize(
    "wrong",
    [
        {"splits": {"by": "group"}},
        {"splits": {"by": "group", "pattern": "("}},
        {"splits": {"by": "fraction", "val_frac": 0.6, "test_frac": 0.4}},
        {"splits": {"by": "column", "csv": "x.csv"}},
        {"splits": {"by": "folder", "csv": "x.csv"}},
        {"splits": {"by": "folder", "csv": "x.csv", "column": "a", "pattern": "p"}},
        {"splits": {"by": "group", "pattern": "p", "values": {"validation": ["a"]}}},
        {"splits": {"by": "fraction"}, "val_frac": 0.3},
        {"splits": {"by": "fraction"}, "only_val": True},
        {"source": "coco", "splits": {"by": "fraction"}, "only_val": True},
        {"source": "coco", "val_frac": 0.3},
    ],
)
def test_settings_that_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(DataConfig).validate_python({"source": "folder", "path": "x", **wrong})


def test_shares_are_as_near_as_groups_allow() -> None:
    sizes = {"a": 50, "b": 20, "c": 20, "d": 10}
    for seed in range(20):
        dealt = draw_groups(sizes, {"val": 0.2, "test": 0.1}, seed)
        count = {
            split: sum(sizes[name] for name, one in dealt.items() if one == split)
            for split in ("train", "val", "test")
        }
        assert min(count.values()) > 0
        assert count["val"] <= 50
    with pytest.raises(ValueError, match="3 groups are needed, there are 2"):
        draw_groups({"a": 1, "b": 1}, {"val": 0.2, "test": 0.1}, 0)
