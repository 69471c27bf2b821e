"""What training code answers: plain values, told through `sweeper.protocol`.

Standard library only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

__all__ = [
    "DataFinding",
    "DataMeasure",
    "DataReport",
    "DataSummary",
    "Decoding",
    "DecodingTable",
    "Estimate",
    "ImageScores",
    "NetworkScores",
    "Severity",
    "SplitScores",
]


#: How much a finding about the data matters.
Severity = Literal["severe", "warning", "note"]


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
class DataFinding:
    """Something about the data that a person should look at before a sweep.

    Attributes:
        severity: `severe`: training on it is likely wasted; `warning`: results will suffer or be
            misread; `note`: good to know.
        subject: Which part of the data and what about it, a few words ("val: empty masks").
        sentence: What was found, with its number; no full stop.
        consequence: What it does to training or to the scores, and what to do; no full stop.
        worst: Names of the samples to look at first, the worst first; may be empty.
    """

    severity: Severity
    subject: str
    sentence: str
    consequence: str
    worst: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DataMeasure:
    """A row of the table about the data: one number for each part of the data that has it.

    Attributes:
        name: What was measured, a few words.
        values: Part of the data ("train") -> finite number.
        form: How to write the numbers: `count`, `share` (of 1), `px` or `number`.
    """

    name: str
    values: Mapping[str, float]
    form: Literal["count", "share", "px", "number"] = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataReport:
    """What a look at the data found.

    Attributes:
        lines: Facts that the table does not hold, and on how much of the data it rests.
        parts: Names of the parts of the data ("train", "val"), in the order of their columns.
        measures: Rows of the table.
        findings: The severest first.
    """

    lines: Sequence[str] = ()
    parts: Sequence[str] = ()
    measures: Sequence[DataMeasure] = ()
    findings: Sequence[DataFinding] = ()


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A score of a set of images, and how far chance may have moved it.

    Attributes:
        value: Finite.
        low: Lower end of the interval that `NetworkScores.interval` names; None: not known, as
            with a single image.
        high: Upper end; None with `low`.
    """

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageScores:
    """How a network did on one image.

    Attributes:
        name: Of the image.
        scores: By name, finite; what has no meaning for this image is left out.
        picture: Name of the file that shows it, in `ScoringRequest.folder`; None: none does.
    """

    name: str
    scores: Mapping[str, float]
    picture: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitScores:
    """How a network did on a set of images.

    Attributes:
        name: As `ScoringRequest.splits` calls it.
        images: At least one.
        mean: Scores as means over images, each counting the same.
        pooled: Scores of all images together, to which large and crowded ones contribute more.
        levels: Score -> a word on its level, such as "pass" or "fail", for scores that have one.
    """

    name: str
    images: Sequence[ImageScores]
    mean: Mapping[str, Estimate]
    pooled: Mapping[str, Estimate]
    levels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkScores:
    """How a trained network does, see `BaseTrainable.score_network`.

    Attributes:
        splits: At least one.
        headline: Names of the scores that a person looks at first.
        names: Score -> what it is in a few words, for those whose name does not say it.
        worst_by: The score by which images are the worst.
        interval: What `Estimate.low` and `high` are, in words.
        judgement: What follows from the scores, a sentence each, the most important first.
        notes: What a person should know besides, a sentence each.
    """

    splits: Sequence[SplitScores]
    headline: Sequence[str]
    names: Mapping[str, str]
    worst_by: str
    interval: str
    judgement: Sequence[str]
    notes: Sequence[str] = ()
