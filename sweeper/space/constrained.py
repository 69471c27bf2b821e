"""Proposals that keep to the constraints of a spec, from samplers that know of none.

A proposal is drawn as a whole before anything of it is written: each trial stands in the study
once, and never with values that break a constraint.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState

from sweeper.parameters import (
    Constraint,
    FloatParameter,
    Narrowing,
    Parameter,
    Space,
    Span,
    file_value,
    is_active,
    parents_first,
    study_value,
)
from sweeper.parameters.values import same_value
from sweeper.space.bounds import distributions
from sweeper.space.drafts import Draft

__all__ = ["ConstrainedSampler"]

_GIVEN = "fixed_params"


class ConstrainedSampler(optuna.samplers.BaseSampler):
    """Asks another sampler again until its proposal keeps to all constraints.

    What the other sampler has learnt is thereby cut off at the border, and otherwise as it was: its
    random draws stay uniform over all that is allowed. If none of many proposals is allowed, the
    values of the last are kept as far as they fit, one after the other in random order; the rest is
    drawn at random from what then is left.

    A trial that has some of its values already keeps them. As long as nothing else has changed in
    the study, it gets the rest of the very proposal that it was begun with.
    """

    def __init__(
        self,
        sampler: optuna.samplers.BaseSampler,
        space: Space,
        constraints: Sequence[Constraint],
        *,
        seed: int,
        max_draws: int,
    ) -> None:
        """Wraps a sampler for one trial.

        Args:
            sampler: Proposes.
            space: All parameters.
            constraints: Something in the space meets all of them.
            seed: For what is drawn when the sampler proposes nothing that is allowed.
            max_draws: How many of its proposals are looked at.
        """
        self._sampler = sampler
        self._space = space
        self._order = parents_first(space)
        self._distributions = distributions(space)
        self._constraints = tuple(constraints)
        self._narrowing = Narrowing(space, constraints)
        self._random = random.Random(seed)
        self._max_draws = max_draws

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """All parameters: whether they fit each other can only be told of all together."""
        del study, trial
        return dict(self._distributions)

    def sample_relative(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        search_space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        """Every value that the trial needs, as the study keeps it."""
        del search_space
        draft = Draft(study)
        given = trial.system_attrs.get(_GIVEN, {})
        together = self._sampler.infer_relative_search_space(draft.study, trial)
        for num_left in reversed(range(self._max_draws)):
            draft.forget()
            drawn = self._sampler.sample_relative(draft.study, trial, together)
            whole = self._filled(draft.study, trial, {**drawn, **given}, to_the_end=num_left == 0)
            found = whole
            if whole.is_allowed and trial.params:
                found = self._filled(draft.study, trial, {**whole.params, **trial.params})
            if found.is_allowed:
                break
        else:
            found = self._mended(given, whole)
            if not trial.params.items() <= found.params.items():
                found = self._mended({**given, **trial.params}, found)
        draft.write_down()
        return dict(found.params)

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Left to the other sampler; Optuna asks for nothing here that was proposed before."""
        return self._sampler.sample_independent(study, trial, param_name, param_distribution)

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """Left to the other sampler."""
        self._sampler.before_trial(study, trial)

    def after_trial(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        """Left to the other sampler."""
        self._sampler.after_trial(study, trial, state, values)

    def _filled(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        params: Mapping[str, Any],
        *,
        to_the_end: bool = False,
    ) -> _Proposal:
        """The parameters that a trial has with these values; what is not there is drawn.

        Ends with the first value that breaks a constraint, unless it shall go to the end.
        """
        found: dict[str, Any] = {}
        values: dict[str, Any] = {}
        is_allowed = True
        for name in self._order:
            parameter = self._space[name]
            if not is_active(self._space, name, values):
                continue
            if name in params:
                found[name] = params[name]
            elif name in self._distributions:
                found[name] = self._sampler.sample_independent(
                    study, trial, name, self._distributions[name]
                )
            values[name] = file_value(parameter, found.get(name))
            is_allowed = is_allowed and all(c.holds(values) for c in self._constraints)
            if not is_allowed and not to_the_end:
                break
        return _Proposal(params=found, values=values, is_allowed=is_allowed)

    def _mended(self, kept: Mapping[str, Any], last: _Proposal) -> _Proposal:
        """A proposal that is allowed, near to one that is not.

        Args:
            kept: Values that can't change, as in the study.
            last: Its values stay where they fit.
        """

        def choose(name: str, left: Sequence[Any] | Span) -> Any:
            if name in last.values and _contains(left, last.values[name]):
                return last.values[name]
            if isinstance(left, Span):
                return _drawn(self._random, self._space[name], left)
            return left[self._random.randrange(len(left))]

        given = {name: file_value(self._space[name], value) for name, value in kept.items()}
        # One after the other from the first on, all would be pressed to one end.
        order = self._random.sample(self._order, len(self._order))
        order.sort(key=self._is_continuous)
        values = self._narrowing.complete(given, choose, order=order)
        if values is None:
            # A change of the spec that would lead here is refused.
            raise ValueError(f"nothing that keeps to the constraints goes with {given}")
        params = {
            name: study_value(self._space[name], value)
            for name, value in values.items()
            if name in self._distributions
        }
        return _Proposal(params=params, values=values, is_allowed=True)

    def _is_continuous(self, name: str) -> bool:
        parameter = self._space[name]
        return isinstance(parameter, FloatParameter) and parameter.step is None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Proposal:
    """The parameters that a trial has.

    Attributes:
        params: As in the study.
        values: As in the file, fixed ones included.
        is_allowed: Whether they keep to all constraints.
    """

    params: Mapping[str, Any]
    values: Mapping[str, Any]
    is_allowed: bool


def _contains(left: Sequence[Any] | Span, value: Any) -> bool:
    if isinstance(left, Span):
        return bool(left.low <= value <= left.high)
    return any(same_value(value, other) for other in left)


def _drawn(source: random.Random, parameter: Parameter, left: Span) -> float:
    if isinstance(parameter, FloatParameter) and parameter.log:
        value = math.exp(source.uniform(math.log(left.low), math.log(left.high)))
    else:
        value = source.uniform(left.low, left.high)
    return min(left.high, max(left.low, value))
