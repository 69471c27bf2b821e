"""What a comparing rule keeps with each trial, in the study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial

__all__ = ["Verdict"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A rule's newest verdict on a trial.

    Attributes:
        epoch: The epoch it was given for.
        reason: Why the trial should stop; None: go on.
        rungs: What Optuna's pruner has written about the trial so far: value by rung of successive
            halving; empty for other pruners.
    """

    epoch: int
    reason: str | None
    rungs: Mapping[str, float]

    @classmethod
    def read(cls, trial: FrozenTrial, key: str) -> Self | None:
        """The verdict that `write` left with a trial; None if there is none."""
        stored = trial.system_attrs.get(key)
        return None if stored is None else cls(**stored)

    def write(self, storage: BaseStorage, trial: FrozenTrial, key: str) -> None:
        """Keeps the verdict with a running trial, instead of the one before."""
        value = {"epoch": self.epoch, "reason": self.reason, "rungs": dict(self.rungs)}
        storage.set_trial_system_attr(trial._trial_id, key, value)
