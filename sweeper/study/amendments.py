"""Amendments: better decodings that were found for a trial after it ended.

They are attributes of the study, `amendment/<trial>/<index>`, beside what the trial itself chose,
which stays as it is. Like all of the study they are only written by who holds the sweep.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import optuna

__all__ = ["Amendment", "add_amendment", "amendments_of", "damaged_amendments"]

_PREFIX = "amendment/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """Settings for a trial's network that a later search chose.

    Attributes:
        trial: Its number.
        index: From 1, of the amendments of this trial.
        at_ms: When it was written, milliseconds since 1970 (UTC).
        epoch: Of the checkpoint that was searched on.
        settings: JSON values by dotted path in the configuration.
        scores: `default`, `honest` and `optimistic`, each by name of the score.
        choose_by: Name of the score that decided.
        criterion: The same in words.
        goal: `maximize` or `minimize`.
        num_images: That were decoded.
        fingerprint: Of their data; see `sweeper.protocol.DataSummary`.
        overrides: `KEY=VALUE` that were given for the search.
        folder: Of the search, below the sweep's.
    """

    trial: int
    index: int
    at_ms: int
    epoch: int
    settings: Mapping[str, Any]
    scores: Mapping[str, Mapping[str, float]]
    choose_by: str
    criterion: str
    goal: str
    num_images: int
    fingerprint: str
    overrides: tuple[str, ...]
    folder: str


def amendments_of(attrs: Mapping[str, Any], trial: int) -> tuple[Amendment, ...]:
    """The amendments of a trial, in order; those that can't be read are left out.

    Args:
        attrs: User attributes of the study.
        trial: Its number.
    """
    ours = [_read(attrs, key) for key in attrs if key.startswith(f"{_PREFIX}{trial}/")]
    found = [amendment for amendment in ours if amendment is not None]
    return tuple(sorted(found, key=lambda amendment: amendment.index))


def damaged_amendments(attrs: Mapping[str, Any], num_trials: int) -> list[str]:
    """Names of attributes that should be amendments, and can't be read or are of no trial."""
    ours = {key: _read(attrs, key) for key in attrs if key.startswith(_PREFIX)}
    return [key for key, read in ours.items() if read is None or read.trial >= num_trials]


def add_amendment(study: optuna.Study, trial: int, **facts: Any) -> Amendment:
    """Writes an amendment behind those that are there.

    Args:
        study: The caller holds its sweep.
        trial: A trial that has ended.
        **facts: All other attributes of `Amendment` but `index` and `at_ms`.
    """
    taken = [
        int(key.rpartition("/")[2])
        for key in study.user_attrs
        if key.startswith(f"{_PREFIX}{trial}/")
    ]
    amendment = Amendment(
        trial=trial, index=max(taken, default=0) + 1, at_ms=round(time.time() * 1000), **facts
    )
    held = asdict(amendment)
    del held["trial"], held["index"]
    study.set_user_attr(f"{_PREFIX}{trial}/{amendment.index}", held)
    return amendment


def _read(attrs: Mapping[str, Any], key: str) -> Amendment | None:
    if not key.startswith(_PREFIX):
        return None
    try:
        trial, index = map(int, key.removeprefix(_PREFIX).split("/"))
        held = {**attrs[key], "overrides": tuple(attrs[key]["overrides"])}
        return Amendment(trial=trial, index=index, **held)
    except (TypeError, ValueError, KeyError):
        return None
