"""Whatever becomes of single requests, and whenever drivers die, MLflow ends up with all once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from mlflow.exceptions import MlflowException

from sweeper.study.events import State, TrialInterrupted
from sweeper.tracking import shipping
from sweeper.tracking.mirror import Patience
from sweeper.tracking.runs import RunBook
from sweeper.tracking.spool import unsent

# `lost`: not carried out; `unanswered`: carried out, without an answer; `late`: carried out after
# the next request; all three look alike to who asks.
FATES = ["fine", "fine", "lost", "unanswered", "late"]


@dataclass
class Unreliable:
    """A client of MLflow whose requests meet their fates one after the other, then go well."""

    client: object
    fates: list[str]
    late: list[Callable[[], object]] = field(default_factory=list)

    def __getattr__(self, name: str):
        real = getattr(self.client, name)

        def request(*args, **kwargs):
            fate = self.fates.pop() if self.fates else "fine"
            if fate == "lost":
                raise MlflowException("timed out")
            if fate == "late":
                self.late.append(lambda: real(*args, **kwargs))
                raise MlflowException("timed out")
            found = real(*args, **kwargs)
            self.let_late_ones_through()
            if fate == "unanswered":
                raise MlflowException("timed out")
            return found

        return request

    def let_late_ones_through(self) -> None:
        waiting, self.late = self.late, []
        for action in waiting:
            action()


@pytest.fixture
def fates(monkeypatch):
    """What becomes of the next requests, the last one first."""
    plan: list[str] = []
    clients: list[Unreliable] = []
    begin = RunBook.__init__

    def begin_unreliably(book, *args) -> None:
        begin(book, *args)
        book._client = Unreliable(book._client, plan)
        clients.append(book._client)

    def calm_down() -> None:
        plan.clear()
        for client in clients:
            client.let_late_ones_through()

    monkeypatch.setattr(RunBook, "__init__", begin_unreliably)
    monkeypatch.setattr(shipping, "_FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(shipping, "_LONGEST_PAUSE_S", 0.002)
    monkeypatch.setattr(shipping, "_LONGEST_LAST_PAUSE_S", 0.002)
    return plan, calm_down


def told(sweep, number):
    """What the tags say is chosen, without settings that no longer apply."""
    return {key: text for key, text in sweep.choices(number).items() if text}


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example(becomes=["late", "fine"], dies=False, waits=False)  # the sweep's own run, twice
@example(becomes=["late", *["fine"] * 4], dies=False, waits=False)  # a trial's run, twice
@example(becomes=["late", *["fine"] * 5], dies=False, waits=True)  # what it chose, stale
@given(
    becomes=st.lists(st.sampled_from(FATES), max_size=60),
    dies=st.booleans(),
    waits=st.booleans(),
)
def test_all_once_in_the_end(fresh_sweep, fates, becomes, dies, waits):
    plan, calm_down = fates
    sweep = fresh_sweep()
    plan[:] = becomes
    sweep.open()
    for number in (0, 1):
        sweep.start(number)
        sweep.report(number, chosen={"decode.cut": 1, "decode.depth": 1})
        sweep.report(number, chosen={"decode.cut": 2})
    sweep.end(0)
    if waits:
        sweep.tell(TrialInterrupted(number=1, epoch=2))
    patience = Patience(quiet_s=5, busy_s=5, total_s=0.0 if dies else 20)
    sweep.close_with(patience)

    sweep.open()
    sweep.start(1)
    sweep.report(1, chosen={"decode.cut": 3, "decode.on": True})
    sweep.end(1, State.PRUNED)
    sweep.close_with(patience)

    calm_down()
    sweep.sync()
    calm_down()
    sweep.amend(0, {"decode.cut": 9})
    sweep.sync()
    assert sweep.steps(0) == [(1, 0.1), (2, 0.2)]
    assert sweep.steps(1) == [(1, 0.1), (2, 0.2), (3, 0.3)]
    assert [sweep.run(n).info.status for n in (0, 1)] == ["FINISHED", "KILLED"]
    assert {sweep.run(n).data.params["preset"] for n in (0, 1)} == {"all"}
    assert told(sweep, 0) == {"chosen.decode.cut": "2", "amended.decode.cut": "9"}
    assert told(sweep, 1) == {"chosen.decode.cut": "3", "chosen.decode.on": "true"}
    assert len(sweep.runs()) == 3
    parent = sweep.parent()
    assert parent.info.status == "FINISHED"
    assert {sweep.run(n).data.tags["mlflow.parentRunId"] for n in (0, 1)} == {parent.info.run_id}
    assert unsent(sweep.paths, sweep.uri) == {}
