"""Optuna's samplers, by the settings of a spec."""

from __future__ import annotations

import hashlib
import warnings
from typing import Any, assert_never

import optuna
from optuna.exceptions import ExperimentalWarning

from sweeper.parameters.kinds import FloatParameter, IntParameter, Space
from sweeper.space.bounds import CommonSpace, GroupedSpace, distributions
from sweeper.space.constrained import ConstrainedSampler
from sweeper.space.grid import GridSampler
from sweeper.space.seeds import derive_seed
from sweeper.spec import SweepSpec
from sweeper.spec import samplers as settings

__all__ = ["build_sampler"]

# How often a proposal that breaks a constraint is drawn again as a whole. Random ones cost next to
# nothing, and only drawing again leaves them as random as before.
_MAX_DRAWS = {"random": 1_000}
_MAX_LEARNT_DRAWS = 50


def build_sampler(spec: SweepSpec, trial_number: int) -> optuna.samplers.BaseSampler:
    """The sampler that proposes one trial.

    It is built anew for each trial, seeded by the trial's number: what it proposes follows from the
    study and the spec alone, so that a sweep that was interrupted goes on as it would have.

    Args:
        spec: What was asked for.
        trial_number: The trial that is to be proposed.
    """
    sampler = _build_plain(spec, derive_seed(spec.seed, trial_number, purpose="sampler"))
    if not spec.constraints or isinstance(sampler, GridSampler):
        return sampler
    return ConstrainedSampler(
        sampler,
        spec.space,
        spec.parsed_constraints(),
        seed=derive_seed(spec.seed, trial_number, purpose="constraints"),
        max_draws=_MAX_DRAWS.get(spec.sampler.name, _MAX_LEARNT_DRAWS),
    )


def _build_plain(spec: SweepSpec, seed: int) -> optuna.samplers.BaseSampler:
    with warnings.catch_warnings():
        # `group` and `with_margin` have been experimental, and unchanged, for years.
        warnings.simplefilter("ignore", ExperimentalWarning)
        match spec.sampler:
            case settings.TpeSampler() as tpe:
                return _build_tpe(spec, tpe, seed)
            case settings.RandomSampler():
                return optuna.samplers.RandomSampler(seed=seed)
            case settings.GridSampler():
                # One order for all trials: each takes the next combination.
                order = derive_seed(spec.seed, 0, purpose="grid")
                return GridSampler(spec.space, order, spec.parsed_constraints())
            case settings.CmaesSampler() as cmaes:
                return _build_cmaes(spec, cmaes, seed)
            case settings.Nsga2Sampler() as nsga2:
                return _build_nsga2(spec, nsga2, seed)
            case _:
                assert_never(spec.sampler)


def _build_tpe(spec: SweepSpec, tpe: settings.TpeSampler, seed: int) -> optuna.samplers.BaseSampler:
    conditional = any(parameter.when for parameter in spec.space.values())
    sampler = optuna.samplers.TPESampler(
        n_startup_trials=tpe.startup_trials,
        n_ei_candidates=tpe.candidates,
        multivariate=tpe.multivariate,
        # Without groups, parameters that some trials lack would be learnt one by one.
        group=tpe.multivariate and conditional,
        constant_liar=True,
        seed=seed,
    )
    sampler._search_space = CommonSpace(spec.space, include_pruned=True)
    if sampler._group_decomposed_search_space is not None:
        sampler._group_decomposed_search_space = GroupedSpace(spec.space, include_pruned=True)
    return sampler


def _build_nsga2(
    spec: SweepSpec, nsga2: settings.Nsga2Sampler, seed: int
) -> optuna.samplers.BaseSampler:
    sampler = optuna.samplers.NSGAIISampler(
        population_size=nsga2.population,
        mutation_prob=nsga2.mutation,
        crossover_prob=nsga2.crossover,
        seed=seed,
    )
    sampler._search_space = CommonSpace(spec.space)
    return sampler


class _CmaEsSampler(optuna.samplers.CmaEsSampler):
    """CMA-ES over the given parameters, which are numeric and which every trial has.

    Differs: Optuna's takes those that all trials happened to have so far, and breaks when a later
    trial lacks one of them. And what it has learnt is in units of the bounds: when those change, it
    begins anew instead of going on in wrong units.
    """

    def __init__(self, space: Space, **settings: Any) -> None:
        super().__init__(**settings)
        self._search_space = CommonSpace(space)
        bounds = repr(sorted(distributions(space).items()))
        self._attr_prefix += f"{hashlib.sha256(bounds.encode()).hexdigest()[:8]}:"


def _build_cmaes(
    spec: SweepSpec, cmaes: settings.CmaesSampler, seed: int
) -> optuna.samplers.BaseSampler:
    numeric = {
        name: parameter
        for name, parameter in spec.space.items()
        if isinstance(parameter, FloatParameter | IntParameter) and not parameter.when
    }
    return _CmaEsSampler(
        numeric,
        n_startup_trials=cmaes.startup_trials,
        popsize=cmaes.population,
        # Keeps a parameter with steps from being narrowed down to one value too early.
        with_margin=any(
            isinstance(parameter, IntParameter) or parameter.step is not None
            for parameter in numeric.values()
        ),
        warn_independent_sampling=False,
        seed=seed,
    )
