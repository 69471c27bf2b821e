"""A session turns training code, right or wrong, into reports. No Ray here."""

from __future__ import annotations

import dataclasses
import json

import pytest

from sweeper.engine.session import EpochReport, Failure, Order, Session
from sweeper.study.checkpoints import newest_checkpoint, read_checkpoints
from sweeper.study.faults import Fault, FaultKind


@pytest.fixture
def order(tmp_path, toys):
    return Order(
        number=3,
        trainable="toy_trainable:Toy",
        config={"epochs": 3, "x": 0.3, "lr": 0.5},
        seed=11,
        trial_dir=tmp_path / "trial",
        cache_dir=tmp_path,
        import_paths=(str(toys),),
    )


@pytest.fixture
def session():
    session = Session()
    yield session
    session.close()


def run(session, order, epochs=3):
    session.begin(order)
    return [session.next_report() for _ in range(epochs)]


def test_reports_and_checkpoints(session, order):
    reports = run(session, order)
    assert [report.epoch for report in reports] == [1, 2, 3]
    checkpoint, _ = newest_checkpoint(order.trial_dir / "checkpoints")
    assert checkpoint is not None
    assert checkpoint.epoch == 3
    assert checkpoint.metrics == reports[-1].metrics


def test_goes_on_from_a_checkpoint_as_if_nothing_had_happened(session, order, tmp_path):
    whole = run(session, dataclasses.replace(order, trial_dir=tmp_path / "whole"))
    run(session, order, epochs=2)
    other = Session()
    other.begin(dataclasses.replace(order, from_epoch=2))
    assert other.next_report() == whole[2]
    other.close()


def test_one_session_serves_several_trials(session, order, tmp_path):
    first = run(session, order)
    again = run(session, dataclasses.replace(order, number=4, trial_dir=tmp_path / "4"))
    assert first == again


@pytest.mark.parametrize(
    ("fail", "kind", "reason", "spent"),
    [
        (
            "raise",
            FaultKind.ERROR,
            "epoch 2 raised ZeroDivisionError: a bug in training code",
            True,
        ),
        ("exit", FaultKind.ERROR, "epoch 2 raised SystemExit: 3", True),
        ("diverge", FaultKind.DIVERGED, "diverged at epoch 2: loss is nan", False),
        ("nan", FaultKind.DIVERGED, "diverged at epoch 2: score is nan", False),
        ("memory", FaultKind.MEMORY, "epoch 2 raised MemoryError: no room", True),
        ("flaky", FaultKind.TRANSIENT, "epoch 2 raised ConnectionResetError: gone", True),
    ],
)
def test_failures_have_kinds_and_reasons(session, order, fail, kind, reason, spent):
    config = {**order.config, "fail": fail}
    first, second = run(session, dataclasses.replace(order, config=config), epochs=2)
    assert isinstance(first, EpochReport)
    assert second == Failure(fault=Fault(kind=kind, reason=reason), spent=spent)


def test_a_bug_leaves_its_traceback_and_the_next_trial_runs(session, order, tmp_path):
    run(session, dataclasses.replace(order, config={**order.config, "fail": "raise"}), epochs=2)
    traceback = (order.trial_dir / "artifacts" / "traceback.txt").read_text()
    assert "ZeroDivisionError: a bug in training code" in traceback
    reports = run(session, dataclasses.replace(order, trial_dir=tmp_path / "next"))
    assert all(isinstance(report, EpochReport) for report in reports)


def test_lost_checkpoint_is_a_failure(session, order):
    session.begin(dataclasses.replace(order, from_epoch=2))
    assert session.next_report().fault.reason == "the checkpoint of epoch 2 is gone"


def test_unknown_trainable_is_a_failure(session, order):
    session.begin(dataclasses.replace(order, trainable="toy_trainable:Toi"))
    report = session.next_report()
    assert isinstance(report, Failure)
    assert "no class 'Toi'" in report.fault.reason


def test_worker_of_a_replaced_driver_does_not_write(session, order, tmp_path):
    note = tmp_path / "driver.json"
    note.write_text(json.dumps({"token": "new"}))
    session.begin(dataclasses.replace(order, driver_note=note, driver_token="old"))
    assert session.next_report().fault.reason == "another driver has taken over this sweep"
    assert not (order.trial_dir / "checkpoints").exists()


def test_log_names_the_trial(session, order):
    run(session, dataclasses.replace(order, config={**order.config, "fail": "diverge"}), epochs=2)
    assert "trial 3 ERROR" in (order.trial_dir / "log").read_text()


def test_a_metric_that_is_no_number_is_named(session, order, monkeypatch):
    session.begin(order)
    monkeypatch.setattr(session._trainable, "step", lambda: {"score": "abc"})
    report = session.next_report()
    assert report.fault.reason == "metric score is 'abc', which is not a number"


def test_what_a_trial_chooses_goes_with_its_epochs_and_checkpoints(session, order):
    reports = run(session, dataclasses.replace(order, trainable="toy_decoder:ToyDecoder"))
    split = {"decode.method": "split", "decode.cut": 0.4, "decode.depth": 2}
    melt = {"decode.method": "melt", "decode.cut": 0.5}
    assert [report.chosen for report in reports] == [split, split, melt]
    found = read_checkpoints(order.trial_dir / "checkpoints")
    assert [(checkpoint.epoch, checkpoint.chosen) for checkpoint in found] == [
        (3, melt),
        (2, split),
    ]


def test_a_trial_that_chooses_nothing(session, order):
    assert [report.chosen for report in run(session, order)] == [{}, {}, {}]


def test_a_choice_that_can_not_be_written_down_fails_the_trial(session, order):
    config = {"epochs": 3, "decode": {"fail": "chosen"}}
    wrong = dataclasses.replace(order, trainable="toy_decoder:ToyDecoder", config=config)
    (report,) = run(session, wrong, epochs=1)
    assert isinstance(report, Failure)
    assert report.fault.reason.startswith("chosen decode.cut is <object object")
    assert "which is not a JSON value" in report.fault.reason
    assert not (order.trial_dir / "checkpoints").exists()
