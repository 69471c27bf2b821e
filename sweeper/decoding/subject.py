"""Which network is searched on, and with which settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sweeper.engine.loading import TrainableClass
from sweeper.errors import SweepLockedError, UserError
from sweeper.networks import find_in_sweep, read_settings
from sweeper.paths import Home, SweepPaths
from sweeper.protocol import BaseTrainable
from sweeper.spec import TrainingFile
from sweeper.study.checkpoints import Checkpoint
from sweeper.study.events import State
from sweeper.study.lock import is_driven
from sweeper.study.records import TrialRecord

__all__ = ["Subject", "Wish", "find_subject"]


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
    network = find_in_sweep(home, name, wish.trial, epoch=wish.epoch, verb="decode")
    paths, trial = home.sweep(name), network.trial
    assert trial is not None  # it is of a sweep
    if wish.write_back:
        _require_amendable(paths, trial)
    if network.kind.search_decodings is BaseTrainable.search_decodings:
        raise UserError(
            f"{network.trainable} searches no decodings",
            hint="a trainable that does has a method search_decodings, see sweeper.protocol",
        )
    training = read_settings(
        network.folder.config, network.kind, data=wish.data, overrides=wish.overrides
    )
    return Subject(
        paths=paths,
        trial=trial,
        checkpoint=network.checkpoint,
        kind=network.kind,
        training=training,
        notes=network.notes,
    )


def _require_amendable(paths: SweepPaths, trial: TrialRecord) -> None:
    if trial.state is State.RUNNING:
        raise UserError(f"trial #{trial.number} has not ended; only one that has is amended")
    if is_driven(paths):
        raise SweepLockedError(
            f"a driver holds sweep '{paths.name}': its study can't be amended now",
            hint="without --write-back it works now; or wait until the sweep has ended",
        )
