"""What samplers learn from when a range has become wider during a sweep.

Optuna's search spaces hold a parameter with the bounds that its trials had. Of a parameter whose
bounds differ between trials they keep nothing (it is then drawn without regard to the others, by
CMA-ES and NSGA-II even at random), or, in groups, the oldest bounds for ever. Those of this module
hold the bounds of the spec, which contain the values of all trials.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.search_space import IntersectionSearchSpace
from optuna.search_space.group_decomposed import _GroupDecomposedSearchSpace, _SearchSpaceGroup
from optuna.trial import TrialState

from sweeper.parameters.kinds import (
    ChoiceParameter,
    FixedParameter,
    FloatParameter,
    IntParameter,
    Space,
)
from sweeper.parameters.values import choice_label

__all__ = ["CommonSpace", "GroupedSpace", "distributions"]


def distributions(space: Space) -> dict[str, BaseDistribution]:
    """What `suggest` draws each parameter from; parameters with a fixed value are left out."""
    found: dict[str, BaseDistribution] = {}
    for name, parameter in space.items():
        match parameter:
            case FloatParameter(low=low, high=high, log=log, step=step):
                found[name] = FloatDistribution(low, high, log=log, step=step)
            case IntParameter(low=low, high=high, log=log, step=step):
                found[name] = IntDistribution(low, high, log=log, step=step or 1)
            case ChoiceParameter(values=values):
                found[name] = CategoricalDistribution([choice_label(value) for value in values])
            case FixedParameter():
                pass
            case _:
                assert_never(parameter)
    return found


class CommonSpace(IntersectionSearchSpace):
    """The parameters that all trials have, with the bounds of the spec."""

    def __init__(self, space: Space, *, include_pruned: bool = False) -> None:
        super().__init__(include_pruned)
        self._distributions: Mapping[str, BaseDistribution] = distributions(space)

    def calculate(
        self,
        study: optuna.Study,
        use_cache: bool = False,  # noqa: FBT001, FBT002 - Optuna's signature
    ) -> dict[str, BaseDistribution]:
        """By name, in alphabetical order; empty while no trial has ended."""
        states = (TrialState.COMPLETE, *((TrialState.PRUNED,) if self._include_pruned else ()))
        trials = study._get_trials(deepcopy=False, states=states, use_cache=use_cache)
        if not trials:
            return {}
        common = set.intersection(*(set(trial.distributions) for trial in trials))
        return {
            name: self._distributions[name] for name in sorted(common & set(self._distributions))
        }


class GroupedSpace(_GroupDecomposedSearchSpace):
    """The parameters in groups that trials have together, with the bounds of the spec."""

    def __init__(self, space: Space, *, include_pruned: bool = False) -> None:
        super().__init__(include_pruned)
        self._distributions: Mapping[str, BaseDistribution] = distributions(space)

    def calculate(
        self,
        study: optuna.Study,
        use_cache: bool = False,  # noqa: FBT001, FBT002 - Optuna's signature
    ) -> _SearchSpaceGroup:
        """Optuna's groups; only bounds are replaced."""
        group = super().calculate(study, use_cache)
        for subspace in group.search_spaces:
            subspace.update({name: self._distributions[name] for name in subspace})
        return group
