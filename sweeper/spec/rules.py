"""Pruning rules: when a trial is not worth going on with. `sweeper.pruning` carries them out."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from sweeper.parameters.fields import (
    Goal,
    MetricName,
    Mistake,
    MistakesError,
    Number,
    Section,
    Whole,
)

__all__ = [
    "RULES",
    "WRAPPED_RULES",
    "CollapseRule",
    "GateRule",
    "HyperbandRule",
    "MedianRule",
    "PatientRule",
    "PercentileRule",
    "Rule",
    "StallRule",
    "SuccessiveHalvingRule",
    "WrappedRule",
]

Epoch = Annotated[Whole, Field(ge=1)]
Count = Annotated[Whole, Field(ge=0)]

# What a collapse is seen by, as the 2-D trainable reports it.
_EVIDENCE = {
    "metric": {"val": "val/pred_mean", "train": "train/pred_mean"},
    "target": {"val": "target_mean", "train": "train/target_mean"},
    "bce_ratio": {"val": "val/np_bce_ratio", "train": "train/np_bce_ratio"},
    "contrast": {"val": "val/np_contrast", "train": "train/np_contrast"},
    "hv_ratio": {"val": "val/hv_mse_ratio", "train": "train/hv_mse_ratio"},
    "hv_aligned": {"val": "val/hv_magnitude_aligned", "train": "train/hv_magnitude_aligned"},
}
_Evidence = MetricName | Literal["off"] | None


class GateRule(Section):
    """Stops a trial whose metric is outside of limits at a given epoch."""

    rule: Literal["gate"]
    metric: MetricName = Field(description="Metric that is looked at.")
    epoch: Epoch = Field(description="Epoch at which it is looked at, from 1.")
    min: Number | None = Field(None, description="Stop when the metric is below this.")
    max: Number | None = Field(None, description="Stop when the metric is above this.")

    @model_validator(mode="after")
    def _check_limits(self) -> Self:
        if self.min is None and self.max is None:
            raise MistakesError([((), "a gate needs min, max or both")])
        if self.min is not None and self.max is not None and self.min > self.max:
            raise MistakesError([(("min",), f"min {self.min:g} is above max {self.max:g}")])
        return self


class StallRule(Section):
    """Stops a trial whose metric has not improved for some epochs."""

    rule: Literal["stall"]
    metric: MetricName = Field(description="Metric that is looked at.")
    patience: Epoch = Field(description="Epochs without an improvement after which to stop.")
    min_delta: Annotated[Number, Field(ge=0)] = Field(
        0.0, description="Smaller improvements do not count."
    )
    below: Number | None = Field(
        None, description="Stop only while the best value is below this (goal: maximize)."
    )
    above: Number | None = Field(
        None, description="Stop only while the best value is above this (goal: minimize)."
    )
    goal: Goal = Field("maximize", description="Which way is better; an objective's goal is known.")
    warmup_epochs: Count = Field(0, description="First epochs in which nothing is stopped.")

    @model_validator(mode="after")
    def _check_level(self) -> Self:
        found: list[Mistake] = []
        if self.goal == "minimize" and self.below is not None:
            found.append((("below",), "belongs to goal: maximize; write above"))
        if self.goal == "maximize" and self.above is not None:
            found.append((("above",), "belongs to goal: minimize; write below"))
        if found:
            raise MistakesError(found)
        return self


class CollapseRule(Section):
    """Stops a network whose answer knows nothing of the image: the same all over.

    The nuclei map: `bce_ratio` is at least `useless_ratio` and `contrast` below `min_signal`. The
    HV maps: the same of `hv_ratio` and `hv_aligned`. For `patience` evaluations in a row, none of
    them better than the one before.
    """

    rule: Literal["collapse"]
    split: Literal["val", "train"] = Field(
        "val", description="Validation images or training batches: the metrics that are left out."
    )
    metric: MetricName | None = Field(None, description="Mean prediction, in [0, 1].")
    target: MetricName | None = Field(None, description="Mean of the targets, in [0, 1].")
    bce_ratio: _Evidence = Field(
        None, description="Loss of the nuclei map over that of the best constant; off: no matter."
    )
    contrast: _Evidence = Field(
        None, description="Mean prediction on nuclei less that elsewhere; off: no matter."
    )
    hv_ratio: _Evidence = Field(
        None, description="Error of the HV maps over that of zero; off: no matter."
    )
    hv_aligned: _Evidence = Field(
        None, description="Part of the HV vectors that points the true way; off: no matter."
    )
    low_ratio: Annotated[Number, Field(gt=0, lt=1)] = Field(
        0.1, description="How far from the target mean counts as all background, in (0, 1)."
    )
    useless_ratio: Annotated[Number, Field(gt=0)] = Field(
        0.95, description="Ratio from which an answer is no better than knowing nothing."
    )
    min_signal: Annotated[Number, Field(gt=0, lt=1)] = Field(
        0.05, description="Contrast and alignment below are none, in (0, 1)."
    )
    patience: Epoch = Field(3, description="Collapsed evaluations in a row after which to stop.")
    warmup_epochs: Count = Field(1, description="First epochs in which nothing is stopped.")

    @property
    def evidence(self) -> dict[str, Any]:
        """Metrics by field, those of the split where left out; None: off."""
        named = {
            field: getattr(self, field) or usual[self.split] for field, usual in _EVIDENCE.items()
        }
        return {field: None if metric == "off" else metric for field, metric in named.items()}

    @property
    def metrics_asked_for(self) -> dict[str, str]:
        """Metrics that there must be, by field: the mean and the target, and what is written."""
        return {
            field: metric
            for field, metric in self.evidence.items()
            if metric is not None and (field in ("metric", "target") or getattr(self, field))
        }


def _without_goal(schema: dict[str, Any]) -> None:
    # The goal of an objective is filled in before validation; see `goals`.
    schema["required"].remove("goal")


class _CurveRule(Section):
    """Fields of the rules that Optuna's own pruners carry out."""

    model_config = ConfigDict(json_schema_extra=_without_goal)

    metric: MetricName | None = Field(
        None, description="Metric that is compared; left out: the first objective."
    )
    goal: Goal = Field(
        description="Which way is better; may be left out when the metric is an objective."
    )


