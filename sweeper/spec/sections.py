"""The small sections of a space file: objectives, budget, resources, faults."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from sweeper.parameters.fields import Goal, MetricName, Number, Section, Whole

__all__ = ["Budget", "Faults", "Objective", "Resources"]


class Objective(Section):
    """What trials are judged by."""

    metric: MetricName = Field(description="Name of the metric.")
    goal: Goal = Field(description="Which way is better.")


class Budget(Section):
    """When the sweep is over."""

    trials: Annotated[Whole, Field(ge=1)] = Field(description="Trials, however they end.")
    epochs: Annotated[Whole, Field(ge=1)] = Field(description="Epochs of a trial.")
    hours: Annotated[Number, Field(gt=0)] | None = Field(
        None, description="Hours after which no trial is started any more; left out: no limit."
    )


def _check_share(gpus: float) -> float:
    if gpus > 1 and not gpus.is_integer():
        raise ValueError("several GPUs come whole")
    return gpus


class Resources(Section):
    """What a trial gets; `auto` divides the machine."""

    cpus_per_trial: Annotated[Number, Field(gt=0)] | Literal["auto"] = Field(
        "auto", description="CPU cores of a trial, which are also its threads."
    )
    gpus_per_trial: (
        Annotated[Number, Field(ge=0), AfterValidator(_check_share)] | Literal["auto"]
    ) = Field("auto", description="GPUs of a trial: 0, a fraction of one, or a whole number.")
    concurrent: Annotated[Whole, Field(ge=1)] | Literal["auto"] = Field(
        "auto", description="Trials at the same time."
    )


class Faults(Section):
    """What becomes of trials that break; `sweeper.study.faults` says which are worth a retry."""

    retries: Annotated[Whole, Field(ge=0)] = Field(
        2, description="How often a trial is tried again, from its newest checkpoint."
    )
    hang_s: Annotated[Number, Field(gt=0)] | Literal["off"] = Field(
        3600.0, description="Seconds without a report after which a trial is taken for hung."
    )
    give_up_after: Annotated[Whole, Field(ge=2)] | Literal["off"] = Field(
        4, description="Trials in a row that fail for the same reason, which ends the sweep early."
    )
