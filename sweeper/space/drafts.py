"""Proposals that may not be taken, without a trace of them in the study."""

from __future__ import annotations

import copy
from typing import Any, cast

import optuna
from optuna.storages import BaseStorage

__all__ = ["Draft"]


class Draft:
    """A study in whose trials a sampler may note what it likes: only the last draft is kept.

    Optuna's samplers write to the storage when they are asked. What they write for a proposal that
    is not taken would be lost effort at best.
    """

    def __init__(self, study: optuna.Study) -> None:
        self.study = copy.copy(study)
        self._storage = _Notebook(study._storage)
        self.study._storage = cast("BaseStorage", self._storage)

    def forget(self) -> None:
        """Drops what was noted."""
        self._storage.notes.clear()

    def write_down(self) -> None:
        """Gives the study what was noted."""
        for (trial_id, key), value in self._storage.notes.items():
            self._storage.real.set_trial_system_attr(trial_id, key, value)


class _Notebook:
    """A storage that keeps attributes of trials to itself."""

    def __init__(self, real: BaseStorage) -> None:
        self.real = real
        self.notes: dict[tuple[int, str], Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        self.notes[trial_id, key] = value
