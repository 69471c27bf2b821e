"""What training code reports, checked before anything is written down."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sweeper.errors import DivergedError, TrialError
from sweeper.protocol import (
    Decoding,
    DecodingTable,
    Estimate,
    ImageScores,
    NetworkScores,
    SplitScores,
)

__all__ = ["checked_choice", "checked_metrics", "checked_scores", "checked_table"]

# What MLflow takes as the name of a metric or, after `chosen.`, of a tag.
_METRIC_NAME = re.compile(r"[\w./ :-]{1,250}")
_PATH = re.compile(r"[\w/ :-]+(\.[\w/ :-]+)*")
_MAX_PATH_CHARS = 200
_MAX_VALUE_CHARS = 4000


def checked_metrics(reported: Mapping[str, Any], epoch: int) -> dict[str, float]:
    """The metrics of an epoch as plain numbers.

    Raises:
        DivergedError: A value is not finite.
        TrialError: Something is not a metric.
    """
    metrics = {name: _number(name, value) for name, value in reported.items()}
    for name, value in metrics.items():
        if not math.isfinite(value):
            raise DivergedError(f"diverged at epoch {epoch}: {name} is {value}")
        if not _METRIC_NAME.fullmatch(name):
            raise TrialError(
                f"metric name {name!r} may hold only letters, digits and _ . / : - and space"
            )
    return metrics


def checked_choice(chosen: Any) -> dict[str, Any]:
    """What a trial has chosen itself, as JSON gives it back.

    Args:
        chosen: The answer of `BaseTrainable.chosen`, or the settings of a `Decoding`.

    Raises:
        TrialError: It is not a mapping from dotted paths to JSON values.
    """
    if not isinstance(chosen, Mapping):
        raise TrialError(f"{chosen!r:.60} is not a mapping from dotted paths to chosen values")
    return {_checked_path(path): _json_value(path, value) for path, value in chosen.items()}


def _number(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise TrialError(f"metric {name} is {value!r:.60}, which is not a number") from error


def _checked_path(path: Any) -> str:
    if not isinstance(path, str) or not _PATH.fullmatch(path) or len(path) > _MAX_PATH_CHARS:
        raise TrialError(
            f"a choice names {path!r:.60}, which is not a dotted path of a setting "
            f"(letters, digits and _ - in each part, {_MAX_PATH_CHARS} characters at most)"
        )
    return path


def _json_value(path: str, value: Any) -> Any:
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise TrialError(
            f"chosen {path} is {value!r:.60} ({type(value).__name__}), which is not a JSON value "
            "(text, a finite number, true, false, null, and lists and mappings of these)"
        ) from error
    if len(text) > _MAX_VALUE_CHARS:
        raise TrialError(f"chosen {path} has {len(text)} characters; {_MAX_VALUE_CHARS} at most")
    return json.loads(text)


def checked_table(table: Any) -> DecodingTable:
    """What a search found, as plain values.

    Args:
        table: The answer of `BaseTrainable.search_decodings`.

    Raises:
        TrialError: It contradicts what `DecodingTable` says of itself.
    """
    if not isinstance(table, DecodingTable):
        raise TrialError(f"search_decodings() gave {table!r:.60}, which is not a DecodingTable")
    if table.goal not in {"maximize", "minimize"}:
        raise TrialError(f"search_decodings() gave the goal {table.goal!r:.60}")
    if not 0 <= table.chosen < len(table.tried):
        raise TrialError(f"search_decodings() chose {table.chosen} of {len(table.tried)} decodings")
    return replace(
        table,
        tried=[
            Decoding(
                settings=checked_choice(decoding.settings),
                scores=_scores(table, decoding.scores),
            )
            for decoding in table.tried
        ],
        default=_scores(table, table.default),
        honest=_scores(table, table.honest),
        optimistic=_scores(table, table.optimistic),
    )


def _scores(table: DecodingTable, scores: Mapping[str, Any]) -> dict[str, float]:
    checked = _finite(scores, "search_decodings")
    if table.choose_by not in checked:
        raise TrialError(f"search_decodings() gave scores without {table.choose_by}, which decides")
    return checked


def checked_scores(scores: Any) -> NetworkScores:
    """How a network does, as plain values.

    Args:
        scores: The answer of `BaseTrainable.score_network`.

    Raises:
        TrialError: It contradicts what `NetworkScores` says of itself.
    """
    if not isinstance(scores, NetworkScores):
        raise TrialError(f"score_network() gave {scores!r:.60}, which is no NetworkScores")
    if not scores.splits or not all(split.images for split in scores.splits):
        raise TrialError("score_network() gave scores of no images")
    return replace(scores, splits=[_split(split) for split in scores.splits])


def _split(split: SplitScores) -> SplitScores:
    images = [_image(image) for image in split.images]
    mean, pooled = _estimates(split.mean), _estimates(split.pooled)
    return replace(split, images=images, mean=mean, pooled=pooled)


def _image(image: ImageScores) -> ImageScores:
    return replace(image, scores=_finite(image.scores, "score_network"))


def _estimates(estimates: Mapping[str, Estimate]) -> dict[str, Estimate]:
    for part in ("value", "low", "high"):
        ends = {name: getattr(one, part) for name, one in estimates.items()}
        _finite({name: end for name, end in ends.items() if end is not None}, "score_network")
    return dict(estimates)


def _finite(scores: Mapping[str, Any], method: str) -> dict[str, float]:
    checked = {name: _number(name, value) for name, value in scores.items()}
    for name, value in checked.items():
        if not math.isfinite(value):
            raise TrialError(f"{method}() gave a score {name} of {value}")
    return checked
