"""The configuration of a trained network, with other data or settings where they are asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sweeper.engine.loading import TrainableClass
from sweeper.errors import Problem, SpecError
from sweeper.spec import TrainingFile, read_training

__all__ = ["read_settings"]

_DATA = "config.data"
_DECODE = "decode."


def read_settings(
    config: Path,
    kind: TrainableClass,
    *,
    data: Path | None,
    overrides: Sequence[str],
    chosen: Mapping[str, Any] | None = None,
) -> TrainingFile:
    """Reads the configuration that a trial left, and checks it.

    Args:
        config: The file.
        kind: The trainable.
        data: A folder in place of the trial's own data; None: those.
        overrides: `KEY=VALUE` inside the file.
        chosen: Settings by dotted path that the network was found to be best with; overrides win.

    Raises:
        UserError: All mistakes at once.
    """
    found = [f"config.{path}={json.dumps(value)}" for path, value in (chosen or {}).items()]
    wanted = [*_data_override(kind, data), *found, *map(_spelt_out, overrides)]
    try:
        training = read_training(config, wanted)
        mistakes = kind.check_config(training.config)
        if mistakes:
            raise SpecError(
                [
                    Problem(where=training.locate(mistake.where), reason=mistake.reason)
                    for mistake in mistakes
                ]
            )
    except SpecError as error:
        if data is None:
            raise
        raise SpecError([_as_typed(problem) for problem in error.problems]) from error
    return training


def _data_override(kind: TrainableClass, folder: Path | None) -> list[str]:
    """The data section as an override: it then obeys `--set data.KEY` like any other."""
    if folder is None:
        return []
    section = kind.scored_data(folder.expanduser().absolute())
    return [f"{_DATA}={json.dumps(dict(section))}"]


def _spelt_out(override: str) -> str:
    """Settings of the decoding may be new to the file; the trainable knows their names."""
    return f"config.{override}" if override.startswith(_DECODE) else override


def _as_typed(problem: Problem) -> Problem:
    return replace(problem, where=problem.where.replace(f"--set {_DATA}", "--data", 1))
