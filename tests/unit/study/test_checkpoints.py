"""Checkpoints are whole or passed over, and only the two newest are kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sweeper.study.checkpoints import (
    Wanted,
    best_checkpoint,
    newest_checkpoint,
    read_checkpoints,
    thin_checkpoints,
    write_checkpoint,
)


def save_text(text: str):
    def save(directory: Path) -> None:
        (directory / "weights").write_text(text, encoding="utf-8")
        (directory / "more").mkdir()
        (directory / "more" / "state").write_text(text * 2, encoding="utf-8")

    return save


def write_three(folder: Path) -> None:
    for epoch in (1, 2, 3):
        write_checkpoint(folder, epoch, {"score": epoch / 10}, save_text(f"epoch {epoch}"))


def test_newest_is_read_back(tmp_path):
    write_three(tmp_path)
    checkpoint, damaged = newest_checkpoint(tmp_path)
    assert checkpoint is not None
    assert checkpoint.epoch == 3
    assert checkpoint.metrics == {"score": 0.3}
    assert (checkpoint.state / "weights").read_text() == "epoch 3"
    assert damaged == []


def test_two_newest_are_kept(tmp_path):
    write_three(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["epoch-00002", "epoch-00003"]


def test_nothing_there(tmp_path):
    assert newest_checkpoint(tmp_path / "none") == (None, [])


def corrupt_bytes(path: Path) -> None:
    (path / "state" / "weights").write_text("EPOCH 3")


def truncate_meta(path: Path) -> None:
    meta = path / "meta.json"
    meta.write_text(meta.read_text()[:10])


def lose_file(path: Path) -> None:
    (path / "state" / "more" / "state").unlink()


def forget_meta_key(path: Path) -> None:
    (path / "meta.json").write_text(json.dumps({"epoch": 3}))


@pytest.mark.parametrize("damage", [corrupt_bytes, truncate_meta, lose_file, forget_meta_key])
def test_damaged_one_is_reported_and_the_one_before_used(tmp_path, damage):
    write_three(tmp_path)
    damage(tmp_path / "epoch-00003")
    checkpoint, damaged = newest_checkpoint(tmp_path)
    assert checkpoint is not None
    assert checkpoint.epoch == 2
    assert len(damaged) == 1
    assert "epoch-00003" in damaged[0]


def test_a_writer_that_fails_leaves_no_trace(tmp_path):
    write_three(tmp_path)

    def fail(directory: Path) -> None:
        (directory / "half").write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_checkpoint(tmp_path, 4, {}, fail)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["epoch-00002", "epoch-00003"]


def test_same_epoch_again_replaces(tmp_path):
    write_three(tmp_path)
    write_checkpoint(tmp_path, 3, {"score": 0.4}, save_text("again"))
    checkpoint, _ = newest_checkpoint(tmp_path)
    assert checkpoint is not None
    assert (checkpoint.state / "weights").read_text() == "again"


def epochs(folder: Path) -> list[int]:
    return sorted(int(path.name.removeprefix("epoch-")) for path in folder.iterdir())


@pytest.mark.parametrize(("goal", "kept"), [("maximize", [2, 4, 5]), ("minimize", [1, 4, 5])])
def test_the_best_is_kept_too(tmp_path, goal, kept):
    for epoch, score in enumerate((0.1, 0.9, 0.3, 0.9 - 1e-9, 0.4), start=1):
        write_checkpoint(
            tmp_path, epoch, {"score": score}, save_text("x"), best_by=Wanted("score", goal)
        )
    assert epochs(tmp_path) == kept
    thin_checkpoints(tmp_path, newest=1, best_by=Wanted("score", goal))
    assert epochs(tmp_path) == [kept[0], 5]


def test_epochs_without_the_metric_are_never_the_best(tmp_path):
    wanted = Wanted("score", "maximize")
    for epoch, metrics in enumerate(({}, {"score": -5.0}, {}, {}, {}), start=1):
        write_checkpoint(tmp_path, epoch, metrics, save_text("x"), best_by=wanted)
    assert epochs(tmp_path) == [2, 4, 5]


def test_unfinished_work_of_a_dead_process_is_cleared_away(tmp_path):
    write_three(tmp_path)
    (tmp_path / ".new-abc" / "state").mkdir(parents=True)
    (tmp_path / ".old-epoch-00001").mkdir()
    assert newest_checkpoint(tmp_path)[0].epoch == 3
    thin_checkpoints(tmp_path, newest=2, best_by=None)
    assert epochs(tmp_path) == [2, 3]


def test_what_the_trial_chose_is_read_back(tmp_path):
    chosen = {"decode.cut": 0.4, "decode.sizes": [3, None]}
    write_checkpoint(tmp_path, 1, {}, save_text("x"), chosen=chosen)
    assert newest_checkpoint(tmp_path)[0].chosen == chosen


def test_one_from_before_choices_were_kept(tmp_path):
    write_three(tmp_path)
    path = tmp_path / "epoch-00003" / "meta.json"
    meta = json.loads(path.read_text())
    del meta["chosen"]
    path.write_text(json.dumps(meta))
    checkpoint, damaged = newest_checkpoint(tmp_path)
    assert (checkpoint.epoch, checkpoint.chosen, damaged) == (3, {}, [])


@pytest.mark.parametrize(("goal", "best"), [("maximize", 4), ("minimize", 1)])
def test_the_best_of_some(tmp_path, goal, best):
    for epoch, score in enumerate((0.1, 0.9, 0.3, 0.9), start=1):
        write_checkpoint(tmp_path / str(epoch), epoch, {"score": score}, save_text("x"))
    found = [one for epoch in range(1, 5) for one in read_checkpoints(tmp_path / str(epoch))]
    assert best_checkpoint(found, Wanted("score", goal)).epoch == best
    assert best_checkpoint(found, Wanted("unknown", goal)).epoch == 4