class _RankRule(_CurveRule):
    """Fields of the rules that compare a trial with its predecessors at the same epoch."""

    startup_trials: Count = Field(5, description="Nothing is stopped before as many have ended.")
    warmup_epochs: Count = Field(0, description="First epochs in which nothing is stopped.")
    interval_epochs: Epoch = Field(1, description="Look every so many epochs.")
    min_trials: Epoch = Field(1, description="Other trials that must have reached the epoch.")


class MedianRule(_RankRule):
    """Stops a trial whose best value so far is worse than the median of the others."""

    rule: Literal["median"]


class PercentileRule(_RankRule):
    """Stops a trial that is not among the best `percentile` percent."""

    rule: Literal["percentile"]
    percentile: Annotated[Number, Field(gt=0, lt=100)] = Field(
        description="Percentage of trials that may go on, in (0, 100)."
    )


class HyperbandRule(_CurveRule):
    """Stops trials by brackets of successive halving, up to the budget's epochs."""

    rule: Literal["hyperband"]
    min_epochs: Epoch = Field(1, description="Epochs that every trial gets.")
    reduction_factor: Annotated[Whole, Field(ge=2)] = Field(
        3, description="One trial in so many goes on at each rung."
    )


class SuccessiveHalvingRule(_CurveRule):
    """Stops all but the best at rungs whose epochs grow by `reduction_factor`."""

    rule: Literal["successive_halving"]
    min_epochs: Epoch = Field(1, description="Epochs that every trial gets.")
    reduction_factor: Annotated[Whole, Field(ge=2)] = Field(
        4, description="One trial in so many goes on at each rung."
    )
    min_early_stopping_rate: Count = Field(0, description="Rungs that are left out at the start.")


WrappedRule = Annotated[
    MedianRule | PercentileRule | HyperbandRule | SuccessiveHalvingRule,
    Field(discriminator="rule"),
]


class PatientRule(Section):
    """Lets the wrapped rule stop a trial only after some epochs without an improvement."""

    rule: Literal["patient"]
    patience: Count = Field(description="Epochs without an improvement that are forgiven.")
    min_delta: Annotated[Number, Field(ge=0)] = Field(
        0.0, description="Smaller improvements do not count."
    )
    wrapped: WrappedRule = Field(description="The rule that then decides.")


Rule = Annotated[
    GateRule
    | StallRule
    | CollapseRule
    | MedianRule
    | PercentileRule
    | HyperbandRule
    | SuccessiveHalvingRule
    | PatientRule,
    Field(discriminator="rule"),
]

#: The rules by the name that stands in `rule:`.
WRAPPED_RULES: dict[str, type[Section]] = {
    "median": MedianRule,
    "percentile": PercentileRule,
    "hyperband": HyperbandRule,
    "successive_halving": SuccessiveHalvingRule,
}
RULES: dict[str, type[Section]] = {
    "gate": GateRule,
    "stall": StallRule,
    "collapse": CollapseRule,
    **WRAPPED_RULES,
    "patient": PatientRule,
}
