"""Runs in MLflow that differ from the study."""

from __future__ import annotations

import json
import socket
from contextlib import closing

import pytest
from mlflow import MlflowClient

from sweeper.study.store import open_study
from sweeper.syncing import sync


def double(scene, run_id, **changes):
    """A second run with the same tags, but for the changes; None drops one."""
    client = MlflowClient(tracking_uri=f"sqlite:///{scene.home.mlflow_db}")
    run = client.get_run(run_id)
    tags = {**run.data.tags, **changes}
    tags = {key: value for key, value in tags.items() if value is not None}
    return client.create_run(run.info.experiment_id, tags=tags).info.run_id


def test_a_doubled_run(scene):
    first = scene.run_id(0)
    second = double(scene, first)
    found = scene.only()
    assert (found.kind, found.where) == ("run-doubled", "trial 0")
    assert found.sentence.startswith("has 2 runs in MLflow: ")
    assert first in found.sentence
    assert second in found.sentence


def test_a_missing_run(scene):
    scene.sql("UPDATE runs SET lifecycle_stage = 'deleted' WHERE run_uuid = ?", scene.run_id(1))
    found = scene.only()
    assert (found.kind, found.where) == ("run-missing", "trial 1")
    assert found.sentence == "has no run in MLflow"
    assert found.todo == f"sweeper sync done --home {scene.home.root} makes it"


def test_a_run_of_no_trial(scene):
    double(scene, scene.run_id(0), **{"sweeper.trial": "7"})
    found = scene.only()
    assert (found.kind, found.where) == ("run-unknown", "trial 7")


def test_a_second_run_of_the_sweep(scene):
    double(scene, scene.run_id(0), **{"sweeper.trial": None})
    assert scene.only().kind == "parent-doubled"


def test_a_run_below_another_sweeps_run(scene):
    scene.sql(
        "UPDATE tags SET value = 'other' WHERE run_uuid = ? AND key = 'mlflow.parentRunId'",
        scene.run_id(3),
    )
    found = scene.only()
    assert (found.kind, found.where) == ("run-orphan", "trial 3")


def test_a_run_left_running(scene):
    scene.sql("UPDATE runs SET status = 'RUNNING' WHERE run_uuid = ?", scene.run_id(0))
    found = scene.only()
    assert (found.kind, found.where) == ("run-running", "trial 0")
    assert found.sentence == "is completed, but MLflow says RUNNING (completed)"


def test_the_sweeps_run_left_running(scene):
    scene.sql("UPDATE runs SET status = 'RUNNING' WHERE name = 'done'")
    found = scene.only()
    assert (found.kind, found.severity) == ("parent-running", "wrong")


def test_runs_that_a_killed_driver_left_running_are_no_fault(scene):
    scene.sql("UPDATE runs SET status = 'RUNNING' WHERE name = 'open'")
    scene.sql("UPDATE runs SET status = 'RUNNING' WHERE run_uuid = ?", scene.run_id(3, "open"))
    found = scene.audit("open")
    assert [finding.kind for finding in found.findings] == [
        "interrupted",
        "parent-running",
        "run-waits",
    ]
    assert found.is_in_order
    assert found.findings[2].sentence.startswith("still RUNNING there: trial 3;")


@pytest.mark.parametrize(("trial", "status"), [(0, "KILLED"), (1, "FINISHED"), (2, "KILLED")])
def test_a_wrong_status(scene, trial, status):
    scene.sql("UPDATE runs SET status = ? WHERE run_uuid = ?", status, scene.run_id(trial))
    found = scene.only()
    assert (found.kind, found.where) == ("run-status", f"trial {trial}")
    assert f"but MLflow says {status} (" in found.sentence


def test_a_wrong_state(scene):
    scene.sql(
        "UPDATE tags SET value = 'pruned' WHERE key = 'sweeper.state' AND run_uuid = ?",
        scene.run_id(0),
    )
    assert scene.only().sentence == "is completed, but MLflow says FINISHED (pruned)"


def test_a_wrong_reason(scene):
    scene.sql(
        "UPDATE tags SET value = 'another' WHERE key = 'sweeper.reason' AND run_uuid = ?",
        scene.run_id(1),
    )
    found = scene.only()
    assert found.kind == "run-reason"
    assert found.sentence == (
        "ended because 'pruned at epoch 2: too slow', but MLflow says 'another'"
    )


def test_a_changed_setting(scene):
    scene.sql("UPDATE params SET value = '0.5' WHERE key = 'x' AND run_uuid = ?", scene.run_id(0))
    found = scene.only()
    x = open_study(scene.home, "done").trials[0].params["x"]
    assert (found.kind, found.where) == ("run-params", "trial 0")
    assert found.sentence == f"x is {x}, but 0.5 in MLflow"


def test_a_setting_that_mlflow_lacks(scene):
    scene.sql("DELETE FROM params WHERE key = 'width' AND run_uuid = ?", scene.run_id(0))
    assert scene.only().sentence == "width is 16, but unset in MLflow"


def test_an_epoch_that_mlflow_lacks(scene):
    scene.sql("DELETE FROM metrics WHERE step = 2 AND run_uuid = ?", scene.run_id(0))
    found = scene.only()
    assert (found.kind, found.where) == ("step-missing", "trial 0")
    assert found.sentence == "MLflow lacks epoch 2 of 4"
    assert found.todo.startswith("sweeper sync done")


def test_the_last_epoch_of_an_interrupted_trial_may_still_come(scene):
    scene.sql("DELETE FROM metrics WHERE step = 2 AND run_uuid = ?", scene.run_id(3, "open"))
    found = scene.audit("open")
    assert [finding.kind for finding in found.findings] == ["interrupted", "step-not-yet"]
    assert found.is_in_order


