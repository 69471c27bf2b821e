"""What training code reports, checked before anything is written down."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from sweeper.errors import DivergedError, TrialError

__all__ = ["checked_choice", "checked_metrics"]

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
        chosen: The answer of `BaseTrainable.chosen`.

    Raises:
        TrialError: It is not a mapping from dotted paths to JSON values.
    """
    if not isinstance(chosen, Mapping):
        raise TrialError(f"chosen() gave {chosen!r:.60}, which is not a mapping")
    return {_checked_path(path): _json_value(path, value) for path, value in chosen.items()}


def _number(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise TrialError(f"metric {name} is {value!r:.60}, which is not a number") from error


def _checked_path(path: Any) -> str:
    if not isinstance(path, str) or not _PATH.fullmatch(path) or len(path) > _MAX_PATH_CHARS:
        raise TrialError(
            f"chosen() names {path!r:.60}, which is not a dotted path of a setting "
            f"(letters, digits and _ - in each part, {_MAX_PATH_CHARS} characters at most)"
        )
    return path


def _json_value(path: str, value: Any) -> Any:
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise TrialError(
            f"chosen() gave {path} = {value!r:.60} ({type(value).__name__}), which is not a JSON "
            "value (text, a finite number, true, false, null, and lists and mappings of these)"
        ) from error
    if len(text) > _MAX_VALUE_CHARS:
        raise TrialError(f"chosen() gave {path} a value of {len(text)} characters; 4000 at most")
    return json.loads(text)
