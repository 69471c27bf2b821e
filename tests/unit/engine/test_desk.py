"""The desk between Tune and a real ledger: who sits alone, what deaths mean, when it closes."""

from __future__ import annotations

import errno

import pytest

from sweeper.engine.closing import Closing, Why
from sweeper.engine.desk import Desk, NoOrder
from sweeper.engine.session import EpochReport, Failure
from sweeper.errors import BackendError
from sweeper.paths import Home
from sweeper.pruning import build_pruner
from sweeper.spec import read_spec
from sweeper.study.events import State, TrialInterrupted, TrialRetried
from sweeper.study.faults import Fault, FaultKind
from sweeper.study.ledger import Ledger
from sweeper.study.records import read_record
from sweeper.study.stopping import Request
from sweeper.study.store import create_sweep, open_study

METRICS = {"score": 0.5, "magnitude": 0.5}


@pytest.fixture
def heard():
    return []


@pytest.fixture
def ledger(tmp_path, toys, heard):
    home = Home.at(tmp_path)
    spec = read_spec(toys / "toy.yaml").spec
    paths = create_sweep(home, spec, start=(), attrs={})
    return Ledger(
        paths=paths,
        spec=spec,
        study=open_study(home, "toy"),
        decider=build_pruner((), 4),
        max_trials=3,
        listeners=(heard.append,),
    )


@pytest.fixture
def closing():
    return Closing()


@pytest.fixture
def new_desk(ledger, closing):
    def build(**overrides):
        settings = {"places": 2, "place_order": lambda ticket: ticket, "closing": closing}
        return Desk(ledger, **{**settings, **overrides})

    return build


def fault(kind, reason="it broke"):
    return Failure(fault=Fault(kind=FaultKind(kind), reason=reason), spent=True)


def states(ledger):
    return [str(trial.state) for trial in read_record(ledger.study).trials]


def test_there_are_no_more_orders_than_places(new_desk):
    desk = new_desk()
    assert desk.next_order("a").number == 0
    assert desk.next_order("b").number == 1
    assert desk.next_order("c") is NoOrder.NOT_NOW


def test_a_finished_trial_makes_room_and_the_last_ends_it(new_desk, ledger):
    desk = new_desk(places=1)
    for key, number in (("a", 0), ("b", 1), ("c", 2)):
        assert desk.next_order(key).number == number
        goes_on = [desk.hear(key, EpochReport(epoch=e, metrics=METRICS)) for e in (1, 2, 3, 4)]
        assert goes_on == [True, True, True, False]
    assert desk.next_order("d") is NoOrder.NO_MORE
    assert states(ledger) == ["completed"] * 3


def test_while_a_trial_runs_another_may_still_be_retried(new_desk):
    desk = new_desk(places=5)
    for key in "abc":
        desk.next_order(key)
    assert desk.next_order("d") is NoOrder.NOT_NOW
    assert desk.hear("b", fault("killed"))
    again = desk.next_order("d")
    assert (again.number, again.from_epoch) == (1, 0)


def test_out_of_memory_is_retried_alone_and_last(new_desk, heard):
    desk = new_desk()
    desk.next_order("a")
    desk.next_order("b")
    desk.hear("a", fault("memory"))
    assert isinstance(heard[-1], TrialRetried)
    assert desk.next_order("c").number == 2
    assert desk.next_order("d") is NoOrder.NOT_NOW
    desk.dismiss("b")
    desk.hear("c", fault("error"))
    assert desk.next_order("e").number == 1  # interrupted, before the lonely one
    desk.hear("e", fault("error"))
    lonely = desk.next_order("f")
    assert (lonely.number, lonely.alone) == (0, True)
    assert desk.next_order("g") is NoOrder.NOT_NOW
    desk.hear("f", fault("memory"))
    assert desk.next_order("h") is NoOrder.NO_MORE


def test_out_of_memory_where_only_one_trial_runs_is_final(new_desk, ledger):
    desk = new_desk(places=1)
    desk.next_order("a")
    desk.hear("a", fault("memory"))
    (trial,) = read_record(ledger.study).trials
    assert trial.state is State.FAILED
    assert trial.reason == "it broke, though it ran alone"


