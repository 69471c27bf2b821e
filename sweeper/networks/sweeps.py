"""Networks of the trials of a sweep."""

from __future__ import annotations

from sweeper.engine.loading import load_trainable, user_import_paths
from sweeper.errors import UserError
from sweeper.networks.network import Network, pick_checkpoint
from sweeper.paths import Home, SweepPaths
from sweeper.study.checkpoints import Wanted
from sweeper.study.events import State
from sweeper.study.lock import is_driven
from sweeper.study.records import SweepRecord, TrialRecord, read_record
from sweeper.study.store import open_spec, open_study

__all__ = ["find_in_sweep"]


def find_in_sweep(
    home: Home, name: str, number: int | None, *, epoch: int | None, verb: str
) -> Network:
    """Finds the network of a trial.

    Args:
        home: Where the sweep is.
        name: Of the sweep.
        number: Of the trial; None: the best.
        epoch: Of the checkpoint; None: the best that is whole.
        verb: The command that wants it, for messages: `decode`.

    Raises:
        UserError: There is no such sweep or trial, or it has no network that stays.
        BackendError: The study can't be read.
    """
    study = open_study(home, name)
    sweep = home.sweep(name)
    spec, record = open_spec(sweep), read_record(study)
    trial = _pick(record, number, verb)
    _require_network(sweep, trial, verb)
    objective, paths = spec.objectives[0], sweep.trial(trial.number)
    checkpoint, notes = pick_checkpoint(
        f"trial #{trial.number}", paths, epoch, Wanted(objective.metric, objective.goal)
    )
    return Network(
        title=f"{name}, trial #{trial.number}",
        folder=paths,
        checkpoint=checkpoint,
        trainable=spec.trainable,
        kind=load_trainable(spec.trainable, user_import_paths()),
        sweep=sweep,
        trial=trial,
        notes=notes,
    )


def _pick(record: SweepRecord, number: int | None, verb: str) -> TrialRecord:
    if number is None:
        if record.best is None:
            raise UserError(
                f"no trial of '{record.name}' was completed, so none is the best",
                hint=f"name one: sweeper {verb} {record.name} 0",
            )
        return record.best
    if not 0 <= number < len(record.trials):
        last = len(record.trials) - 1
        there = f"it has #0 to #{last}" if record.trials else "it has none yet"
        raise UserError(f"sweep '{record.name}' has no trial #{number} ({there})")
    return record.trials[number]


def _require_network(sweep: SweepPaths, trial: TrialRecord, verb: str) -> None:
    """Refuses trials that have no network, or whose network may vanish meanwhile."""
    match trial.state:
        case State.QUEUED:
            raise UserError(f"trial #{trial.number} has not begun; it has no network yet")
        case State.PRUNED:
            raise UserError(
                f"trial #{trial.number} was pruned, and no checkpoint of a pruned trial is kept "
                f"({trial.reason})",
                hint=f"train it again: sweeper train {sweep.trial(trial.number).config}",
            )
        case State.RUNNING if is_driven(sweep):
            raise UserError(f"trial #{trial.number} is being trained; {verb} it when it has ended")
