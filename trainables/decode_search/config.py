"""Settings of the decoding: thresholds, and how they are searched. No torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, Literal, Self

from pydantic import Field, TypeAdapter, field_validator, model_validator

from sweeper.parameters import (
    FloatParameter,
    MistakesError,
    Parameter,
    ParameterPath,
    Section,
    Space,
)
from sweeper.parameters.fields import Mistake, Number, Whole
from trainables.decode_search import SearchSettings
from trainables.decoding import Decoder, HVFlow, HVWatershed, MaskComponents, MaskWatershed
from trainables.problems import find_problems

__all__ = ["DecodeConfig", "Thresholds"]

DecoderName = Literal["flow", "watershed", "mask_watershed", "components"]

_DECODERS: Mapping[str, type[Decoder]] = {
    "flow": HVFlow,
    "watershed": HVWatershed,
    "mask_watershed": MaskWatershed,
    "components": MaskComponents,
}
_FLOW, _WATERSHED, _MASK = HVFlow(), HVWatershed(), MaskWatershed()

#: What is searched where a configuration does not say it.
_DEFAULT_SPACE: Space = TypeAdapter(dict[ParameterPath, Parameter]).validate_python(
    {
        "decoder": {"type": "choice", "values": ["flow", "watershed"]},
        "np_threshold": {"type": "float", "low": 0.4, "high": 0.8, "step": 0.05},
        "marker_threshold": {
            "type": "float",
            "low": 0.44,
            "high": 0.52,
            "step": 0.04,
            "when": {"decoder": "watershed"},
        },
    }
)


class Thresholds(Section):
    """A decoding: the decoder, and the settings of all decoders under the names they have there.

    Settings that the decoder does not have do nothing.
    """

    decoder: DecoderName = "flow"
    np_threshold: Number = Field(default=_FLOW.np_threshold, ge=0, le=1)
    min_object_px: Whole = Field(default=_FLOW.min_object_px, ge=0)
    steps: Whole = Field(default=_FLOW.steps, ge=0, le=1000)
    step_px: Number = Field(default=_FLOW.step_px, gt=0, le=10)
    join_px: Whole = Field(default=_FLOW.join_px, ge=0, le=63)
    marker_threshold: Number = Field(default=_WATERSHED.marker_threshold, ge=0, le=1)
    sobel_px: Whole = Field(default=_WATERSHED.sobel_px, ge=3, le=63)
    opening_px: Whole = Field(default=_WATERSHED.opening_px, ge=0, le=63)
    min_marker_px: Whole = Field(default=_WATERSHED.min_marker_px, ge=0)
    smooth_px: Number = Field(default=_MASK.smooth_px, ge=0, le=20)
    seed_depth_px: Number = Field(default=_MASK.seed_depth_px, ge=0)
    max_markers: Whole = Field(default=_FLOW.max_markers, ge=1)

    @field_validator("sobel_px")
    @classmethod
    def _check_odd(cls, size_px: int) -> int:
        if size_px % 2 == 0:
            raise ValueError("should be odd")
        return size_px

    def values(self) -> dict[str, Any]:
        """Every setting by name."""
        return {name: getattr(self, name) for name in Thresholds.model_fields}

    def build(self) -> Decoder:
        """The decoder of these settings."""
        kind, values = _DECODERS[self.decoder], self.values()
        names = [field.name for field in fields(kind) if field.name in values]
        return kind(**{name: values[name] for name in names})


class DecodeConfig(Thresholds, SearchSettings):
    """How a trial turns maps into instances.

    Attributes:
        search: `nested`: at each evaluation the trial searches `space` on the outputs that it has;
            `fixed`: it takes the thresholds as they are; `joint`: the same, and the sweep's own
            space varies them like any other setting.
        share: How long a search may keep training waiting, as a share of the training since the
            search before. The last search is not cut, nor one of less than two seconds.
    """

    search: Literal["nested", "joint", "fixed"] = "nested"
    share: Number = Field(default=0.25, ge=0, le=100)
    space: dict[ParameterPath, Parameter] = Field(default_factory=lambda: dict(_DEFAULT_SPACE))

    @field_validator("space")
    @classmethod
    def _check_decodings(cls, space: dict[str, Parameter]) -> dict[str, Parameter]:
        found = list(_impossible(space))
        if found:
            raise MistakesError(found)
        return space

    @model_validator(mode="after")
    def _check_search(self) -> Self:
        if self.search == "nested" and not self.space:
            raise ValueError("space is empty, there is nothing to search; set search to fixed")
        return self


def _impossible(space: Mapping[str, Parameter]) -> Iterator[Mistake]:
    """Names and values of a space that no decoding can have."""
    for name, parameter in space.items():
        for value in _values_to_try(parameter):
            problems = find_problems(Thresholds, {name: value})
            if problems:
                yield (name,), problems[0].reason
                break


def _values_to_try(parameter: Parameter) -> Sequence[Any]:
    """All values of a parameter; of a continuous one its limits."""
    if isinstance(parameter, FloatParameter) and parameter.step is None:
        return parameter.low, parameter.high
    return parameter.finite_values() or ()
