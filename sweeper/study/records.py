"""What a study says about its trials, as plain values; needs neither Ray nor MLflow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial

from sweeper.study.amendments import Amendment, amendments_of
from sweeper.study.curves import Epoch, epochs
from sweeper.study.events import State, state_of
from sweeper.study.judged import Judged, judged_of
from sweeper.verdicts import Judgement

__all__ = ["Retry", "SweepRecord", "TrialRecord", "is_better", "read_record", "trial_record"]

_FAULT = "fault/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A fault after which a trial was tried again.

    Attributes:
        attempt: Which retry it was, from 1.
        epoch: The newest epoch that the study held.
        reason: What broke, a sentence.
        at_ms: Milliseconds since 1970 (UTC).
    """

    attempt: int
    epoch: int
    reason: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRecord:
    """One trial.

    Attributes:
        number: From 0.
        state: See `State`.
        params: What varies, by dotted path; empty while queued.
        epochs: All reports, in order.
        reason: Why it ended, a sentence; empty while it has not.
        values: One per objective; empty unless completed.
        ended_ms: Milliseconds since 1970 (UTC); None while it has not ended.
        started_ms: The same of its start; None while queued.
        retries: The faults after which it was tried again, in order.
        amendments: Better decodings that were found after it ended, in order.
        judged: The verdict; None while it has not ended, and in sweeps without rules for verdicts.
    """

    number: int
    state: State
    params: Mapping[str, Any]
    epochs: Sequence[Epoch]
    reason: str
    values: Sequence[float]
    ended_ms: int | None
    started_ms: int | None = None
    retries: Sequence[Retry] = ()
    amendments: Sequence[Amendment] = ()
    judged: Judged | None = None

    @property
    def chosen(self) -> Mapping[str, Any]:
        """What the trial has chosen itself, as of its newest epoch that says so."""
        return next((found.chosen for found in reversed(self.epochs) if found.chosen), {})

    @property
    def epoch(self) -> int:
        """Epochs that are done."""
        return self.epochs[-1].epoch if self.epochs else 0

    def latest(self, metric: str) -> float | None:
        """The newest value of a metric; None if it was never measured."""
        for record in reversed(self.epochs):
            if metric in record.metrics:
                return record.metrics[metric]
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepRecord:
    """A whole sweep.

    Attributes:
        name: Of the sweep.
        goals: `maximize` or `minimize`, one per objective.
        trials: By number.
        attrs: Facts that were stored with the study.
    """

    name: str
    goals: Sequence[str]
    trials: Sequence[TrialRecord]
    attrs: Mapping[str, Any]

    @property
    def counts(self) -> Mapping[State, int]:
        """Number of trials by state; states without trials are left out."""
        return Counter(trial.state for trial in self.trials)

    @property
    def num_ended(self) -> int:
        """Trials that are over, however they ended."""
        open_states = {State.QUEUED, State.RUNNING}
        return sum(trial.state not in open_states for trial in self.trials)

    @property
    def verdicts(self) -> Mapping[int, Judgement]:
        """The verdicts by trial, of those that have one."""
        return {
            trial.number: trial.judged.judgement
            for trial in self.trials
            if trial.judged is not None
        }

    @property
    def best(self) -> TrialRecord | None:
        """The completed trial with the best first objective; None if none is completed."""
        completed = [trial for trial in self.trials if trial.state is State.COMPLETED]
        sign = 1 if self.goals[0] == "maximize" else -1
        return max(completed, key=lambda trial: sign * trial.values[0], default=None)


def is_better(goal: str, value: float, other: float) -> bool:
    """Whether `value` is strictly better than `other` for a goal of `maximize` or `minimize`."""
    return value > other if goal == "maximize" else value < other


def read_record(study: optuna.Study) -> SweepRecord:
    """Everything that the study holds, as of now."""
    attrs = study.user_attrs
    return SweepRecord(
        name=study.study_name,
        goals=[
            "maximize" if direction is StudyDirection.MAXIMIZE else "minimize"
            for direction in study.directions
        ],
        trials=[trial_record(trial, attrs) for trial in study.get_trials(deepcopy=False)],
        attrs=attrs,
    )


def trial_record(trial: FrozenTrial, attrs: Mapping[str, Any]) -> TrialRecord:
    """One trial of a study.

    Args:
        trial: Of the study.
        attrs: User attributes of the study.
    """
    state, start = state_of(trial), trial.datetime_start
    return TrialRecord(
        number=trial.number,
        state=state,
        params=dict(trial.params),
        epochs=epochs(trial),
        reason=trial.user_attrs.get("reason", ""),
        values=tuple(trial.values or ()) if state is State.COMPLETED else (),
        ended_ms=trial.user_attrs.get("ended_ms"),
        started_ms=round(start.timestamp() * 1000) if start is not None else None,
        retries=_retries(trial),
        amendments=amendments_of(attrs, trial.number),
        judged=judged_of(attrs, trial.number) if trial.state.is_finished() else None,
    )


def _retries(trial: FrozenTrial) -> tuple[Retry, ...]:
    found = [
        Retry(
            attempt=int(key.removeprefix(_FAULT)),
            epoch=value["epoch"],
            reason=value["reason"],
            at_ms=value["at_ms"],
        )
        for key, value in trial.user_attrs.items()
        if key.startswith(_FAULT)
    ]
    return tuple(sorted(found, key=lambda retry: retry.attempt))
