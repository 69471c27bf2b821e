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

__all__ = ["judge_again", "judge_ending", "wanted_judgement"]

_WITHDRAWN = Judgement(verdict=Verdict.NONE, because="the space has no verdicts any more")


def wanted_judgement(
    spec: SweepSpec, trial: FrozenTrial, state: State, before: Judged | None
) -> Judgement | None:
    """The verdict that a trial must have; None: none.

    Args:
        spec: What the sweep runs with.
        trial: With its whole curve.
        state: How it ended.
        before: The verdict that it has; withdrawn if the space has no rules any more.
    """
    if not spec.verdicts:
        return None if before is None else _WITHDRAWN
    objective = spec.objectives[0]
    facts = Facts(
        epochs=epoch_metrics(trial),
        metric=objective.metric,
        goal=objective.goal,
        ending=str(state),
    )
    return judge([rule.rule() for rule in spec.verdicts], facts)


def judge_ending(
    study: optuna.Study, spec: SweepSpec, trial: FrozenTrial, state: State
) -> Judged | None:
    """Writes the verdict on a trial that is about to end, or that has ended.

    Args:
        study: The caller holds its sweep.
        spec: What the sweep runs with.
        trial: With its whole curve.
        state: How it ends.

    Returns:
        The verdict, written now or before; None if the space has no rules.
    """
    before = judged_of(study.user_attrs, trial.number)
    wanted = wanted_judgement(spec, trial, state, before)
    if wanted is None or (before is not None and before.judgement == wanted):
        return before
    judged = Judged(
        index=1 if before is None else before.index + 1,
        judgement=wanted,
        at_ms=round(time.time() * 1000),
    )
    study.set_user_attr(*attribute(trial.number, judged))
    return judged


def judge_again(study: optuna.Study, spec: SweepSpec) -> list[int]:
    """Gives every trial that has ended the verdict that it must have.

    Args:
        study: The caller holds its sweep.
        spec: What the sweep runs with.

    Returns:
        The trials whose verdict is another than before.
    """
    attrs = study.user_attrs
    changed = []
    for trial in study.get_trials(deepcopy=False):
        if not trial.state.is_finished():
            continue
        state, before = state_of(trial), judged_of(attrs, trial.number)
        wanted = wanted_judgement(spec, trial, state, before)
        if wanted != (None if before is None else before.judgement):
            judge_ending(study, spec, trial, state)
            changed.append(trial.number)
    return changed
