"""The durable study as a pruner of Optuna wants to see it: one objective, which is any metric."""

from __future__ import annotations

import copy
from collections.abc import Container, Mapping, Sequence

import optuna
from optuna.storages import InMemoryStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from sweeper.pruning.measured import Curve

__all__ = ["MirrorStorage", "mirror_study", "mirror_trial"]


class MirrorStorage(InMemoryStorage):
    """Read-only trials behind a study of one objective; writes of a pruner are kept apart.

    It answers what the pruners of Optuna ask of a study and takes the one thing that they write:
    the rungs of successive halving.

    Attributes:
        written: What was written, by key; all of it belongs to the trial under judgement.
    """

    def __init__(self, direction: StudyDirection, trials: Sequence[FrozenTrial]) -> None:
        super().__init__()
        self.written: dict[str, float] = {}
        self._direction = direction
        self._mirrored = trials

    def get_study_id_from_name(self, study_name: str) -> int:
        """The only study's id."""
        del study_name
        return 0

    def get_study_directions(self, study_id: int) -> list[StudyDirection]:
        """The metric's direction."""
        del study_id
        return [self._direction]

    def get_all_trials(
        self,
        study_id: int,
        deepcopy: bool = True,  # noqa: FBT001, FBT002 - the signature is Optuna's
        states: Container[TrialState] | None = None,
    ) -> list[FrozenTrial]:
        """All trials, or those in some states, by number."""
        del study_id
        found = [trial for trial in self._mirrored if states is None or trial.state in states]
        return copy.deepcopy(found) if deepcopy else found

    def set_trial_system_attr(self, trial_id: int, key: str, value: object) -> None:
        """Keeps what a pruner notes about the trial under judgement."""
        del trial_id
        if not isinstance(value, float):
            raise TypeError(
                f"a pruner wrote {key} = {value!r}; only rungs of numbers are understood"
            )
        self.written[key] = value


def mirror_study(study: optuna.Study, storage: MirrorStorage) -> optuna.Study:
    """A study on a mirror; the durable study's name decides on a trial's bracket in Hyperband."""
    return optuna.Study(study.study_name, storage, sampler=study.sampler, pruner=study.pruner)


def mirror_trial(trial: FrozenTrial, curve: Curve, rungs: Mapping[str, float]) -> FrozenTrial:
    """A trial with a metric's curve for its intermediate values.

    Args:
        trial: Of the durable study; gives number, state and id.
        curve: The metric.
        rungs: What the pruner wrote about the trial before.

    Returns:
        A trial of its own, without parameters, values and attributes.
    """
    return FrozenTrial(
        number=trial.number,
        state=trial.state,
        value=None,
        datetime_start=trial.datetime_start,
        datetime_complete=trial.datetime_complete,
        params={},
        distributions={},
        user_attrs={},
        system_attrs=dict(rungs),
        intermediate_values=dict(curve),
        trial_id=trial._trial_id,
    )
