"""Every combination once."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial

from sweeper.parameters import Constraint, Space, file_value, study_value
from sweeper.parameters.values import same_value

__all__ = ["GridSampler"]

_POINT = "sweeper:grid_point"


class GridSampler(optuna.samplers.BaseSampler):
    """Gives each trial a combination that no other trial has, in a shuffled order.

    Combinations that break a constraint are passed over. The combination is noted with the trial by
    its place among all, so that another process goes on where this one ended, under whatever
    constraints.
    Values that are tried first take their place in the grid; what they leave out is filled in. When
    all combinations are used up, they begin again.

    Differs: `optuna.samplers.GridSampler` raises in `study.tell` after the last combination unless
    `study.optimize` is running, refuses trials whose values are given in part, and repeats the
    combinations of those whose values are given.
    """

    def __init__(self, space: Space, seed: int, constraints: Sequence[Constraint] = ()) -> None:
        self._names = list(space)
        values = [
            [study_value(parameter, value) for value in parameter.finite_values() or ()]
            for parameter in space.values()
        ]
        self._points = list(itertools.product(*values))
        self._order = list(range(len(self._points)))
        random.Random(seed).shuffle(self._order)
        if constraints:
            self._order = [
                index for index in self._order if _keeps(space, self._points[index], constraints)
            ]

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Empty: parameters are drawn one by one."""
        del study, trial
        return {}

    def sample_relative(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        search_space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        """Empty: parameters are drawn one by one."""
        del study, trial, search_space
        return {}

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """Notes the combination with a new trial, or with one whose own is no longer allowed."""
        if trial.system_attrs.get(_POINT) in self._order:
            return
        taken = {
            other.system_attrs.get(_POINT)
            for other in study.get_trials(deepcopy=False)
            if other.number != trial.number
        }
        fitting = self._fitting({**trial.system_attrs.get("fixed_params", {}), **trial.params})
        free = [index for index in fitting if index not in taken]
        index = free[0] if free else fitting[trial.number % len(fitting)]
        study._storage.set_trial_system_attr(trial._trial_id, _POINT, index)

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """The value of a parameter in the trial's combination."""
        del param_distribution
        attrs = study._storage.get_trial_system_attrs(trial._trial_id)
        return self._points[attrs[_POINT]][self._names.index(param_name)]

    def _fitting(self, given: Mapping[str, Any]) -> Sequence[int]:
        """The combinations that have the given values, or all, in the shuffled order."""
        places = [(self._names.index(name), value) for name, value in given.items()]
        return [
            index
            for index in self._order
            if all(same_value(self._points[index][place], value) for place, value in places)
        ] or self._order


def _keeps(space: Space, point: Sequence[Any], constraints: Sequence[Constraint]) -> bool:
    values = {
        name: file_value(parameter, value)
        for (name, parameter), value in zip(space.items(), point, strict=True)
    }
    return all(constraint.holds(values) for constraint in constraints)
