"""Judges the trials of a study; see `sweeper.study.judged` for what is kept.

A verdict follows from a trial's curves, its ending and the rules of the space alone, so whoever
holds the sweep may judge again at any time.
"""

from __future__ import annotations

import time

import optuna
from optuna.trial import FrozenTrial

from sweeper.spec import SweepSpec
from sweeper.study.curves import epoch_metrics
from sweeper.study.events import State, state_of
from sweeper.study.judged import Judged, attribute, judged_of
from sweeper.verdicts import Facts, Judgement, Verdict, judge

__all__ = ["Judge", "judge_again", "judge_ending"]

_WITHDRAWN = Judgement(verdict=Verdict.NONE, because="the space has no verdicts any more")


class Judge:
    """Says which verdict a trial must have.

    Args:
        spec: What the sweep runs with.
    """

    def __init__(self, spec: SweepSpec) -> None:
        self._rules = [rule.rule() for rule in spec.verdicts]
        self._objective = spec.objectives[0]

    def judge(self, trial: FrozenTrial, state: State, before: Judged | None) -> Judgement | None:
        """The verdict; None: none.

        Args:
            trial: With its whole curve.
            state: How it ends, or has ended.
            before: The verdict that it has; withdrawn if the space has no rules any more.
        """
        if not self._rules:
            return None if before is None else _WITHDRAWN
        facts = Facts(
            epochs=epoch_metrics(trial),
            metric=self._objective.metric,
            goal=self._objective.goal,
            ending=str(state),
        )
        return judge(self._rules, facts)


def judge_ending(
    study: optuna.Study, spec: SweepSpec, trial: FrozenTrial, state: State
) -> Judged | None:
    """Writes the verdict on a trial that is about to end.

    Args:
        study: The caller holds its sweep.
        spec: What the sweep runs with.
        trial: With its whole curve.
        state: How it ends.

    Returns:
        The verdict, written now or before; None if the space has no rules.
    """
    before = judged_of(study.user_attrs, trial.number)
    wanted = Judge(spec).judge(trial, state, before)
    if wanted is None or (before is not None and before.judgement == wanted):
        return before
    return _write(study, trial.number, before, wanted)


def judge_again(study: optuna.Study, spec: SweepSpec) -> list[int]:
    """Gives every trial that has ended the verdict that it must have.

    Args:
        study: The caller holds its sweep.
        spec: What the sweep runs with.

    Returns:
        The trials whose verdict is another than before.
    """
    attrs, court = study.user_attrs, Judge(spec)
    changed = []
    for trial in study.get_trials(deepcopy=False):
        if not trial.state.is_finished():
            continue
        before = judged_of(attrs, trial.number)
        wanted = court.judge(trial, state_of(trial), before)
        if wanted is not None and (before is None or before.judgement != wanted):
            _write(study, trial.number, before, wanted)
            changed.append(trial.number)
    return changed


def _write(study: optuna.Study, number: int, before: Judged | None, judgement: Judgement) -> Judged:
    judged = Judged(
        index=1 if before is None else before.index + 1,
        judgement=judgement,
        at_ms=round(time.time() * 1000),
    )
    study.set_user_attr(*attribute(number, judged))
    return judged
