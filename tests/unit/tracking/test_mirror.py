"""The mirror on a real MLflow store: everything once, whatever was there before."""

from __future__ import annotations

import errno
import time
from dataclasses import replace

from sweeper.study.events import (
    State,
    TrialInterrupted,
    TrialStarted,
)
from sweeper.tracking.address import resolve_address
from sweeper.tracking.spool import Spool, unsent


def test_everything_arrives_once(sweep):
    sweep.open()
    sweep.start(0)
    sweep.report(0)
    sweep.retry(0)
    sweep.report(0)
    sweep.start(1)
    sweep.end(0)
    sweep.end(1, State.PRUNED)
    delivery = sweep.close()
    assert delivery.is_complete
    assert (delivery.num_sent, delivery.num_waiting) == (7, 0)
    run = sweep.run(0)
    assert run.data.params == {"x": "0.0", "preset": "all"}
    assert sweep.steps(0) == [(1, 0.1), (2, 0.2)]
    assert (run.info.status, run.info.end_time) == ("FINISHED", 2000)
    assert run.data.tags["sweeper.retries"] == "1"
    assert run.data.tags["sweeper.last_fault"] == "it was killed"
    assert run.data.tags["sweeper.reason"] == run.data.tags["mlflow.note.content"] == "over"
    assert run.data.tags["mlflow.parentRunId"] == sweep.parent().info.run_id
    assert (sweep.run(1).info.status, sweep.run(1).data.tags["sweeper.state"]) == (
        "KILLED",
        "pruned",
    )
    parent = sweep.parent()
    assert parent.info.status == "FINISHED"
    assert parent.data.metrics["trials/completed"] == parent.data.metrics["trials/pruned"] == 1
    assert sweep.notes == []


def test_artifacts_go_with_the_ending_in_their_folders(sweep):
    sweep.open()
    sweep.start(0)
    trial = sweep.paths.trial(0)
    (trial.artifacts / "maps").mkdir(parents=True)
    trial.config.write_text("x: 1\n", encoding="utf-8")
    (trial.artifacts / "note.txt").write_text("hello", encoding="utf-8")
    (trial.artifacts / "maps" / "hv.txt").write_text("map", encoding="utf-8")
    sweep.end(0)
    assert sweep.close().is_complete
    run_id = sweep.run(0).info.run_id
    assert sorted(file.path for file in sweep.client.list_artifacts(run_id)) == [
        "config.yaml",
        "maps",
        "note.txt",
    ]
    assert [file.path for file in sweep.client.list_artifacts(run_id, "maps")] == ["maps/hv.txt"]


def test_an_interrupted_trial_goes_on_in_its_run(sweep):
    sweep.open()
    sweep.start(0)
    sweep.report(0)
    sweep.tell(TrialInterrupted(number=0, epoch=1))
    assert sweep.close(is_finished=False).is_complete
    before = sweep.run(0)
    assert (before.info.status, before.data.tags["sweeper.state"]) == ("KILLED", "interrupted")
    assert sweep.parent().info.status == "KILLED"

    sweep.open()
    sweep.start(0)
    sweep.report(0)
    sweep.end(0)
    assert sweep.close().is_complete
    assert sweep.run(0).info.run_id == before.info.run_id
    assert sweep.run(0).info.status == "FINISHED"
    assert sweep.steps(0) == [(1, 0.1), (2, 0.2)]


def test_what_a_killed_driver_left_running_is_set_right(sweep):
    sweep.open()
    sweep.start(0)
    sweep.report(0)
    sweep.start(1)
    assert sweep.close(is_finished=False).is_complete
    for run in sweep.runs():
        sweep.client.update_run(run.info.run_id, status="RUNNING")
    sweep.sync()
    assert [sweep.run(n).info.status for n in (0, 1)] == ["KILLED", "KILLED"]
    assert sweep.run(0).data.tags["sweeper.state"] == "interrupted"
    assert sweep.parent().info.status == "FINISHED"


def finished(sweep) -> None:
    """Two trials of three epochs, in the study and in MLflow."""
    sweep.open()
    for number in (0, 1):
        sweep.start(number)
        for _ in range(3):
            sweep.report(number)
        sweep.end(number)
    assert sweep.close().is_complete


def assert_all_once(sweep) -> None:
    for number in (0, 1):
        assert sweep.steps(number) == [(1, 0.1), (2, 0.2), (3, 0.3)]
        assert sweep.steps(number, "epoch") == [(1, 1.0), (2, 2.0), (3, 3.0)]
        assert sweep.run(number).info.status == "FINISHED"
        assert sweep.run(number).data.params["preset"] == "all"
    assert len(sweep.runs()) == 3
    assert unsent(sweep.paths, resolve_address(sweep.home, None).uri) == {}


