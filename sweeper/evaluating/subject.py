"""Which network is scored, on which images, and how its outputs are decoded."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, assert_never

from sweeper.errors import UserError
from sweeper.networks import Network, find_in_folder, find_in_sweep, read_settings
from sweeper.paths import Home
from sweeper.protocol import BaseTrainable
from sweeper.spec import TrainingFile
from sweeper.study.amendments import Amendment

__all__ = ["DecodingUsed", "Origin", "Subject", "Wish", "find_subject"]

Origin = Literal["chosen", "amended", "default"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for.

    Attributes:
        target: Name of a sweep, or a folder with a network.
        trial: Number; None: the best of the sweep.
        epoch: Of the checkpoint; None: the best that is whole.
        data: A folder that is scored in place of the trial's own images; None: those.
        splits: Of the trial's own images.
        overrides: `KEY=VALUE` inside the trial's `config.yaml`.
        decoding: Where the decoding comes from; None: the newest amendment of that epoch, else
            what the trial itself chose, else the configuration.
        num_worst: Pictures of so many worst images of each split.
        out: A new folder for the files; None: the next number below the trial's `evaluate/`.
    """

    target: str
    trial: int | None = None
    epoch: int | None = None
    data: Path | None = None
    splits: Sequence[str] = ("train", "val")
    overrides: Sequence[str] = ()
    decoding: Origin | None = None
    num_worst: int = 6
    out: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodingUsed:
    """How outputs become instances.

    Attributes:
        origin: Where this comes from.
        words: The same in a sentence.
        settings: By dotted path of the configuration; empty: all as the configuration says.
        overrides: `KEY=VALUE` that the settings were chosen under.
    """

    origin: Origin
    words: str
    settings: Mapping[str, Any]
    overrides: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A trained network and how it is scored.

    Attributes:
        network: That was found.
        training: Its configuration, with the decoding and the overrides.
        decoding: What the outputs are decoded with, unless an override says otherwise.
    """

    network: Network
    training: TrainingFile
    decoding: DecodingUsed


def find_subject(home: Home, wish: Wish) -> Subject:
    """Finds what is asked for; nothing is written.

    Raises:
        UserError: There is no such sweep, trial or folder, it has no network, or the settings are
            wrong.
        BackendError: The study can't be read.
    """
    network = _find_network(home, wish)
    if network.kind.score_network is BaseTrainable.score_network:
        raise UserError(
            f"{network.trainable} scores no networks",
            hint="a trainable that does has a method score_network, see sweeper.protocol",
        )
    decoding = _find_decoding(network, wish)
    training = read_settings(
        network.folder.config,
        network.kind,
        data=wish.data,
        overrides=[*decoding.overrides, *wish.overrides],
        chosen=decoding.settings,
    )
    return Subject(network=network, training=training, decoding=decoding)


def _find_network(home: Home, wish: Wish) -> Network:
    target = wish.target
    is_path = os.sep in target or target.startswith((".", "~"))
    is_sweep = not is_path and home.sweep(target).journal.is_file()
    if not is_sweep and (is_path or Path(target).is_dir()):
        if wish.trial is not None:
            raise UserError(
                f"{target} is a folder, which has no trial {wish.trial}",
                hint="name a sweep and a trial, or the folder alone",
            )
        return find_in_folder(target, epoch=wish.epoch, verb="evaluate")
    return find_in_sweep(home, target, wish.trial, epoch=wish.epoch, verb="evaluate")


def _find_decoding(network: Network, wish: Wish) -> DecodingUsed:
    checkpoint, amendment = network.checkpoint, _newest_amendment(network)
    origin = wish.decoding
    if origin is None:
        origin = "amended" if amendment else "chosen" if checkpoint.chosen else "default"
    match origin:
        case "amended":
            if amendment is None:
                reason = f"{network.title} has no amendment of epoch {checkpoint.epoch}"
                raise UserError(
                    reason, hint="sweeper decode --write-back makes one; or --decoding chosen"
                )
            return _amended(amendment)
        case "chosen":
            if not checkpoint.chosen:
                reason = f"{network.title} had chosen no decoding by epoch {checkpoint.epoch}"
                raise UserError(reason, hint="--decoding default takes the configuration's own")
            words = f"chosen by the trial itself at epoch {checkpoint.epoch}"
            return DecodingUsed(origin=origin, words=words, settings=dict(checkpoint.chosen))
        case "default":
            words = "as the configuration says; nothing was chosen"
            if checkpoint.chosen:
                words = "the default of the configuration, not what the trial chose"
            return DecodingUsed(origin=origin, words=words, settings={})
        case _:
            assert_never(origin)


def _newest_amendment(network: Network) -> Amendment | None:
    """Of this checkpoint: thresholds of another epoch are those of another network."""
    amendments = network.trial.amendments if network.trial is not None else ()
    ours = [one for one in amendments if one.epoch == network.checkpoint.epoch]
    return ours[-1] if ours else None


def _amended(amendment: Amendment) -> DecodingUsed:
    about_data = ("--data", "data.", "data=", "config.data.", "config.data=")
    return DecodingUsed(
        origin="amended",
        words=f"amendment {amendment.index}, found by {amendment.criterion} over "
        f"{amendment.num_images} images",
        settings=dict(amendment.settings),
        overrides=[each for each in amendment.overrides if not each.startswith(about_data)],
    )
