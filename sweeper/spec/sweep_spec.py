"""What the user asks for: `SweepSpec` and its sections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from sweeper.parameters.constraints import Constraint, parse_constraint
from sweeper.parameters.fields import (
    MistakesError,
    ParameterPath,
    Section,
    SweepName,
    TrainableName,
    Whole,
)
from sweeper.parameters.kinds import Parameter
from sweeper.spec.checks import Parts, find_conflicts
from sweeper.spec.goals import with_goals
from sweeper.spec.rules import Rule
from sweeper.spec.samplers import Sampler, TpeSampler
from sweeper.spec.sections import Budget, Faults, Objective, Resources
from sweeper.spec.verdicts import VerdictRule

__all__ = ["SweepSpec"]


def _spell_out(value: Any) -> Any:
    return [value] if isinstance(value, Mapping) else value


_Objectives = Annotated[
    tuple[Objective, ...],
    Field(min_length=1),
    BeforeValidator(_spell_out, json_schema_input_type=Objective | list[Objective]),
]


class SweepSpec(Section):
    """A sweep: one question about a training, and what may be spent on the answer."""

    name: SweepName = Field(description="Name of the sweep and of its folder.")
    family: SweepName = Field(
        default_factory=lambda known: known["name"],
        description="Sweeps that are compared with each other share it; left out: the name.",
    )
    trainable: TrainableName = Field(description="The training code, `package.module:Class`.")
    seed: Annotated[Whole, Field(ge=0, lt=2**32)] = Field(
        0, description="With the trial's number it decides every random draw."
    )
    data: dict[str, Any] = Field(
        default_factory=dict, description="Where the data comes from; the same for all trials."
    )
    fixed: dict[str, Any] = Field(
        default_factory=dict, description="Settings that all trials share."
    )
    space: Annotated[dict[ParameterPath, Parameter], Field(min_length=1)] = Field(
        description="What may vary: the dotted path of a setting and the values it may take.",
    )
    constraints: tuple[str, ...] = Field(
        (),
        description="Which values may come together: `a <= b` or `a < 0.5`, with the dotted paths "
        "of parameters; one on a parameter that a trial does not have holds.",
    )
    start: tuple[dict[ParameterPath, Any], ...] = Field(
        (), description="Values, by dotted path, that are tried first; the rest is proposed."
    )
    objectives: _Objectives = Field(
        alias="objective", description="One metric that decides, or a list of them."
    )
    sampler: Sampler = Field(
        default_factory=lambda: TpeSampler(name="tpe"), description="Who proposes the next trial."
    )
    pruning: tuple[Rule, ...] = Field(
        (), description="Rules that stop trials early; the first that applies is the reason."
    )
    verdicts: tuple[VerdictRule, ...] = Field(
        (),
        description="What became of trials that have ended, and what to do about it; the first "
        "rule that applies decides.",
    )
    budget: Budget = Field(description="When the sweep is over.")
    resources: Resources = Field(
        default_factory=Resources, description="What a trial gets of the machine."
    )
    faults: Faults = Field(default_factory=Faults, description="What becomes of trials that break.")

    def parsed_constraints(self) -> list[Constraint]:
        """The constraints as objects."""
        return [parse_constraint(text) for text in self.constraints]

    @model_validator(mode="before")
    @classmethod
    def _add_goals(cls, raw: Any) -> Any:
        return with_goals(raw) if isinstance(raw, Mapping) else raw

    @model_validator(mode="after")
    def _check_conflicts(self) -> Self:
        found = find_conflicts(
            Parts(
                name=self.name,
                data=self.data,
                fixed=self.fixed,
                space=self.space,
                space_names=tuple(self.space),
                constraints=dict(enumerate(self.constraints)),
                start=dict(enumerate(self.start)),
                objectives=dict(enumerate(self.objectives)),
                sampler=self.sampler,
                pruning=dict(enumerate(self.pruning)),
                verdicts=dict(enumerate(self.verdicts)),
                budget=self.budget,
            )
        )
        if found:
            raise MistakesError(found)
        return self
