"""Types of nuclei: rows, maps, names, and how they are kept; and that nothing pays without them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from sweeper.protocol import DataError, Problem
from trainables.data import PreparedData, SyntheticConfig, prepare
from trainables.data.facts import SplitTally, describe
from trainables.data.nucleus_types import list_types, paint_types, plain_names
from trainables.data.source import Sample, SplitName
from trainables.data.synthetic import SyntheticSource

LABELS = np.array([[5, 5, 0, 2], [0, 0, 0, 2], [9, 0, 0, 0]], np.int32)
SMALL = SyntheticConfig(num_train=1, num_val=1, num_test=0, size_px=64)


def test_every_nucleus_has_a_row() -> None:
    rows = list_types(LABELS, {9: 1, 2: 2}, num_types=2)
    assert rows.dtype == np.int32
    assert rows.tolist() == [[2, 2], [5, 0], [9, 1]]
    assert list_types(np.zeros((2, 2), np.int32), {}, num_types=1).shape == (0, 2)


@pytest.mark.parametrize(
    ("types", "message"),
    [
        ({7: 1}, "a type for the id 7, which no pixel has"),
        ({2: 3}, "the id 2 has the type 3; allowed are 0 to 2"),
        ({2: -1}, "the id 2 has the type -1"),
    ],
)
def test_types_that_mean_nothing(types: dict[int, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        list_types(LABELS, types, num_types=2)


def test_a_map_of_types_of_any_part_of_the_image() -> None:
    rows = list_types(LABELS, {9: 1, 2: 2}, num_types=2)
    assert paint_types(LABELS, rows).tolist() == [[-1, -1, 0, 2], [0, 0, 0, 2], [1, 0, 0, 0]]
    assert paint_types(LABELS[:2, ::-1], rows).tolist() == [[2, 0, -1, -1], [2, 0, 0, 0]]
    nothing = np.zeros((2, 3), np.int32)
    assert paint_types(nothing, list_types(nothing, {}, 2)).tolist() == [[0] * 3] * 2


def test_names_that_metrics_can_carry() -> None:
    names = ["Dead", "non-neoplastic epithelial", " T cell (CD8+) "]
    assert plain_names(names) == ("Dead", "non-neoplastic_epithelial", "T_cell_CD8")
    for wrong, message in (
        (["a b", "a/b"], "'a b' and 'a/b' are both 'a_b'"),
        (["+"], "no letter or digit"),
        (["unknown"], "give its nuclei the type 0"),
    ):
        with pytest.raises(ValueError, match=message):
            plain_names(wrong)


def test_classes_are_counted() -> None:
    tally = SplitTally(num_types=2)
    tally.add(LABELS, list_types(LABELS, {9: 1, 2: 1}, num_types=2))
    tally.add(LABELS, list_types(LABELS, {9: 1, 2: 2, 5: 1}, num_types=2))
    facts = tally.facts()
    assert facts.nuclei_by_type == (1, 4, 1)
    numbers = facts.numbers(["round", "long"])
    assert [numbers[f"nuclei/{name}"] for name in ("round", "long", "unknown")] == [4.0, 1.0, 1.0]
    assert describe("val", facts, ["round", "long"]).endswith(
        ", 0 images without nuclei, 4 round, 1 long, 1 unknown"
    )


@dataclass(frozen=True)
class Typed:
    """The drawn images, their first nucleus of type 2, all others but the last of type 1."""

    type_names: Sequence[str] = ("big cells", "odd")
    more: Mapping[int, int] = field(default_factory=dict)
    problems: Sequence[Problem] = ()
    drawn = SyntheticSource(config=SMALL)

    def fingerprint(self) -> str:
        return f"typed{self.drawn.fingerprint()}"

    def names(self, split: SplitName) -> Sequence[str]:
        return self.drawn.names(split)

    def read(self, split: SplitName, index: int) -> Sample:
        sample = self.drawn.read(split, index)
        types = {1: 2, **dict.fromkeys(range(2, int(sample.labels.max())), 1), **self.more}
        return Sample(image=sample.image, labels=sample.labels, types=types)

    def notes(self) -> Sequence[str]:
        return []


def prepare_typed(source: Typed, monkeypatch: pytest.MonkeyPatch, folder: Path) -> PreparedData:
    monkeypatch.setattr("trainables.data.prepared.open_source", lambda *_: source)
    return prepare(SMALL, folder)


def test_types_are_prepared_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = prepare_typed(Typed(), monkeypatch, tmp_path)
    assert tuple(first.type_names) == tuple(first.val.type_names) == ("big_cells", "odd")
    count = int(first.train.labels(0).max())
    expected = [[1, 2], *([i, 1] for i in range(2, count)), [count, 0]]
    assert first.train.types(0).tolist() == expected
    assert not first.train.types(0).flags.writeable
    assert first.summary().facts["train/nuclei/odd"] == 1.0
    monkeypatch.setattr("trainables.data.prepared._build", lambda *_: pytest.fail("built again"))
    again = prepare_typed(Typed(), monkeypatch, tmp_path)
    assert again.train.types(0).tolist() == expected
    assert again.summary() == first.summary()


def test_a_torn_file_of_types_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = prepare_typed(Typed(), monkeypatch, tmp_path).val.types(0).tolist()
    stored = next(tmp_path.glob("*/val.types"))
    stored.write_bytes(stored.read_bytes()[:-4])
    assert prepare_typed(Typed(), monkeypatch, tmp_path).val.types(0).tolist() == expected


def test_wrong_types_are_mistakes_of_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match="train_000: the id 1 has the type 7") as error:
        prepare_typed(Typed(more={1: 7}), monkeypatch, tmp_path)
    assert len(error.value.problems) == 2
    with pytest.raises(DataError, match="both 'a_b'; rename one"):
        prepare_typed(Typed(type_names=("a b", "a/b")), monkeypatch, tmp_path)


def test_data_without_types_are_what_they_were(tmp_path: Path) -> None:
    """Fingerprints, and a cache as it was written before there were types."""
    small = SyntheticConfig(num_train=3, num_val=2, num_test=0, size_px=64)
    fingerprint = "7539cedaf625f9a5ddc2d15f0b4603a8e57ba537c57552febd2a99f5b9ed2c95"
    assert SyntheticSource(config=small).fingerprint() == fingerprint
    data = prepare(SMALL, tmp_path)
    assert data.type_names == ()
    assert data.train.types(0).shape == (0, 2)
    assert not [name for name in data.summary().facts if "unknown" in name]
    index = next(tmp_path.glob("*/index.json"))
    assert not list(tmp_path.glob("*/*.types"))
    before = json.loads(index.read_text())
    del before["type_names"]
    for split in before["splits"].values():
        del split["nuclei"], split["facts"]["nuclei_by_type"]
    index.write_text(json.dumps(before))
    written = index.stat().st_mtime_ns
    again = prepare(SMALL, tmp_path)
    assert index.stat().st_mtime_ns == written
    assert np.array_equal(again.train.labels(0), data.train.labels(0))
    assert again.summary() == data.summary()