def test_sending_all_again_changes_nothing(sweep):
    finished(sweep)
    before = [run.to_dictionary() for run in sweep.runs()]
    for number in (0, 1):
        Spool(sweep.paths.trial(number).spool).forget_mark()
    sweep.sync()
    assert_all_once(sweep)
    after = [run.to_dictionary() for run in sweep.runs()]
    ids = [run["info"]["run_id"] for run in before]
    assert [run["info"]["run_id"] for run in after] == ids


def test_a_run_that_mlflow_has_lost_is_made_again(sweep):
    finished(sweep)
    sweep.client.delete_run(sweep.run(0).info.run_id)
    sweep.client.delete_run(sweep.parent().info.run_id)
    sweep.sync()
    assert_all_once(sweep)
    parent_id = sweep.parent().info.run_id
    assert {sweep.run(n).data.tags["mlflow.parentRunId"] for n in (0, 1)} == {parent_id}


def test_a_store_from_before_is_filled_up(sweep):
    sweep.open()
    sweep.start(0)
    sweep.report(0)
    assert sweep.close(is_finished=False).is_complete
    copy = sweep.home.mlflow_db.read_bytes()
    sweep.mirror = None
    sweep.report(0)
    sweep.report(0)
    sweep.end(0)
    sweep.start(1)
    for _ in range(3):
        sweep.report(1)
    sweep.end(1)
    sweep.sync()
    assert_all_once(sweep)
    sweep.home.mlflow_db.write_bytes(copy)
    sweep.sync()
    assert_all_once(sweep)


def test_of_two_runs_of_a_trial_the_oldest_stays_and_holds_all(sweep):
    finished(sweep)
    kept = sweep.run(0)
    experiment = kept.info.experiment_id
    older = {**kept.data.tags, "sweeper.created_ms": "5"}
    newer = {**kept.data.tags, "sweeper.created_ms": "99999999999999"}
    first = sweep.client.create_run(experiment, tags=older).info.run_id
    sweep.client.create_run(experiment, tags=newer)
    parent = sweep.parent()
    sweep.client.create_run(
        experiment, tags={**parent.data.tags, "sweeper.created_ms": "99999999999999"}
    )
    sweep.client.create_run(experiment, tags={"somebody": "else"})
    sweep.sync()
    (foreign,) = [run for run in sweep.runs() if run.data.tags.get("somebody")]
    sweep.client.delete_run(foreign.info.run_id)
    assert_all_once(sweep)
    assert sweep.run(0).info.run_id == first
    assert sweep.parent().info.run_id == parent.info.run_id


def test_what_mlflow_refuses_holds_nothing_up(sweep):
    sweep.open()
    for number in (0, 1):
        sweep.start(number)
        for _ in range(3):
            sweep.report(number, **({"a\nbad name": 1.0} if number == 0 else {}))
        sweep.end(number)
    assert sweep.close().is_complete
    assert_all_once(sweep)
    assert len(sweep.notes) == 1
    assert "refused metric 'a\nbad name'" in sweep.notes[0]


def test_long_curves_need_several_requests(sweep):
    sweep.open()
    sweep.start(0)
    names = {f"metric_{index}": float(index) for index in range(60)}
    for _ in range(45):
        sweep.report(0, **names)
    sweep.end(0)
    assert sweep.close().is_complete
    assert [step for step, _ in sweep.steps(0, "metric_59")] == list(range(1, 46))


def test_a_spool_that_could_not_be_written_is_filled_from_the_study(sweep, monkeypatch):
    sweep.open()
    sweep.start(0)
    sweep.start(1)

    def refuse(self, lines) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Spool, "append", refuse)
        for number in (0, 1):
            sweep.report(number)
            sweep.report(number)
    sweep.report(0)  # by now there is space again
    sweep.end(0)
    with monkeypatch.context() as patched:
        patched.setattr(Spool, "append", refuse)
        sweep.report(1)
        sweep.end(1)
    assert sweep.close().is_complete
    assert_all_once(sweep)


def test_parameters_are_those_of_the_file_wherever_they_come_from(sweep):
    sweep.open()
    sweep.start(0)
    turned = {"x": 0.5, "preset": ["flip", "turn"]}
    sweep.trials[1] = replace(
        sweep.trials[0], number=1, params={"x": 0.5, "preset": '["flip", "turn"]'}
    )
    sweep.tell(TrialStarted(number=1, params=turned, from_epoch=0))
    assert sweep.close(is_finished=False).is_complete
    assert sweep.run(1).data.params == {"x": "0.5", "preset": "['flip', 'turn']"}
    before = sweep.run(1).info.run_id
    Spool(sweep.paths.trial(1).spool).outbox.unlink()
    sweep.sync()
    assert sweep.run(1).data.params == {"x": "0.5", "preset": "['flip', 'turn']"}
    assert sweep.run(1).info.run_id == before
    assert sweep.notes == []


