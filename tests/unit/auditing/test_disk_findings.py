"""What lies in the folder of a sweep."""

from __future__ import annotations

import json
import shutil

import pytest


def newest(scene, trial, name="done"):
    return max(scene.home.sweep(name).trial(trial).checkpoints.glob("epoch-*"))


def corrupt(path):
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(data)


def test_a_corrupt_checkpoint(scene):
    corrupt(newest(scene, 0).parent / "epoch-00003" / "state" / "weights")
    found = scene.only()
    assert (found.kind, found.where) == ("checkpoint-damaged", "trial 0")
    assert found.sentence == (
        "trials/0/checkpoints/epoch-00003 is damaged: its files differ from their checksums"
    )


def test_a_corrupt_checkpoint_of_an_interrupted_trial(scene):
    corrupt(newest(scene, 3, "open") / "state" / "weights")
    first, *rest = scene.audit("open").findings
    assert first.kind == "checkpoint-damaged"
    assert first.todo.endswith("goes on from the checkpoint before it")
    assert [finding.kind for finding in rest] == ["interrupted", "checkpoint-behind"]
    assert rest[1].sentence == "has no whole checkpoint of its epoch 2 and will go on from epoch 1"


def test_an_interrupted_trial_without_a_checkpoint_starts_again(scene):
    shutil.rmtree(scene.home.sweep("open").trial(3).checkpoints)
    found = scene.audit("open")
    assert found.findings[1].sentence.endswith("of its epoch 2 and will start again")
    assert found.is_in_order


def test_a_checkpoint_that_the_study_never_heard_of(scene):
    last = newest(scene, 3, "open")
    ahead = last.with_name("epoch-00007")
    shutil.copytree(last, ahead)
    meta = json.loads((ahead / "meta.json").read_text())
    (ahead / "meta.json").write_text(json.dumps({**meta, "epoch": 7}))
    assert "checkpoint-ahead" in scene.kinds("open")


def test_a_completed_trial_without_its_last_checkpoint(scene):
    shutil.rmtree(newest(scene, 0))
    found = scene.only()
    assert (found.kind, found.where) == ("checkpoint-missing", "trial 0")
    assert found.sentence == "the checkpoint of its last epoch, 4, is not there"


@pytest.mark.parametrize(("trial", "spare"), [(0, "2"), (1, "2")])
def test_a_checkpoint_that_should_be_gone(scene, trial, spare):
    source = newest(scene, 0)
    copy = scene.home.sweep("done").trial(trial).checkpoints / "epoch-00002"
    shutil.copytree(source, copy)
    meta = json.loads((copy / "meta.json").read_text())
    meta |= {"epoch": 2, "metrics": {"score": 0.2}, "chosen": {"decode.cut": 0.2}}
    (copy / "meta.json").write_text(json.dumps(meta))
    found = scene.only()
    assert (found.kind, found.where) == ("checkpoint-spare", f"trial {trial}")
    assert found.sentence == f"checkpoints of epoch {spare} should have been dropped"


@pytest.mark.parametrize(
    "name",
    [
        "driver.tmp",
        "trials/0/worker.tmp",
        "trials/0/worker.json",
        "trials/0/last_words",
        "trials/1/spool/sent.tmp",
        "trials/0/checkpoints/.new-abc",
        "trials/0/checkpoints/.old-epoch-00002",
    ],
)
def test_what_is_left_behind(scene, name):
    stray = scene.home.sweep("done").root / name
    stray.parent.mkdir(exist_ok=True)
    stray.write_text("{}")
    found = scene.only()
    assert (found.kind, found.severity, found.where) == ("stray", "wrong", name)
    assert found.todo == f"delete {stray}"


@pytest.mark.parametrize("name", ["trials/3/worker.json", "trials/3/checkpoints/.new-abc"])
def test_the_next_driver_clears_up_after_an_interrupted_trial(scene, name):
    (scene.home.sweep("open").root / name).write_text("{}")
    found = scene.audit("open")
    assert [finding.kind for finding in found.findings] == ["interrupted", "stray-of-interrupted"]
    assert found.is_in_order


def test_a_request_to_stop_nobody(scene):
    scene.home.sweep("done").stop.write_text("")
    assert scene.only().kind == "stop-stray"


def test_a_sweep_that_was_made_by_halves(scene):
    (scene.home.root / ".new-done-a1b2c3d4").mkdir()
    (scene.home.root / ".new-done-2-a1b2c3d4").mkdir()  # of the sweep `done-2`
    found = scene.only()
    assert (found.kind, found.where) == ("half-made-sweep", ".new-done-a1b2c3d4")
