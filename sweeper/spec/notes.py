"""What is allowed, but probably not what was meant."""

from __future__ import annotations

from collections.abc import Iterator

from sweeper.parameters.grid import count_grid
from sweeper.parameters.kinds import FixedParameter, FloatParameter, IntParameter
from sweeper.spec.rules import GateRule, MedianRule, PatientRule, PercentileRule, StallRule
from sweeper.spec.samplers import CmaesSampler, GridSampler, Nsga2Sampler, TpeSampler
from sweeper.spec.sweep_spec import SweepSpec

__all__ = ["find_notes"]


def find_notes(spec: SweepSpec) -> list[str]:
    """Sentences, without a final stop, about settings that have less effect than it seems."""
    return [*_sampler_notes(spec), *_rule_notes(spec), *_verdict_notes(spec)]


def _sampler_notes(spec: SweepSpec) -> Iterator[str]:
    trials = spec.budget.trials
    match spec.sampler:
        case CmaesSampler():
            left = [
                name
                for name, parameter in spec.space.items()
                if not isinstance(parameter, FixedParameter)
                and (parameter.when or not isinstance(parameter, FloatParameter | IntParameter))
            ]
            if left:
                yield f"cmaes does not learn about {', '.join(left)}; drawn at random"
        case GridSampler():
            points = count_grid(spec.space, spec.parsed_constraints()) or 0
            if points > trials:
                yield f"the grid has {points:,} points, of which {trials} are tried"
        case TpeSampler(startup_trials=random) if random >= trials:
            yield f"all {trials} trials are random: sampler.startup_trials is {random}"
        case Nsga2Sampler(population=population) if population >= trials:
            yield f"all {trials} trials are random: sampler.population is {population}"
        case _:
            pass


def _rule_notes(spec: SweepSpec) -> Iterator[str]:
    trials, epochs = spec.budget.trials, spec.budget.epochs
    for index, rule in enumerate(spec.pruning):
        plain = rule.wrapped if isinstance(rule, PatientRule) else rule
        # Nothing is stopped after the last epoch, so a rule acts before it or never.
        first = getattr(plain, "warmup_epochs", 0)
        if isinstance(plain, StallRule):
            first += plain.patience
        if isinstance(plain, GateRule):
            first = plain.epoch
        if first >= epochs:
            yield f"pruning.{index} ({plain.rule}) never acts: budget.epochs is {epochs}"
        elif isinstance(plain, MedianRule | PercentileRule) and plain.startup_trials >= trials:
            yield f"pruning.{index} ({plain.rule}) never acts: budget.trials is {trials}"


def _verdict_notes(spec: SweepSpec) -> Iterator[str]:
    always = ""
    for index, rule in enumerate(spec.verdicts):
        where = f"verdicts.{index} ({rule.name}) never applies"
        if always:
            yield f"{where}: {always} always does before it"
        asked = {rule.at, *(r.moment for c in rule.conditions() for r in c.readings)}
        late = [moment for moment in asked if isinstance(moment, int)]
        if max(late, default=0) > spec.budget.epochs and rule.when:
            yield f"{where}: budget.epochs is {spec.budget.epochs}"
        if not rule.when and not rule.ended:
            always = always or rule.name
