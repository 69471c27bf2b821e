"""What runs in MLflow say of their trials: status, reason, settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sweeper.auditing.case import Case
from sweeper.auditing.pairs import Mirrored
from sweeper.auditing.results import Check, Finding, note, wrong
from sweeper.auditing.wording import named, told_apart
from sweeper.parameters import active_params
from sweeper.study.events import State
from sweeper.tracking.inspection import StoredRun

__all__ = ["check_told"]

_STATUS = {State.COMPLETED: "FINISHED", State.PRUNED: "KILLED", State.FAILED: "FAILED"}
# Of trials that are not over; KILLED is an interrupted one.
_OPEN_STATUSES = {"RUNNING", "KILLED"}
_OPEN_STATES = {"running", "interrupted"}
_PARAM_CHARS = 6000
_REASON_CHARS = 4000


def check_told(case: Case, mirrored: Sequence[Mirrored]) -> list[Check]:
    """Statuses, reasons and settings; of trials with one run."""
    single = [pair for pair in mirrored if len(pair.runs) == 1]
    statuses = [f for pair in single for f in _status(case, pair, pair.runs[0])]
    return [
        Check(
            area="MLflow",
            title="statuses and reasons as in the study",
            count=len(single),
            unit="runs",
            findings=[*statuses, *_still_running(case, single)],
        ),
        Check(
            area="MLflow",
            title="settings as in the study",
            count=len(single),
            unit="runs",
            findings=[f for pair in single for f in _params(case, pair, pair.runs[0])],
        ),
    ]


def _status(case: Case, pair: Mirrored, run: StoredRun) -> Iterator[Finding]:
    trial = pair.trial
    told = (run.status, run.tags.get("sweeper.state", ""))
    if trial.state is State.RUNNING:
        if told[0] not in _OPEN_STATUSES or told[1] not in _OPEN_STATES:
            sentence = f"is not over, but MLflow says {told[0]} ({told[1]})"
            yield wrong("run-status", pair.where, sentence, f"{case.resume} goes on with it")
        return
    if pair.waits and told[0] in _OPEN_STATUSES:
        return
    if told != (_STATUS[trial.state], str(trial.state)):
        kind = "run-running" if run.status == "RUNNING" else "run-status"
        sentence = f"is {trial.state}, but MLflow says {told[0]} ({told[1]})"
        yield wrong(kind, pair.where, sentence, f"{case.sync} sets it right")
    elif run.tags.get("sweeper.reason", "") != trial.reason[:_REASON_CHARS]:
        found = run.tags.get("sweeper.reason", "")
        sentence = f"ended because '{trial.reason}', but MLflow says '{found}'"
        yield wrong("run-reason", pair.where, sentence, f"{case.resync} sets it right")


def _still_running(case: Case, single: Sequence[Mirrored]) -> Iterator[Finding]:
    numbers = [
        pair.trial.number
        for pair in single
        if pair.trial.state is State.RUNNING and pair.runs[0].status == "RUNNING"
    ]
    if numbers and not case.is_driven:
        sentence = (
            f"still RUNNING there: {named('trial', numbers)}; the driver died before it could say "
            "otherwise"
        )
        yield note("run-waits", "MLflow", sentence, f"{case.resume} goes on with them")


def _params(case: Case, pair: Mirrored, run: StoredRun) -> Iterator[Finding]:
    if pair.waits and not run.params:
        return
    try:
        active = active_params(case.spec.space, pair.trial.params)
    except ValueError:
        return  # the study is at fault, and is told so
    expected = {name: str(value)[:_PARAM_CHARS] for name, value in active.items()}
    if sentence := told_apart(expected, run.params):
        todo = f"delete the run {run.run_id} in MLflow, then {case.sync}"
        yield wrong("run-params", pair.where, sentence, todo)
