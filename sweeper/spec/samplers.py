"""Who proposes the next trial. `sweeper.space` builds the Optuna sampler."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from sweeper.parameters.fields import Flag, Number, Section, Whole

__all__ = [
    "SAMPLERS",
    "CmaesSampler",
    "GridSampler",
    "Nsga2Sampler",
    "RandomSampler",
    "Sampler",
    "TpeSampler",
]


class TpeSampler(Section):
    """Tree-structured Parzen estimator: learns which values were good; handles everything."""

    name: Literal["tpe"]
    startup_trials: Annotated[Whole, Field(ge=0)] = Field(
        10, description="Random trials before it begins to learn."
    )
    candidates: Annotated[Whole, Field(ge=1)] = Field(
        24, description="Proposals it compares for each trial."
    )
    multivariate: Flag = Field(True, description="Learn how parameters depend on each other.")


class RandomSampler(Section):
    """Draws each value at random: the yardstick for the others."""

    name: Literal["random"]


class GridSampler(Section):
    """Tries every combination once, in a shuffled order."""

    name: Literal["grid"]


class CmaesSampler(Section):
    """Covariance matrix adaptation, for numeric parameters without conditions."""

    name: Literal["cmaes"]
    startup_trials: Annotated[Whole, Field(ge=0)] = Field(
        1, description="Random trials before it begins to learn."
    )
    population: Annotated[Whole, Field(ge=2)] | None = Field(
        None, description="Trials in a generation; left out: 4 + 3 ln(number of parameters)."
    )


class Nsga2Sampler(Section):
    """Genetic search for several objectives at once."""

    name: Literal["nsgaii"]
    population: Annotated[Whole, Field(ge=2)] = Field(
        50, description="Trials in a generation; the first generation is random."
    )
    mutation: Annotated[Number, Field(ge=0, le=1)] | None = Field(
        None, description="Probability that a value mutates; left out: 1 / number of parameters."
    )
    crossover: Annotated[Number, Field(ge=0, le=1)] = Field(
        0.9, description="Probability that a child has two parents."
    )


_Named = Annotated[
    TpeSampler | RandomSampler | GridSampler | CmaesSampler | Nsga2Sampler,
    Field(discriminator="name"),
]
_Name = Literal["tpe", "random", "grid", "cmaes", "nsgaii"]


def _spell_out(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


Sampler = Annotated[_Named, BeforeValidator(_spell_out, json_schema_input_type=_Named | _Name)]

#: The samplers by the name that stands in `name:`.
SAMPLERS: dict[str, type[Section]] = {
    "tpe": TpeSampler,
    "random": RandomSampler,
    "grid": GridSampler,
    "cmaes": CmaesSampler,
    "nsgaii": Nsga2Sampler,
}