def test_an_earlier_epoch_of_an_interrupted_trial_may_not(scene):
    scene.sql("DELETE FROM metrics WHERE step = 1 AND run_uuid = ?", scene.run_id(3, "open"))
    assert scene.kinds("open") == ["step-missing", "interrupted"]


@pytest.mark.parametrize("key", ["epoch", "score", "train/loss"])
def test_a_doubled_step(scene, key):
    scene.sql(
        "INSERT INTO metrics (key, value, timestamp, step, is_nan, run_uuid) "
        "SELECT key, value, timestamp + 1, step, is_nan, run_uuid FROM metrics "
        "WHERE key = ? AND step = 3 AND run_uuid = ?",
        key,
        scene.run_id(0),
    )
    found = scene.only()
    assert (found.kind, found.where) == ("step-doubled", "trial 0")
    assert found.sentence == f"MLflow holds epoch 3 more than once ({key})"


@pytest.mark.parametrize("table", ["metrics", "latest_metrics"])
def test_a_changed_value(scene, table):
    scene.sql(
        f"UPDATE {table} SET value = 0.25 WHERE key = 'score' AND step = 4 AND run_uuid = ?",
        scene.run_id(0),
    )
    found = scene.only()
    assert (found.kind, found.where) == ("value-differs", "trial 0")
    assert found.sentence == "score at epoch 4 is 0.3, but 0.25 in MLflow"


def test_a_value_that_mlflow_lacks(scene):
    scene.sql(
        "DELETE FROM metrics WHERE key = 'train/loss' AND step = 1 AND run_uuid = ?",
        scene.run_id(2),
    )
    assert scene.only().sentence == "train/loss at epoch 1 is 1.0, but missing in MLflow"


def test_a_server_that_does_not_answer(scene):
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    study = open_study(scene.home, "done")
    study.set_user_attr("tracking_uri", f"http://127.0.0.1:{port}")
    found = scene.audit()
    (reason,) = found.unchecked
    uri = f"http://127.0.0.1:{port}"
    assert reason == f"MLflow at {uri} can't be read: nobody listens there"
    assert [finding.kind for finding in found.findings] == ["unsent"]  # to this server
    assert [check.area for check in found.checks if check.unchecked] == ["MLflow"]


def test_an_experiment_in_the_trash_is_not_checked(scene):
    scene.sql("UPDATE experiments SET lifecycle_stage = 'deleted' WHERE name = 'done'")
    (reason,) = scene.audit().unchecked
    assert "experiment 'done' was deleted there (mlflow experiments restore -x " in reason


def unsend(scene, trial, lines, name="done"):
    """As if MLflow had acknowledged but the first lines of a trial."""
    sent = scene.home.sweep(name).trial(trial).spool / "sent.json"
    sent.write_text(json.dumps({**json.loads(sent.read_text()), "sent": lines}))


def test_reports_that_wait_are_not_lost(scene):
    run = scene.run_id(0)
    scene.sql("DELETE FROM metrics WHERE step > 2 AND run_uuid = ?", run)
    scene.sql("UPDATE runs SET status = 'RUNNING' WHERE run_uuid = ?", run)
    unsend(scene, 0, 3)
    found = scene.only()
    assert (found.kind, found.severity) == ("unsent", "note")
    assert found.sentence == "4 reports wait to be sent to MLflow (trial 0); nothing is lost"
    assert found.todo == f"sweeper sync done --home {scene.home.root}"


def test_what_was_sent_must_be_there_though_more_waits(scene):
    scene.sql("DELETE FROM metrics WHERE step = 2 AND run_uuid = ?", scene.run_id(0))
    unsend(scene, 0, 3)
    assert scene.kinds() == ["step-missing", "unsent"]


@pytest.mark.parametrize("lost", ["verdict", "ending and verdict"])
def test_an_ending_that_did_not_reach_the_spool_waits(scene, lost):
    outbox = scene.home.sweep("done").trial(2).spool / "outbox.jsonl"
    kept = 3 if lost == "verdict" else 2
    outbox.write_text("".join(outbox.read_text().splitlines(keepends=True)[:kept]))
    unsend(scene, 2, kept)
    scene.sql("UPDATE runs SET status = 'RUNNING' WHERE run_uuid = ?", scene.run_id(2))
    found = scene.only()
    assert found.sentence == "1 report waits to be sent to MLflow (trial 2); nothing is lost"


BREAKAGES = {
    "run-missing": "UPDATE runs SET lifecycle_stage = 'deleted' WHERE run_uuid = ?",
    "run-running": "UPDATE runs SET status = 'RUNNING' WHERE run_uuid = ?",
    "run-status": "UPDATE runs SET status = 'KILLED' WHERE run_uuid = ?",
    "run-reason": "UPDATE tags SET value = 'no' WHERE key = 'sweeper.reason' AND run_uuid = ?",
    "run-orphan": "UPDATE tags SET value = 'no' WHERE key = 'mlflow.parentRunId' AND run_uuid = ?",
    "step-missing": "DELETE FROM metrics WHERE step = 2 AND run_uuid = ?",
}


@pytest.mark.parametrize("kind", BREAKAGES)
def test_what_is_said_to_mend_it_does(scene, kind):
    scene.sql(BREAKAGES[kind], scene.run_id(0))
    found = scene.only()
    assert found.kind == kind
    assert found.todo.startswith(f"sweeper sync done --home {scene.home.root} ")
    sync("done", home=scene.home.root, rebuild="--rebuild" in found.todo)
    assert not scene.kinds()


def test_syncing_leaves_one_of_two_runs(scene):
    double(scene, scene.run_id(0))
    assert "sweeper sync" in scene.only().todo
    sync("done", home=scene.home.root)
    assert not scene.kinds()