def test_a_run_with_more_than_the_study_holds_is_made_anew(sweep):
    sweep.open()
    sweep.start(0)
    sweep.start(1)
    sweep.report(0)
    earlier = dict(sweep.trials)
    sweep.report(0)
    sweep.end(0)
    assert sweep.close().is_complete
    before = [sweep.run(number).info.run_id for number in (0, 1)]
    sweep.trials = earlier  # the study was restored from a copy
    sweep.sync()
    assert sweep.steps(0) == [(1, 0.1)]
    assert sweep.run(0).data.tags["sweeper.state"] == "interrupted"
    assert sweep.run(0).info.run_id != before[0]
    assert sweep.run(1).info.run_id == before[1]


def test_a_parameter_that_mlflow_refuses_is_not_missed(sweep):
    sweep.space = {**sweep.space, "a\nbad name": sweep.space["x"]}
    sweep.open()
    sweep.start(0, {"x": 0.5, "preset": "all", "a\nbad name": 0.25})
    sweep.end(0)
    assert sweep.close().is_complete
    assert len(sweep.notes) == 1
    assert "refused param 'a\nbad name'" in sweep.notes[0]
    assert sweep.run(0).data.params == {"x": "0.5", "preset": "all"}
    sweep.sync()


def test_what_a_trial_chose_is_told_in_tags(sweep):
    sweep.open()
    sweep.start(0)
    sweep.report(0, chosen={"decode.method": "split", "decode.depth": 2, "decode.by": [1, None]})
    assert sweep.close(is_finished=False).is_complete
    assert sweep.choices(0) == {
        "chosen.decode.method": "split",
        "chosen.decode.depth": "2",
        "chosen.decode.by": "[1, null]",
    }
    sweep.open()
    sweep.start(0)
    sweep.report(0, chosen={"decode.method": "melt", "decode.empty": ""})
    sweep.report(0)  # nothing new
    sweep.end(0)
    assert sweep.close().is_complete
    expected = {
        "chosen.decode.method": "melt",
        "chosen.decode.empty": '""',
        "chosen.decode.depth": "",
        "chosen.decode.by": "",
    }
    assert sweep.choices(0) == expected
    Spool(sweep.paths.trial(0).spool).forget_mark()
    sweep.sync()
    assert sweep.choices(0) == expected
    assert sweep.steps(0) == [(1, 0.1), (2, 0.2), (3, 0.3)]


def test_amendments_come_after_the_end_and_leave_the_rest_as_it_is(sweep):
    sweep.open()
    sweep.start(0)
    sweep.report(0, chosen={"decode.cut": 0.5})
    sweep.end(0)
    assert sweep.close().is_complete
    before = sweep.run(0)
    for index, settings in enumerate(({"decode.cut": 0.4, "decode.depth": 2}, {"decode.cut": 0.6})):
        sweep.amend(0, settings)
        sweep.sync()
        assert sweep.mirror.num_sent == 1
        assert sweep.run(0).data.tags["sweeper.amendments"] == str(index + 1)
    expected = {
        "chosen.decode.cut": "0.5",
        "amended.decode.cut": "0.6",
        "amended.decode.depth": "",
    }
    assert sweep.choices(0) == expected
    after = sweep.run(0)
    assert after.info.run_id == before.info.run_id
    assert (after.info.status, after.info.end_time) == ("FINISHED", 2000)
    assert after.data.metrics == before.data.metrics
    sweep.sync()
    assert sweep.mirror.num_sent == 0


def test_a_stale_choice_in_mlflow_is_set_right(sweep):
    sweep.open()
    sweep.start(0)
    sweep.report(0, chosen={"decode.cut": 0.5})
    sweep.end(0)
    assert sweep.close().is_complete
    sweep.client.set_tag(sweep.run(0).info.run_id, "chosen.decode.cut", "0.1")
    sweep.sync()
    assert sweep.choices(0) == {"chosen.decode.cut": "0.5"}


def test_the_run_that_stays_gets_the_files_of_the_one_that_goes(sweep):
    """MLflow carries out a request late: the older run comes to light after all was sent."""
    sweep.open()
    sweep.start(0)
    sweep.paths.trial(0).config.parent.mkdir(parents=True, exist_ok=True)
    sweep.paths.trial(0).config.write_text("x: 1\n", encoding="utf-8")
    sweep.end(0)
    sweep.mirror._shipper.finish = finish_after(sweep, sweep.mirror._shipper.finish)
    assert sweep.close().is_complete
    run = sweep.run(0)
    assert run.data.tags["sweeper.created_ms"] == "1"
    files = sweep.client.list_artifacts(run.info.run_id)
    assert [file.path for file in files] == ["config.yaml"]


def finish_after(sweep, finish):
    """Adds an older run of the trial once MLflow has everything, before all is verified."""

    def run(*arguments):
        deadline_s = time.monotonic() + 20
        while unsent(sweep.paths, sweep.uri) and time.monotonic() < deadline_s:
            time.sleep(0.01)
        late = sweep.run(0)
        tags = {**late.data.tags, "sweeper.created_ms": "1"}
        sweep.client.create_run(late.info.experiment_id, tags=tags)
        return finish(*arguments)

    return run
