"""What every rule of this package is: a pruner of Optuna that says why."""

from __future__ import annotations

from abc import abstractmethod

import optuna
from optuna.pruners import BasePruner
from optuna.trial import FrozenTrial

__all__ = ["ReasonedPruner"]


class ReasonedPruner(BasePruner):
    """A pruner whose verdict is a sentence.

    `prune` is what `trial.should_prune()` of a plain Optuna study calls. That call refuses studies
    with several objectives; `decide` does not, so whoever runs such a study asks it directly::

        reason = pruner.decide(study, study.get_trials(deepcopy=False)[trial.number])

    Rules judge a trial after its newest epoch and look at nothing that comes later. A metric that
    was never measured, or is NaN, stops no trial. Asking again without a new epoch gives the same
    answer, so a trial that goes on from a checkpoint and reports an epoch twice loses nothing.
    """

    @abstractmethod
    def decide(self, study: optuna.Study, trial: FrozenTrial) -> str | None:
        """Judges a trial after its newest epoch.

        Args:
            study: The study of the trial; any number of objectives.
            trial: As it stands in the study, still running; not changed.

        Returns:
            Why it should stop ("pruned at epoch 5: val/aji 0.07 below 0.10"); None: go on.
        """

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        """Whether `decide` finds a reason."""
        return self.decide(study, trial) is not None
