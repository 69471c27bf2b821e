"""Networks in a folder: of `sweeper train --out`, of a trial, or one of the checkpoints."""

from __future__ import annotations

import re
from pathlib import Path

from sweeper.engine.loading import load_trainable, user_import_paths
from sweeper.errors import UserError
from sweeper.networks.network import Network, pick_checkpoint
from sweeper.networks.sweeps import find_in_sweep
from sweeper.paths import Home, SweepPaths, TrialPaths
from sweeper.spec import read_training

__all__ = ["find_in_folder"]

_EPOCH = re.compile(r"epoch-(\d+)")
_MAX_LEVELS = 3  # TRIAL/checkpoints/epoch-00012/state


def find_in_folder(folder: str, *, epoch: int | None, verb: str) -> Network:
    """Finds the network in a folder.

    A trial's folder in its sweep is that trial; anywhere else, as a copy or from `sweeper train`,
    it is a network that was trained alone, of which the newest checkpoint is the best.

    Args:
        folder: With `config.yaml` and `checkpoints/`, or a checkpoint in there; as it was typed.
        epoch: Of the checkpoint; None: the folder's own, or the best that is whole.
        verb: The command that wants it, for messages: `evaluate`.

    Raises:
        UserError: There is no such folder, or no network in it.
    """
    place = Path(folder).expanduser().resolve()
    if not place.is_dir():
        raise UserError(f"there is no folder {folder}")
    if SweepPaths(place).journal.is_file():
        home = Home(place.parent).option
        raise UserError(
            f"{folder} is a sweep, not a network of it",
            hint=f"sweeper {verb} {place.name}{home}, or the folder of a trial: {folder}/trials/0",
        )
    root = _root(folder, place)
    epoch = _epoch(folder, root, place, epoch)
    sweep = SweepPaths(root.parent.parent)
    if root.parent.name == "trials" and root.name.isdecimal() and sweep.journal.is_file():
        home_folder = Home(sweep.root.parent)
        return find_in_sweep(home_folder, sweep.name, int(root.name), epoch=epoch, verb=verb)
    paths = TrialPaths(root)
    trainable = read_training(paths.config).trainable
    checkpoint, notes = pick_checkpoint(folder, paths, epoch, None)
    return Network(
        title=folder,
        folder=paths,
        checkpoint=checkpoint,
        trainable=trainable,
        kind=load_trainable(trainable, user_import_paths()),
        sweep=None,
        trial=None,
        notes=notes,
    )


def _root(folder: str, place: Path) -> Path:
    for root in (place, *place.parents[:_MAX_LEVELS]):
        paths = TrialPaths(root)
        if paths.config.is_file() and paths.checkpoints.is_dir():
            return root
    lacking = [
        name
        for name, there in (
            ("config.yaml", TrialPaths(place).config.is_file()),
            ("checkpoints/", TrialPaths(place).checkpoints.is_dir()),
        )
        if not there
    ]
    raise UserError(
        f"there is no network in {folder}: it has no {' and no '.join(lacking)}",
        hint="name what `sweeper train --out` wrote, HOME/NAME/trials/N, or a checkpoint in there",
    )


def _epoch(folder: str, root: Path, place: Path, epoch: int | None) -> int | None:
    """The epoch that the folder's name says, or that was asked for."""
    parts = place.relative_to(root).parts
    named = [int(found[1]) for part in parts if (found := _EPOCH.fullmatch(part))]
    if not named:
        return epoch
    if epoch is not None and epoch != named[0]:
        raise UserError(f"--epoch {epoch}: {folder} is the checkpoint of epoch {named[0]}")
    return named[0]
