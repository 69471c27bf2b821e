"""The shipper's patience: who waits for whom, and for how long; MLflow is played."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter

import pytest

from sweeper.tracking import shipping
from sweeper.tracking.sending import Ending
from sweeper.tracking.shipping import Patience, Shipper
from sweeper.tracking.spool import Spool

SHORT = Patience(quiet_s=0.5, busy_s=0.5, total_s=math.inf)
LONG = Patience(quiet_s=20, busy_s=20, total_s=math.inf)
ENDING = Ending(status="FINISHED", state="finished", metrics={}, at=0, at_ms=0, files=[])


class Played:
    """A sender whose MLflow does what a test wants of it."""

    uri = "http://played"

    def __init__(self, lines: dict[int, int]) -> None:
        self.lines = dict(lines)
        self.tries: Counter[str | int] = Counter()
        self.refuses: set[str | int] = set()
        self.behind: list[list[int]] = []
        self.hangs = threading.Event()
        self.hangs.set()

    def check(self, spools) -> list[int]:
        self._try("check")
        return self.behind.pop(0) if self.behind else []

    def begin(self) -> None:
        self._try("begin")

    def send(self, number: int, spool: Spool) -> int:
        self._try(number)
        count, self.lines[number] = self.lines[number], 0
        return count

    def close(self, ending: Ending) -> None:
        self._try("close")

    def abandon(self) -> None:
        self._try("abandon")

    def reopen(self) -> None:
        self._try("reopen")

    def _try(self, step: str | int) -> None:
        self.tries[step] += 1
        if step != "abandon":
            self.hangs.wait()
        if step in self.refuses:
            raise ConnectionRefusedError("Connection refused")


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(shipping, "_FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(shipping, "_LONGEST_PAUSE_S", 0.05)
    monkeypatch.setattr(shipping, "_LONGEST_LAST_PAUSE_S", 0.05)


@pytest.fixture
def ship(tmp_path):
    """Starts a shipper for trials with some lines each."""

    def start(**lines: int):
        played = Played({int(name[1:]): count for name, count in lines.items()})
        notes: list[str] = []
        shipper = Shipper(played, notes.append)
        played.spools = {number: Spool(tmp_path / str(number)) for number in played.lines}
        return shipper, played, notes

    return start


def wait_for(condition) -> None:
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("never came true")


def test_all_is_sent_and_closed_once(ship):
    shipper, played, notes = ship(t0=3, t1=4)
    shipper.start(played.spools, is_running=True)
    assert shipper.finish(ENDING, LONG, lambda: None)
    assert shipper.num_sent == 7
    assert played.tries["begin"] == played.tries["close"] == 1
    assert played.tries["check"] == 2  # at the start and in the end
    assert notes == []


def test_a_trial_that_is_not_taken_does_not_hold_up_others(ship):
    shipper, played, _ = ship(t0=3, t1=4, t2=5)
    played.refuses = {0}
    shipper.start(played.spools, is_running=True)
    wait_for(lambda: shipper.num_sent == 9)
    assert not shipper.finish(ENDING, SHORT, lambda: None)
    assert played.tries["close"] == 1
    assert shipper.trouble == "nobody listens there"


def test_what_does_not_answer_is_told_once_and_again_when_it_does(ship):
    shipper, played, notes = ship(t0=3)
    played.refuses = {"check"}
    shipper.start(played.spools, is_running=True)
    wait_for(lambda: played.tries["check"] > 5)
    assert len(notes) == 1
    assert "does not answer (nobody listens there)" in notes[0]
    played.refuses = set()
    assert shipper.finish(ENDING, LONG, lambda: None)
    assert len(notes) == 2
    assert "answers again" in notes[1]


@pytest.mark.parametrize("step", ["check", 0, "close"])
def test_giving_up_on_what_is_never_taken(ship, step):
    """However often MLflow answers in between: what it has taken before is no progress."""
    shipper, played, _ = ship(t0=3)
    played.refuses = {step}
    shipper.start(played.spools, is_running=True)
    assert not shipper.finish(ENDING, SHORT, lambda: None)
    assert played.tries[step] > 2


def test_a_store_that_never_shows_what_it_takes(ship):
    shipper, played, _ = ship(t0=3)
    played.behind = [[], *[[0]] * 1000]
    shipper.start(played.spools, is_running=True)
    assert not shipper.finish(ENDING, SHORT, lambda: None)
    assert shipper.trouble == "MLflow does not show what it has taken"


def test_what_the_store_has_lost_is_sent_again(ship):
    shipper, played, _ = ship(t0=3, t1=3)
    played.behind = [[], [1]]
    shipper.start(played.spools, is_running=True)
    assert shipper.finish(ENDING, LONG, lambda: None)
    assert played.tries[1] > played.tries[0]


def test_nobody_waits_for_a_request_that_hangs(ship):
    shipper, played, _ = ship(t0=3)
    played.hangs.clear()
    shipper.start(played.spools, is_running=True)
    wait_for(lambda: played.tries["check"] == 1)
    for _ in range(100):
        shipper.poke(0, played.spools[0])
    assert not shipper.finish(ENDING, SHORT, lambda: None)
    played.hangs.set()
    assert played.tries["close"] == 0


def test_sending_alone_does_not_set_the_sweep_going(ship):
    shipper, played, _ = ship(t0=3)
    shipper.start(played.spools, is_running=False)
    assert shipper.finish(ENDING, LONG, lambda: None)
    assert played.tries["begin"] == 0