@pytest.mark.parametrize(
    ("last_words", "said_by_ray", "reason"),
    [
        ("", "Worker unexpectedly exits", "the worker process died (killed, or ended by itself)"),
        (
            "",
            "Worker unexpectedly exits (1) killed by the OOM killer due to high memory usage",
            "the worker process died (killed, or ended by itself)",
        ),
        (
            "",
            "Task was killed due to the node running low on memory.",
            "the worker process was killed: the host ran out of memory",
        ),
        (
            "Fatal Python error: Segmentation fault\n\nThread 1:",
            "",
            "the worker process crashed: Segmentation fault",
        ),
        ("Timeout (1:00:00)!\nThread 1:", "", "no report for 3600 s, taken for hung"),
    ],
)
def test_what_a_death_means(new_desk, ledger, heard, last_words, said_by_ray, reason):
    desk = new_desk()
    desk.next_order("a")
    paths = ledger.paths.trial(0)
    paths.root.mkdir(parents=True)
    paths.last_words.write_text(last_words)
    desk.lose("a", said_by_ray)
    assert heard[-1].reason == reason
    assert not paths.last_words.exists()
    if last_words:
        assert (paths.artifacts / "traceback.txt").read_text() == last_words
    desk.dismiss("a")  # Tune says it twice
    assert isinstance(heard[-1], TrialRetried)


def test_with_a_dead_cluster_nobody_is_to_blame(new_desk, closing, heard):
    alive = [True]
    desk = new_desk(is_alive=lambda: alive[0])
    desk.next_order("a")
    desk.next_order("b")
    alive[0] = False
    desk.lose("a", "The node died")
    assert isinstance(heard[-1], TrialInterrupted)
    assert closing.has_lost_ray
    assert closing.why is None
    assert desk.must_stop
    assert desk.next_order("c") is NoOrder.NO_MORE


def test_who_dies_while_the_driver_closes_is_not_to_blame(new_desk, ledger, closing, heard):
    desk = new_desk()
    desk.next_order("a")
    closing.close(Why.ASKED)
    desk.lose("a", "")
    assert isinstance(heard[-1], TrialInterrupted)
    assert states(ledger) == ["running"]


def test_a_full_disk_stops_the_sweep_and_the_trial_waits(new_desk, ledger, closing, monkeypatch):
    monkeypatch.setattr("sweeper.engine.desk.disk_is_full", lambda folder: True)
    desk = new_desk()
    desk.next_order("a")
    desk.hear("a", fault("disk", "epoch 1 raised OSError: No space left on device"))
    assert desk.must_stop
    assert isinstance(desk.trouble, BackendError)
    assert desk.trouble.message.startswith("the disk is full: epoch 1 raised OSError")
    assert states(ledger) == ["running"]


def test_a_study_that_cannot_be_written_stops_the_sweep(new_desk, ledger, closing, monkeypatch):
    desk = new_desk()
    desk.next_order("a")

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device", "study.journal")

    monkeypatch.setattr(type(ledger), "record", full)
    assert not desk.hear("a", EpochReport(epoch=1, metrics=METRICS))
    assert closing.why is Why.BROKEN
    assert desk.must_stop
    assert desk.trouble.message == "can't write to study.journal: No space left on device"


def test_all_fail_alike(new_desk, ledger, closing):
    ledger.max_trials = 10
    desk = new_desk()
    for key in "abcd":
        desk.next_order(key)
        desk.hear(key, fault("error", "no such file"))
    assert closing.why is Why.GAVE_UP
    assert desk.next_order("e") is NoOrder.NO_MORE


@pytest.mark.parametrize("request_", [None, Request.AFTER_EPOCH])
def test_running_epochs_are_waited_for(new_desk, closing, heard, request_):
    desk = new_desk(read_request=lambda: request_)
    desk.next_order("a")
    if request_ is None:
        closing.close(Why.ASKED)
    assert not desk.must_stop
    assert closing.why is Why.ASKED
    assert not desk.hear("a", EpochReport(epoch=1, metrics=METRICS))
    assert isinstance(heard[-1], TrialInterrupted)
    assert desk.must_stop


def test_a_request_to_stop_now(new_desk):
    desk = new_desk(read_request=lambda: Request.NOW)
    with pytest.raises(KeyboardInterrupt):
        _ = desk.must_stop


def test_waiting_has_an_end(new_desk, ledger):
    said = []
    closing = Closing(announce=said.append, grace_s=0.0)
    desk = new_desk(closing=closing)
    desk.next_order("a")
    closing.close(Why.ASKED)
    assert desk.must_stop or desk.must_stop
    assert said == [Why.ASKED]


def test_the_first_reason_stays_unless_nothing_can_be_written():
    closing = Closing(hours_left=0.0)
    assert closing.why is Why.OUT_OF_TIME
    closing.close(Why.ASKED)
    assert closing.why is Why.OUT_OF_TIME
    closing.close(Why.BROKEN)
    assert closing.why is Why.BROKEN


def test_an_objective_that_is_never_reported_ends_the_sweep_too(new_desk, ledger, closing):
    ledger.max_trials = 10
    desk = new_desk()
    for key in "abcd":
        desk.next_order(key)
        for epoch in (1, 2, 3, 4):
            desk.hear(key, EpochReport(epoch=epoch, metrics={"scorr": 1.0}))
    assert closing.why is Why.GAVE_UP
    assert ledger.verdict.endswith(
        "finished all epochs but never reported the objective score (reported: scorr)"
    )
