"""User attributes of trials that this process may not have asked for."""

from __future__ import annotations

from dataclasses import dataclass

import optuna

__all__ = ["Attributes"]


@dataclass(frozen=True, slots=True)
class Attributes:
    """Of one trial, whatever process began it.

    Attributes:
        storage: Of the study.
        trial_id: The storage's id of the trial.
    """

    storage: optuna.storages.BaseStorage
    trial_id: int

    def set_user_attr(self, key: str, value: object) -> None:
        """Writes one."""
        self.storage.set_trial_user_attr(self.trial_id, key, value)
