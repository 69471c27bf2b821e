"""A folder whose nuclei have types, and every way to get its tables wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sweeper.protocol import DataError
from trainables.data import FolderConfig, PreparedData, prepare


@pytest.fixture
def typed(folder: Path) -> Path:
    """The folder of nuclei 1 and 700, with types of one training and one validation image."""
    (folder / "types.txt").write_text("Epithelial\n\ninflammatory cell\n")
    for split, rows in (("train", "1,epithelial\n700,2\n"), ("val", "700,inflammatory cell\n")):
        (folder / split / "types").mkdir()
        (folder / split / "types" / f"{split}_0.csv").write_text(f"id,type\n{rows}")
    return folder


def read(path: Path, cache_dir: Path, **settings: Any) -> PreparedData:
    return prepare(FolderConfig(source="folder", path=path, **settings), cache_dir)


def test_types_by_name_and_by_number(typed: Path, tmp_path: Path) -> None:
    data = read(typed, tmp_path / "cache")
    assert data.type_names == ("Epithelial", "inflammatory_cell")
    assert data.train.types(0).tolist() == [[1, 1], [700, 2]]
    assert data.train.types(1).tolist() == [[1, 0], [700, 0]]
    assert data.val.types(0).tolist() == [[1, 0], [700, 2]]
    assert data.type_counts == [1, 1]
    assert data.summary().lines[1].endswith(", 1 Epithelial, 1 inflammatory_cell, 4 unknown")


def test_the_same_types_however_images_are_dealt(typed: Path, tmp_path: Path) -> None:
    dealt = {"by": "folder"}
    data = read(typed, tmp_path / "cache", splits=dealt)
    plain = read(typed, tmp_path / "cache")
    assert data.type_names == plain.type_names
    assert [data.train.types(i).tolist() for i in range(3)] == [
        plain.train.types(i).tolist() for i in range(3)
    ]


@pytest.mark.parametrize("place", ["", "val"])
def test_a_folder_that_is_only_scored_has_its_types(
    typed: Path, tmp_path: Path, place: str
) -> None:
    data = read(typed / place, tmp_path / "cache", only_val=True)
    assert data.val.types(0).tolist() == [[1, 0], [700, 2]]


def test_types_are_content_and_without_names_there_are_none(typed: Path, tmp_path: Path) -> None:
    (typed / "types.txt").rename(tmp_path / "types.txt")
    plain = read(typed, tmp_path / "cache")
    assert plain.type_names == ()
    assert "types.txt" in plain.summary().lines[1]
    (tmp_path / "types.txt").rename(typed / "types.txt")
    fingerprints = {plain.fingerprint, read(typed, tmp_path / "cache").fingerprint}
    (typed / "val" / "types" / "val_0.csv").write_text("type;id\n1;1\n")
    other = read(typed, tmp_path / "cache")
    assert other.val.types(0).tolist() == [[1, 1], [700, 0]]
    (typed / "types.txt").write_text("Epithelial\nstroma\n")
    fingerprints |= {other.fingerprint, read(typed, tmp_path / "cache").fingerprint}
    assert len(fingerprints) == 4


def test_a_folder_without_types_has_the_fingerprint_it_had(folder: Path, tmp_path: Path) -> None:
    first = read(folder, tmp_path / "cache").fingerprint
    (folder / "types.txt").write_text("a\n")
    assert read(folder, tmp_path / "cache").fingerprint != first
    (folder / "types.txt").unlink()
    assert read(folder, tmp_path / "cache").fingerprint == first


@pytest.mark.parametrize(
    ("table", "mistakes"),
    [
        ("label,class\n1,1\n", [":1: the columns are label, class; needed are id and type"]),
        ("", [":1: the columns are none; needed are id and type"]),
        ("id,type\none,1\n", [":2: the id is 'one', not a number"]),
        (
            "id,type\n1,3\n700,lymphocyte\n",
            [
                ":2: the type is '3'; types.txt has Epithelial, inflammatory cell",
                ":3: the type is 'lymphocyte'; types.txt has Epithelial, inflammatory cell",
            ],
        ),
        ("id,type\n1,1\n\n1,2\n", [":4: the id 1 has a type already; keep one line"]),
        ("id,type\n9,1\n", [":2: no pixel of the label has the id 9; remove the line"]),
        ("id,type\n0,1\n", [":2: no pixel of the label has the id 0; remove the line"]),
    ],
)
def test_mistakes_name_their_line(
    typed: Path, tmp_path: Path, table: str, mistakes: list[str]
) -> None:
    path = typed / "val" / "types" / "val_0.csv"
    path.write_text(table)
    with pytest.raises(DataError) as error:
        read(typed, tmp_path / "cache")
    assert [str(problem) for problem in error.value.problems] == [
        f"{path}{mistake}" for mistake in mistakes
    ]


def test_tables_and_names_that_belong_to_nothing(typed: Path, tmp_path: Path) -> None:
    orphan = typed / "train" / "types" / "nobody.csv"
    orphan.write_text("id,type\n")
    with pytest.raises(DataError, match=r"nobody\.csv: table of types without a label file"):
        read(typed, tmp_path / "cache")
    orphan.unlink()
    for text, message in (
        ("\n \n", r"types\.txt: names no class"),
        ("a b\na/b\n", "are both 'a_b'; rename one"),
    ):
        (typed / "types.txt").write_text(text)
        with pytest.raises(DataError, match=message):
            read(typed, tmp_path / "cache")
    (typed / "types.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="save it as UTF-8"):
        read(typed, tmp_path / "cache")
