"""The only writer of a study: proposes trials, records epochs, decides and writes endings.

Knows neither Ray nor MLflow. Everything is written to the study before anybody else hears of it.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, assert_never

import optuna
from optuna.trial import FrozenTrial, TrialState

from sweeper.parameters import suggest
from sweeper.paths import SweepPaths
from sweeper.space import build_config, build_sampler, derive_seed, suggest_rest
from sweeper.spec import SweepSpec
from sweeper.study.attributes import Attributes
from sweeper.study.checkpoints import (
    Wanted,
    drop_checkpoints,
    newest_checkpoint,
    thin_checkpoints,
)
from sweeper.study.curves import epoch_metrics, epochs, last_epoch, metric_curve, report_metrics
from sweeper.study.events import (
    EpochRecorded,
    Event,
    Listener,
    State,
    TrialEnded,
    TrialInterrupted,
    TrialRetried,
    TrialStarted,
    state_of,
)
from sweeper.study.faults import (
    Fault,
    FaultKind,
    Remedy,
    Streak,
    attribute,
    choose_remedy,
    faults,
    full_reason,
)
from sweeper.study.judging import judge_ending
from sweeper.study.waiting import Waiting

__all__ = ["Decider", "Ledger", "Ticket"]

logger = logging.getLogger(__name__)

_OPTUNA_STATES = {
    State.COMPLETED: TrialState.COMPLETE,
    State.PRUNED: TrialState.PRUNED,
    State.FAILED: TrialState.FAIL,
}


class Decider(Protocol):
    """Decides whether a running trial goes on; see `sweeper.pruning`."""

    def decide(self, study: optuna.Study, trial: FrozenTrial) -> str | None:
        """The reason to stop the trial after its newest epoch, as a sentence; None: go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A trial that is to run.

    Attributes:
        number: In the study.
        params: What varies, by dotted path.
        config: The complete configuration.
        seed: Of the trial.
        from_epoch: Epochs that are done in the newest whole checkpoint; 0: from the start.
        alone: Whether no other trial may run at the same time.
    """

    number: int
    params: Mapping[str, Any]
    config: Mapping[str, Any]
    seed: int
    from_epoch: int
    alone: bool = False


@dataclass(slots=True)
class Ledger:
    """See the module's docstring.

    Attributes:
        paths: The sweep's folder.
        spec: What was asked for.
        study: The durable study.
        decider: The pruning rules.
        max_trials: Trials in all, whatever their ending.
        listeners: Told of every event, after it was written.
        note: Told what a person should know besides.
    """

    paths: SweepPaths
    spec: SweepSpec
    study: optuna.Study
    decider: Decider
    max_trials: int
    listeners: Sequence[Listener] = ()
    note: Callable[[str], None] = lambda _: None
    _waiting: Waiting = field(default_factory=Waiting)
    _streak: Streak = field(init=False)
    _open: set[int] = field(default_factory=set)
    _ids: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        limit = self.spec.faults.give_up_after
        self._streak = Streak(None if limit == "off" else int(limit))
        for trial in self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            self._waiting.add(trial)

    @property
    def best_by(self) -> Wanted:
        """What makes a checkpoint of a trial the best."""
        objective = self.spec.objectives[0]
        return Wanted(objective.metric, objective.goal)

    @property
    def is_done(self) -> bool:
        """Whether no trial waits to be begun or to go on."""
        return self.only_lonely_left and not self._waiting.lonely

    @property
    def only_lonely_left(self) -> bool:
        """Whether every trial that waits must run alone."""
        trials = self.study.get_trials(deepcopy=False)
        begun = sum(trial.state is not TrialState.WAITING for trial in trials)
        return begun >= self.max_trials and not self._waiting.sociable

    @property
    def verdict(self) -> str:
        """Why going on is pointless, a sentence; empty if it is not."""
        return self._streak.verdict

    def next_ticket(self) -> Ticket | None:
        """The next trial to run, written to the study; None if the budget of trials is used up.

        Interrupted trials come first, then queued ones, then new proposals, then those that must
        run alone.
        """
        ticket = self._go_on(self._waiting.sociable, alone=False)
        if ticket is not None:
            return ticket
        if self.only_lonely_left:
            return self._go_on(self._waiting.lonely, alone=True)
        self.study.sampler = build_sampler(self.spec, len(self.study.get_trials(deepcopy=False)))
        trial = self.study.ask()
        return self._issue(trial, suggest(trial, self.spec.space), from_epoch=0)

    def record(
        self,
        number: int,
        epoch: int,
        metrics: Mapping[str, float],
        chosen: Mapping[str, Any] | None = None,
    ) -> bool:
        """Writes what a trial reported for an epoch.

        Args:
            number: The trial.
            epoch: From 1.
            metrics: Finite values by name.
            chosen: What the trial has chosen itself, JSON values by dotted path; None: nothing.

        Returns:
            Whether the epoch is new; one that the study holds already is left alone.
        """
        if epoch <= last_epoch(self._trial(number)):
            return False
        attributes = self._attributes(number)
        record = report_metrics(attributes, epoch, metrics, chosen)
        self._report_objective(number, epoch, metrics)
        self._tell(EpochRecorded(number=number, record=record))
        return True

    def settle(self, number: int) -> bool:
        """Ends a trial whose newest epoch was its last, or that a rule stops.

        Returns:
            Whether the trial is over.
        """
        trial = self._trial(number)
        epoch = last_epoch(trial)
        if trial.state.is_finished():
            return True
        if epoch == 0:
            return False
        if epoch < self.spec.budget.epochs:
            reason = self.decider.decide(self.study, trial)
            if reason is None:
                return False
            self.end(number, State.PRUNED, reason)
            return True
        self._complete(trial)
        return True

    def fail(self, number: int, fault: Fault, *, was_alone: bool, disk_is_full: bool) -> Remedy:
        """Takes note of a trial that broke, and says what becomes of it.

        Args:
            number: The trial.
            fault: What broke.
            was_alone: Whether no other trial could have run at the same time.
            disk_is_full: Whether the sweep's disk has no space now.

        Returns:
            What was done; a trial that is retried comes again from `next_ticket`.
        """
        trial = self._trial(number)
        past = faults(trial)
        remedy = choose_remedy(
            fault,
            retried=len(past),
            retries=self.spec.faults.retries,
            was_alone=was_alone,
            disk_is_full=disk_is_full,
        )
        match remedy:
            case Remedy.FAIL:
                self._streak.fail(fault)
                self.end(number, State.FAILED, full_reason(fault, len(past), was_alone=was_alone))
            case Remedy.STOP_SWEEP:
                pass
            case Remedy.RETRY | Remedy.RETRY_ALONE:
                self._retry(trial, fault, attempt=len(past) + 1)
            case _:
                assert_never(remedy)
        return remedy

    def end(
        self, number: int, state: State, reason: str, *, values: Sequence[float] | None = None
    ) -> None:
        """Writes an ending; reason and verdict go first, so that no ending is ever without."""
        if not reason:
            raise ValueError(f"trial {number} can't end as {state} without a reason")
        at_ms = round(time.time() * 1000)
        attributes = self._attributes(number)
        attributes.set_user_attr("reason", reason)
        attributes.set_user_attr("ended_ms", at_ms)
        judged = judge_ending(self.study, self.spec, self._trial(number), state)
        self.study.tell(number, values, _OPTUNA_STATES[state])
        if state is not State.FAILED:
            self._streak.succeed()
        self._open.discard(number)
        self._drop_checkpoints(number, state)
        self._tell(
            TrialEnded(number=number, state=state, reason=reason, at_ms=at_ms, judged=judged)
        )

    def interrupt(self, number: int) -> None:
        """Notes that the driver lets go of a running trial, which waits again."""
        self._open.discard(number)
        trial = self._trial(number)
        self._tell(TrialInterrupted(number=number, epoch=last_epoch(trial)))
        self._waiting.add(trial)

    def interrupt_all(self) -> None:
        """The same for every trial that was begun or retried here and has not ended."""
        for number in sorted(self._open):
            self.interrupt(number)

    def tidy(self) -> None:
        """Drops what trials that are over need no more; a driver may have died before it did."""
        for trial in self.study.get_trials(deepcopy=False):
            if trial.state.is_finished():
                self._drop_checkpoints(trial.number, state_of(trial))

    def _drop_checkpoints(self, number: int, state: State) -> None:
        folder = self.paths.trial(number).checkpoints
        if state is State.PRUNED:
            drop_checkpoints(folder)
        elif folder.is_dir():
            newest = 1 if state is State.COMPLETED else 2
            thin_checkpoints(folder, newest=newest, best_by=self.best_by)

    def _retry(self, trial: FrozenTrial, fault: Fault, *, attempt: int) -> None:
        epoch, at_ms = last_epoch(trial), round(time.time() * 1000)
        name, value = attribute(fault, attempt, epoch=epoch, at_ms=at_ms)
        self._attributes(trial.number).set_user_attr(name, value)
        self._tell(
            TrialRetried(
                number=trial.number,
                epoch=epoch,
                reason=fault.reason,
                attempt=attempt,
                at_ms=at_ms,
            )
        )
        self._waiting.add(self._trial(trial.number))

    def _go_on(self, queue: deque[int], *, alone: bool) -> Ticket | None:
        while queue:
            ticket = self._reopen(queue.popleft(), alone=alone)
            if ticket is not None:
                return ticket
        return None

    def _report_objective(self, number: int, epoch: int, metrics: Mapping[str, float]) -> None:
        """Writes the value that Optuna's pruners and samplers read."""
        objectives = self.spec.objectives
        if len(objectives) == 1 and objectives[0].metric in metrics:
            self.study._storage.set_trial_intermediate_value(
                self._id(number), epoch, metrics[objectives[0].metric]
            )

    def _reopen(self, number: int, *, alone: bool) -> Ticket | None:
        trial = self._trial(number)
        if (epoch := last_epoch(trial)) not in {0, *trial.intermediate_values}:
            # A driver may have died between the two that `record` writes.
            self._report_objective(number, epoch, epoch_metrics(trial)[epoch])
        checkpoint, damaged = newest_checkpoint(self.paths.trial(number).checkpoints)
        for sentence in damaged:
            logger.warning("trial %d: %s; passed over", number, sentence)
            self.note(f"#{number}: {sentence}; passed over")
        if checkpoint is not None and checkpoint.epoch == last_epoch(trial) + 1:
            self.record(number, checkpoint.epoch, checkpoint.metrics, checkpoint.chosen)
        if self.settle(number):
            return None
        # A driver may have died between two suggestions; Optuna fills in what is missing.
        self.study.sampler = build_sampler(self.spec, number)
        params = suggest_rest(self.study, trial, self.spec.space)
        from_epoch = checkpoint.epoch if checkpoint else 0
        return self._issue(trial, params, from_epoch=from_epoch, alone=alone)

    def _issue(
        self,
        trial: optuna.Trial | FrozenTrial,
        params: Mapping[str, Any],
        *,
        from_epoch: int,
        alone: bool = False,
    ) -> Ticket:
        self._open.add(trial.number)
        self._tell(TrialStarted(number=trial.number, params=params, from_epoch=from_epoch))
        return Ticket(
            number=trial.number,
            params=params,
            config=build_config(self.spec, params),
            seed=derive_seed(self.spec.seed, trial.number),
            from_epoch=from_epoch,
            alone=alone,
        )

    def _complete(self, trial: FrozenTrial) -> None:
        values = []
        for objective in self.spec.objectives:
            curve = metric_curve(trial, objective.metric)
            if not curve:
                reason = _missing_words(objective.metric, trial)
                self._streak.fail(Fault(kind=FaultKind.ERROR, reason=reason))
                self.end(trial.number, State.FAILED, reason)
                return
            values.append(curve[-1][1])
        self.end(
            trial.number,
            State.COMPLETED,
            f"completed all {self.spec.budget.epochs} epochs",
            values=values,
        )

    def _attributes(self, number: int) -> Attributes:
        return Attributes(self.study._storage, self._id(number))

    def _id(self, number: int) -> int:
        if number not in self._ids:
            self._ids[number] = self.study._storage.get_trial_id_from_study_id_trial_number(
                self.study._study_id, number
            )
        return self._ids[number]

    def _trial(self, number: int) -> FrozenTrial:
        return self.study._storage.get_trial(self._id(number))

    def _tell(self, event: Event) -> None:
        for listener in self.listeners:
            listener(event)


def _missing_words(metric: str, trial: FrozenTrial) -> str:
    """Why a trial without its objective failed; names what it has instead."""
    names = sorted({name for epoch in epochs(trial) for name in epoch.metrics})
    shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    return f"finished all epochs but never reported the objective {metric} (reported: {shown})"
