"""What training code answers: plain values, told through `sweeper.protocol`.

Standard library only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["DataSummary", "Decoding", "DecodingTable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSummary:
    """What `prepare` found.

    Attributes:
        lines: Human-readable facts, one a line ("train: 416 images, 18438 nuclei").
        fingerprint: Hash of the content that trials will see; equal data, equal fingerprint.
        facts: Numbers by name, finite, for records and cost estimates.
        metric_names: All metrics that a trial can report on these data, where that depends on the
            data; None: it does not.
    """

    lines: Sequence[str]
    fingerprint: str
    facts: Mapping[str, float]
    metric_names: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """A way to turn outputs of a network into instances, and how good it is.

    Attributes:
        settings: Dotted path in the configuration -> JSON value, complete: with these settings
            fixed, the configuration decodes like this. What does not apply is left out.
        scores: By name, finite, over all images; how they are put together, `DecodingTable` says.
    """

    settings: Mapping[str, Any]
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodingTable:
    """What a search for decodings found on one trained network.

    Attributes:
        tried: In the order of trying; the first is the default, used if nothing was searched.
        chosen: Index in `tried` of the best on all images together.
        default: Scores of the default.
        honest: The same scores, each image decoded by what was chosen without it.
        optimistic: The same scores of the chosen one on the images that chose it.
        choose_by: Name of the score that decides; all mappings of scores hold it.
        goal: `maximize` or `minimize` that score.
        criterion: What the score is, in words ("mean AJI over images").
        num_images: Images that were decoded, at least 1.
        num_planned: Decodings that were to be tried, at least `len(tried)`; more: time was up.
        notes: What a person should know besides, one sentence each.
    """

    tried: Sequence[Decoding]
    chosen: int
    default: Mapping[str, float]
    honest: Mapping[str, float]
    optimistic: Mapping[str, float]
    choose_by: str
    goal: str
    criterion: str
    num_images: int
    num_planned: int
    notes: Sequence[str] = ()
