"""A trained network on disk, and which of its checkpoints is meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sweeper.engine.loading import TrainableClass
from sweeper.errors import UserError
from sweeper.paths import SweepPaths, TrialPaths
from sweeper.study.checkpoints import Checkpoint, Wanted, best_checkpoint, read_checkpoints
from sweeper.study.records import TrialRecord

__all__ = ["Network", "pick_checkpoint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A trained network.

    Attributes:
        title: What it is, for people: "hv, trial #3", or its folder.
        folder: Where its configuration and its checkpoints are.
        checkpoint: Whole.
        trainable: `package.module:Class`.
        kind: The same, loaded.
        sweep: Its sweep; None: it was trained alone.
        trial: As the study holds it; None: it was trained alone.
        notes: What a person should know, a sentence each.
    """

    title: str
    folder: TrialPaths
    checkpoint: Checkpoint
    trainable: str
    kind: TrainableClass
    sweep: SweepPaths | None
    trial: TrialRecord | None
    notes: Sequence[str]


def pick_checkpoint(
    owner: str, paths: TrialPaths, epoch: int | None, best_by: Wanted | None
) -> tuple[Checkpoint, list[str]]:
    """Picks one of the checkpoints in a folder.

    Args:
        owner: Whose they are, for messages: "trial #3".
        paths: Of the folder.
        epoch: That is wanted; None: the best that is whole.
        best_by: What makes one the best; None: the newest is taken for it.

    Returns:
        The checkpoint, and a sentence for each damaged one that was passed over.

    Raises:
        UserError: There is none, or none of that epoch.
    """
    found = list(read_checkpoints(paths.checkpoints))
    whole = {here.epoch: here for here in found if isinstance(here, Checkpoint)}
    damaged = [here for here in found if isinstance(here, str)]
    told = f" ({'; '.join(damaged)})" if damaged else ""
    if not whole:
        raise UserError(
            f"{owner} has no whole checkpoint{told}",
            hint=f"train it again: sweeper train {paths.config}",
        )
    if epoch is not None:
        if epoch not in whole:
            there = " and ".join(map(str, sorted(whole)))
            raise UserError(
                f"{owner} has no whole checkpoint of epoch {epoch}{told}",
                hint=f"it has one of epoch {there}",
            )
        return whole[epoch], []
    notes = [f"{sentence}; passed over" for sentence in damaged]
    if best_by is None:
        return whole[max(whole)], notes
    return best_checkpoint(list(whole.values()), best_by), notes
