"""The budget of a sweep, its extensions and what is spent of it; kept in the study."""

from __future__ import annotations

import re
from dataclasses import dataclass

import optuna

from sweeper.errors import UserError
from sweeper.spec import SweepSpec

__all__ = ["Budget", "extend_budget", "read_budget", "spend"]

_TRIALS = re.compile(r"\+?[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a sweep may use.

    Attributes:
        trials: In all, whatever their ending.
        hours_left: Wall-clock time of drivers; None: no limit.
    """

    trials: int
    hours_left: float | None


def read_budget(study: optuna.Study, spec: SweepSpec) -> Budget:
    """The budget as it stands now."""
    attrs = study.user_attrs
    hours = attrs.get("hours", spec.budget.hours)
    spent_h = attrs.get("spent_s", 0.0) / 3600
    return Budget(
        trials=attrs.get("trials", spec.budget.trials),
        hours_left=None if hours is None else max(0.0, hours - spent_h),
    )


def spend(study: optuna.Study, seconds: float) -> None:
    """Adds to the time that drivers have used."""
    study.set_user_attr("spent_s", study.user_attrs.get("spent_s", 0.0) + seconds)


def extend_budget(
    study: optuna.Study, spec: SweepSpec, *, trials: str | None, hours: float | None
) -> None:
    """Changes the budget for good.

    Args:
        study: Of the sweep; this process must hold its lock.
        spec: What was asked for.
        trials: `+20` (more than now) or `40` (in all); None: as it is.
        hours: Hours to add; None: as it is.

    Raises:
        UserError: Not a number of trials, or fewer than there are.
    """
    now = read_budget(study, spec)
    if trials is not None:
        if not _TRIALS.fullmatch(trials):
            raise UserError(f"--trials: '{trials}' is not a number of trials (20) or of more (+20)")
        wanted = now.trials + int(trials) if trials.startswith("+") else int(trials)
        there = len(study.get_trials(deepcopy=False))
        if wanted < there:
            raise UserError(
                f"--trials: {wanted} is less than the {there} trials that there are",
                hint="--trials +N asks for N more",
            )
        study.set_user_attr("trials", wanted)
    if hours is not None:
        if hours <= 0:
            raise UserError(f"--hours: {hours:g} is not more than 0")
        before = study.user_attrs.get("hours", spec.budget.hours)
        study.set_user_attr(
            "hours", (before or study.user_attrs.get("spent_s", 0.0) / 3600) + hours
        )
