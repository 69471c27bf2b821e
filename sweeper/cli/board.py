"""What a watcher knows of a sweep that runs: fed with events, asked by the displays."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sweeper.engine.resources import Plan
from sweeper.spec import SweepSpec
from sweeper.spec.rules import CollapseRule, PatientRule
from sweeper.study.events import (
    EpochRecorded,
    Event,
    State,
    TrialEnded,
    TrialInterrupted,
    TrialRetried,
    TrialStarted,
)
from sweeper.study.records import SweepRecord, is_better

__all__ = ["Board", "Row", "shown_metrics"]


@dataclass(slots=True)
class Row:
    """A trial that runs."""

    number: int
    params: Mapping[str, Any]
    started_s: float
    first_epoch: int
    epoch: int = 0
    latest: dict[str, float] = field(default_factory=dict)


def shown_metrics(spec: SweepSpec) -> list[str]:
    """The metrics worth a column: the loss, what rules look at, the objectives."""
    ruled = [
        rule.metric
        for rule in spec.pruning
        if not isinstance(rule, PatientRule | CollapseRule) and rule.metric is not None
    ]
    objectives = [objective.metric for objective in spec.objectives]
    return list(dict.fromkeys(("train/loss", *ruled, *objectives)))


class Board:
    """Counts, running trials, the best so far and the time that is left."""

    def __init__(self, spec: SweepSpec, plan: Plan, record: SweepRecord, max_trials: int) -> None:
        self.spec = spec
        self.plan = plan
        self.max_trials = max_trials
        self.metrics = shown_metrics(spec)
        self.started_s = time.monotonic()
        self.rows: dict[int, Row] = {}
        self.counts = Counter(record.counts)
        self.counts[State.RUNNING] = 0
        self.endings: list[TrialEnded] = []
        self.best: tuple[int, float] | None = None
        if record.best is not None:
            self.best = (record.best.number, record.best.values[0])
        self._epochs_done = 0
        self._busy_s = 0.0
        self._epochs_of_ended: list[int] = [
            trial.epoch for trial in record.trials if trial.state in {State.COMPLETED, State.PRUNED}
        ]

    @property
    def epochs(self) -> int:
        """Epochs of a trial that is not pruned."""
        return self.spec.budget.epochs

    @property
    def elapsed_s(self) -> float:
        """Since trials began."""
        return time.monotonic() - self.started_s

    @property
    def num_ended(self) -> int:
        """Trials that are over."""
        return sum(self.counts[state] for state in (State.COMPLETED, State.PRUNED, State.FAILED))

    def eta_s(self) -> float | None:
        """Seconds left, from the epochs so far and how early trials were pruned; None: no idea."""
        if not self._epochs_done:
            return None
        epoch_s = self._busy_s / self._epochs_done
        ended: Sequence[int] = self._epochs_of_ended
        usual = sum(ended) / len(ended) if ended else self.epochs
        waiting = max(0, self.max_trials - self.num_ended - len(self.rows))
        running = sum(max(1.0, usual - row.epoch) for row in self.rows.values())
        return (waiting * usual + running) * epoch_s / self.plan.places

    def hear(self, event: Event) -> None:
        """Takes an event in."""
        match event:
            case TrialStarted(number=number, params=params, from_epoch=epoch):
                self.rows[number] = Row(number, params, time.monotonic(), epoch, epoch)
            case EpochRecorded(number=number, record=record):
                self._note_epoch(number, record.epoch, record.metrics)
            case TrialEnded(number=number, state=state):
                self.counts[state] += 1
                self.endings.append(event)
                row = self.rows.pop(number, None)
                if row is not None and state is not State.FAILED:
                    self._epochs_of_ended.append(row.epoch)
                if row is not None and state is State.COMPLETED:
                    self._note_best(row)
            case TrialInterrupted(number=number) | TrialRetried(number=number):
                self.rows.pop(number, None)

    def _note_epoch(self, number: int, epoch: int, metrics: Mapping[str, float]) -> None:
        row = self.rows.get(number)
        if row is None:
            return
        row.epoch = epoch
        row.latest.update(metrics)
        self._epochs_done += 1
        self._busy_s += time.monotonic() - row.started_s
        row.started_s = time.monotonic()

    def _note_best(self, row: Row) -> None:
        objective = self.spec.objectives[0]
        value = row.latest.get(objective.metric)
        if value is None:
            return
        if self.best is None or is_better(objective.goal, value, self.best[1]):
            self.best = (row.number, value)
