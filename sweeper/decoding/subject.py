"""Which network is searched on, and with which settings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sweeper.engine.loading import TrainableClass, load_trainable, user_import_paths
from sweeper.errors import Problem, SpecError, SweepLockedError, UserError
from sweeper.paths import Home, SweepPaths
from sweeper.protocol import BaseTrainable
from sweeper.spec import SweepSpec, TrainingFile, read_training
from sweeper.study.checkpoints import Checkpoint, Wanted, best_checkpoint, read_checkpoints
from sweeper.study.events import State
from sweeper.study.lock import is_driven
from sweeper.study.records import SweepRecord, TrialRecord, read_record
from sweeper.study.store import open_spec, open_study

__all__ = ["Subject", "Wish", "find_subject"]

_DATA = "config.data"
_DECODE = "decode."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for.

    Attributes:
        trial: Number; None: the best of the sweep.
        epoch: Of the checkpoint; None: the best that is whole.
        data: A folder that is decoded in place of the trial's validation images; None: those.
        overrides: `KEY=VALUE` inside the trial's `config.yaml`.
        write_back: Whether the study keeps what was chosen, as an amendment.
    """

    trial: int | None = None
    epoch: int | None = None
    data: Path | None = None
    overrides: Sequence[str] = ()
    write_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A trained network and how it is to be decoded.

    Attributes:
        paths: Of the sweep.
        trial: As the study holds it.
        checkpoint: Whole.
        kind: The trainable.
        training: The trial's configuration with the overrides.
        notes: What a person should know, a sentence each.
    """

    paths: SweepPaths
    trial: TrialRecord
    checkpoint: Checkpoint
    kind: TrainableClass
    training: TrainingFile
    notes: Sequence[str]


def find_subject(home: Home, name: str, wish: Wish) -> Subject:
    """Finds what is asked for; nothing is written.

    Raises:
        UserError: There is no such sweep or trial, it has no network any more, or the settings are
            wrong.
        BackendError: The study can't be read.
    """
    study = open_study(home, name)
    paths = home.sweep(name)
    spec, record = open_spec(paths), read_record(study)
    trial = _pick(record, wish.trial)
    _require_network(paths, trial, wish)
    checkpoint, notes = _find_checkpoint(paths, spec, trial, wish.epoch)
    kind = load_trainable(spec.trainable, user_import_paths())
    if kind.search_decodings is BaseTrainable.search_decodings:
        raise UserError(
            f"{spec.trainable} searches no decodings",
            hint="a trainable that does has a method search_decodings, see sweeper.protocol",
        )
    return Subject(
        paths=paths,
        trial=trial,
        checkpoint=checkpoint,
        kind=kind,
        training=_read_settings(paths.trial(trial.number).config, kind, wish),
        notes=notes,
    )


def _pick(record: SweepRecord, number: int | None) -> TrialRecord:
    if number is None:
        if record.best is None:
            raise UserError(
                f"no trial of '{record.name}' was completed, so none is the best",
                hint=f"name one: sweeper decode {record.name} 0",
            )
        return record.best
    if not 0 <= number < len(record.trials):
        last = len(record.trials) - 1
        there = f"it has #0 to #{last}" if record.trials else "it has none yet"
        raise UserError(f"sweep '{record.name}' has no trial #{number} ({there})")
    return record.trials[number]


def _require_network(paths: SweepPaths, trial: TrialRecord, wish: Wish) -> None:
    """Refuses trials that have no network, or whose network may vanish meanwhile."""
    driven = is_driven(paths)
    match trial.state:
        case State.QUEUED:
            raise UserError(f"trial #{trial.number} has not begun; it has no network yet")
        case State.PRUNED:
            raise UserError(
                f"trial #{trial.number} was pruned, and no checkpoint of a pruned trial is kept "
                f"({trial.reason})",
                hint=f"train it again: sweeper train {paths.trial(trial.number).config}",
            )
        case State.RUNNING if driven:
            raise UserError(f"trial #{trial.number} is being trained; decode it when it has ended")
        case State.RUNNING if wish.write_back:
            raise UserError(f"trial #{trial.number} has not ended; only one that has is amended")
    if driven and wish.write_back:
        raise SweepLockedError(
            f"a driver holds sweep '{paths.name}': its study can't be amended now",
            hint="without --write-back it works now; or wait until the sweep has ended",
        )


def _find_checkpoint(
    paths: SweepPaths, spec: SweepSpec, trial: TrialRecord, epoch: int | None
) -> tuple[Checkpoint, list[str]]:
    folder = paths.trial(trial.number).checkpoints
    found = list(read_checkpoints(folder))
    whole = {here.epoch: here for here in found if isinstance(here, Checkpoint)}
    damaged = [here for here in found if isinstance(here, str)]
    told = f" ({'; '.join(damaged)})" if damaged else ""
    if not whole:
        raise UserError(
            f"trial #{trial.number} has no whole checkpoint{told}",
            hint=f"train it again: sweeper train {paths.trial(trial.number).config}",
        )
    if epoch is not None:
        if epoch not in whole:
            there = " and ".join(map(str, sorted(whole)))
            raise UserError(
                f"trial #{trial.number} has no whole checkpoint of epoch {epoch}{told}",
                hint=f"it has one of epoch {there}",
            )
        return whole[epoch], []
    objective = spec.objectives[0]
    best = best_checkpoint(list(whole.values()), Wanted(objective.metric, objective.goal))
    return best, [f"{sentence}; passed over" for sentence in damaged]


def _data_override(kind: TrainableClass, folder: Path | None) -> list[str]:
    """The data section as an override: it then obeys `--set data.KEY` like any other."""
    if folder is None:
        return []
    section = kind.scored_data(folder.expanduser().absolute())
    return [f"{_DATA}={json.dumps(dict(section))}"]


def _read_settings(config: Path, kind: TrainableClass, wish: Wish) -> TrainingFile:
    overrides = [*_data_override(kind, wish.data), *map(_spelt_out, wish.overrides)]
    try:
        training = read_training(config, overrides)
        mistakes = kind.check_config(training.config)
        if mistakes:
            raise SpecError(
                [
                    Problem(where=training.locate(found.where), reason=found.reason)
                    for found in mistakes
                ]
            )
    except SpecError as error:
        if wish.data is None:
            raise
        raise SpecError([_as_typed(problem) for problem in error.problems]) from error
    return training


def _spelt_out(override: str) -> str:
    """Settings of the decoding may be new to the file; the trainable knows their names."""
    return f"config.{override}" if override.startswith(_DECODE) else override


def _as_typed(problem: Problem) -> Problem:
    return replace(problem, where=problem.where.replace(f"--set {_DATA}", "--data", 1))
