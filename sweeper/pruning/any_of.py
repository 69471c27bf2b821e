"""Several rules, any of which may stop a trial."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import optuna
from optuna.pruners import BasePruner
from optuna.trial import FrozenTrial

from sweeper.pruning.base import ReasonedPruner
from sweeper.pruning.spelling import spell

__all__ = ["AnyOf"]


@dataclass(frozen=True, init=False)
class AnyOf(ReasonedPruner):
    """Stops a trial when at least one of its rules does; the first reason is given.

    Every rule is asked, also after one has found a reason: rules that compare trials (Hyperband)
    keep what they saw. So the order of the rules changes the words, never the verdict.

    Pruners of Optuna may stand in the list as they are. They read `trial.report` values, so they
    stop nothing in a study with several objectives; `OnMetric` gives them any metric.

    Example:
        >>> import optuna
        >>> from sweeper.pruning import GatePruner
        >>> rules = AnyOf([GatePruner(epoch=1, min=0.1), optuna.pruners.ThresholdPruner(upper=0.9)])
        >>> study = optuna.create_study(pruner=rules)
        >>> trial = study.ask()
        >>> trial.report(0.95, step=1)
        >>> trial.should_prune()
        True
        >>> rules.decide(study, study.trials[0])
        'pruned at epoch 1: ThresholdPruner stopped it at the reported value 0.95'

    Attributes:
        rules: In the order in which they are asked; none: nothing is ever stopped.
    """

    rules: tuple[BasePruner, ...]

    def __init__(self, rules: Iterable[BasePruner] = ()) -> None:
        object.__setattr__(self, "rules", tuple(rules))

    def decide(self, study: optuna.Study, trial: FrozenTrial) -> str | None:
        """Asks every rule and gives the first reason; see the base class."""
        reasons = [_reason(rule, study, trial) for rule in self.rules]
        return next((reason for reason in reasons if reason is not None), None)


def _reason(rule: BasePruner, study: optuna.Study, trial: FrozenTrial) -> str | None:
    if isinstance(rule, ReasonedPruner):
        return rule.decide(study, trial)
    if not rule.prune(study, trial):
        return None
    epoch = trial.last_step
    if epoch is None:
        return f"pruned before its first report by {type(rule).__name__}"
    (value,) = spell(trial.intermediate_values[epoch])
    return (
        f"pruned at epoch {epoch}: {type(rule).__name__} stopped it at the reported value {value}"
    )
