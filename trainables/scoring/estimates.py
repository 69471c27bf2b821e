"""From single images to the scores of a set of them, with intervals. No torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sweeper.protocol import Estimate, ImageScores, SplitScores
from trainables.scoring.bootstrap import interval, resampled_sums

__all__ = ["ImageRecord", "PooledScores", "estimate_split"]

FloatArray = NDArray[np.float64]
#: Sums over images by name -> scores by name; NaN where a score has no meaning.
PooledScores = Callable[[Mapping[str, FloatArray]], Mapping[str, FloatArray]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRecord:
    """What is known of one image.

    Attributes:
        name: Of the image.
        scores: By name; those without a meaning for this image are left out.
        parts: What adds up over images; all records of a split have the same names.
        facts: Other numbers, such as counts of mistakes, which go with the scores of the image.
    """

    name: str
    scores: Mapping[str, float]
    parts: Mapping[str, float]
    facts: Mapping[str, float] = field(default_factory=dict)


def estimate_split(
    name: str,
    records: Sequence[ImageRecord],
    pooled: PooledScores,
    *,
    levels: Callable[[Mapping[str, float]], Mapping[str, str]],
    pictures: Mapping[int, str],
) -> SplitScores:
    """Puts images together, as means over them and pooled.

    Args:
        name: Of the split.
        records: At least one.
        pooled: Scores of sums of the records' parts.
        levels: Words for pooled scores.
        pictures: File names by position of the record.
    """
    sums = _pooled(records, pooled)
    return SplitScores(
        name=name,
        images=[
            ImageScores(
                name=record.name,
                scores={**record.scores, **record.facts},
                picture=pictures.get(position),
            )
            for position, record in enumerate(records)
        ],
        mean=_means(records),
        pooled=sums,
        levels=levels({score: estimate.value for score, estimate in sums.items()}),
    )


def _means(records: Sequence[ImageRecord]) -> dict[str, Estimate]:
    """Means over the images that have a score."""
    means = {}
    for name in dict.fromkeys(name for record in records for name in record.scores):
        values = np.array([record.scores.get(name, np.nan) for record in records])
        known = np.isfinite(values)
        # The number of images that have the score is drawn along with its sum.
        drawn = resampled_sums(np.stack([np.where(known, values, 0.0), known], axis=1))
        scores = np.divide(
            drawn[:, 0], drawn[:, 1], where=drawn[:, 1] > 0, out=np.full(len(drawn), np.nan)
        )
        means[name] = _estimate(float(values[known].mean()), scores, int(known.sum()))
    return means


def _pooled(records: Sequence[ImageRecord], pooled: PooledScores) -> dict[str, Estimate]:
    names = list(records[0].parts)
    values = np.array([[record.parts[name] for name in names] for record in records], np.float64)
    total = pooled(dict(zip(names, values.sum(axis=0)[:, None], strict=True)))
    drawn = pooled(dict(zip(names, resampled_sums(values).T, strict=True)))
    return {
        name: _estimate(float(score[0]), drawn[name], len(records))
        for name, score in total.items()
        if np.isfinite(score[0])
    }


def _estimate(value: float, resampled: FloatArray, num_images: int) -> Estimate:
    ends = interval(resampled) if num_images > 1 else None
    if ends is None:
        return Estimate(value=value)
    return Estimate(value=value, low=ends[0], high=ends[1])
