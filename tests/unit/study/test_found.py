"""What is said when a driver goes on with a sweep."""

from __future__ import annotations

import dataclasses
import json

import pytest

from sweeper.paths import Home
from sweeper.study.curves import Epoch
from sweeper.study.events import State
from sweeper.study.found import driver_words, found_words, judged_words, torn_words
from sweeper.study.lock import drive, read_driver
from sweeper.study.records import SweepRecord, TrialRecord


def record_of(ended: int = 0, running: tuple[int, ...] = (), queued: int = 0) -> SweepRecord:
    states = [(State.COMPLETED, 5)] * ended
    states += [(State.RUNNING, epoch) for epoch in running]
    states += [(State.QUEUED, 0)] * queued
    return SweepRecord(
        name="s",
        goals=["maximize"],
        trials=[
            TrialRecord(
                number=number,
                state=state,
                params={},
                epochs=[Epoch(epoch=epoch, metrics={}, at_ms=0)] if epoch else [],
                reason="",
                values=(),
                ended_ms=None,
            )
            for number, (state, epoch) in enumerate(states)
        ],
        attrs={},
    )


@pytest.mark.parametrize(
    ("record", "max_trials", "expected"),
    [
        (record_of(31, (4, 7)), 48, "31 finished, 2 interrupted at epochs 4 and 7, 15 to go"),
        (record_of(31, (4,)), 48, "31 finished, 1 interrupted at epoch 4, 16 to go"),
        (record_of(0, (0,)), 1, "0 finished, 1 interrupted at epoch 0, none to go"),
        (record_of(1, (4, 4, 4)), 5, "1 finished, 3 interrupted at epoch 4, 1 to go"),
        (record_of(1, (3, 1, 2)), 5, "1 finished, 3 interrupted at epochs 3, 1 and 2, 1 to go"),
        (
            record_of(0, (1, 2, 3, 4, 5, 6, 7, 8, 9)),
            9,
            "0 finished, 9 interrupted between epochs 1 and 9, none to go",
        ),
        (record_of(12), 12, "12 finished, none to go"),
        (record_of(12), 8, "12 finished, none to go"),
        (record_of(0), 8, "0 finished, 8 to go"),
        (record_of(2, (), 3), 8, "2 finished, 6 to go (3 queued)"),
    ],
)
def test_found(record, max_trials, expected):
    assert found_words(record, max_trials) == f"found {expected}"


def test_a_driver_that_let_go_is_not_mentioned(tmp_path):
    paths = Home.at(tmp_path).sweep("s")
    paths.root.mkdir()
    assert driver_words(read_driver(paths)) == ""
    with drive(paths) as driver:
        assert read_driver(paths) == driver
        during = paths.driver.read_text()
    ended = read_driver(paths)
    assert ended is not None
    assert ended.ended
    assert ended == dataclasses.replace(driver, ended=ended.ended)
    assert driver_words(ended) == ""

    paths.driver.write_text(during)  # as a kill -9 would have left it
    assert driver_words(read_driver(paths)) == (
        f"the driver before (pid {driver.pid} on {driver.host} since {driver.since}) died"
    )


def test_a_driver_that_raised_has_let_go(tmp_path):
    paths = Home.at(tmp_path).sweep("s")
    paths.root.mkdir()
    with pytest.raises(KeyboardInterrupt), drive(paths):
        raise KeyboardInterrupt
    assert driver_words(read_driver(paths)) == ""


@pytest.mark.parametrize("changes", [{"ended": None}, {"task": "synced"}])
def test_nothing_is_said_where_it_is_not_known(tmp_path, changes):
    paths = Home.at(tmp_path).sweep("s")
    paths.root.mkdir()
    with drive(paths) as driver:
        note = {**dataclasses.asdict(driver), **changes}
    paths.driver.write_text(json.dumps({k: v for k, v in note.items() if v is not None}))
    assert read_driver(paths) is not None
    assert driver_words(read_driver(paths)) == ""


def test_torn():
    assert torn_words(0) == ""
    assert "57 bytes" in torn_words(57)


def test_trials_that_were_judged_again() -> None:
    assert judged_words([3]) == "judged again: 1 trial has another verdict now (#3)"
    assert judged_words([0, 3]) == "judged again: 2 trials have other verdicts now (#0, #3)"
    assert judged_words(list(range(9))).endswith("(#0, #1, #2, #3, #4, #5, #6, #7, ...)")
