"""A sweep goes on with another spec: taken over as a whole, whenever the driver dies.

The study hears of a change first, in one line of its journal that holds all that is to be done:
that line is the decision. What follows can be done any number of times, and the next driver does
it again if this one could not finish. Before that line the sweep is as it was.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from sweeper.errors import BackendError
from sweeper.parameters.values import same_value
from sweeper.paths import SweepPaths
from sweeper.space import enqueue_values
from sweeper.spec import SweepSpec, dump_spec, read_spec, spec_hash
from sweeper.study.history import GIVEN
from sweeper.study.judging import judge_again

__all__ = ["extend_sweep", "finish_extension", "is_extending"]

_DECIDED = "changes"
_DONE = "changes_done"


def extend_sweep(
    paths: SweepPaths,
    study: optuna.Study,
    *,
    before: SweepSpec,
    after: SweepSpec,
    words: Sequence[str],
    attrs: Mapping[str, Any],
) -> None:
    """Lets a sweep go on with another spec.

    Args:
        paths: The sweep's folder.
        study: Of the sweep; this process must hold its lock.
        before: What the sweep runs with.
        after: What it shall run with.
        words: What changes, a sentence each.
        attrs: Facts about the sweep that change with it.

    Raises:
        BackendError: The folder can't be written; the next driver finishes the work.
    """
    budget: dict[str, Any] = {}
    if before.budget.trials != after.budget.trials:
        budget["trials"] = after.budget.trials
    if before.budget.hours != after.budget.hours:
        budget["hours"] = after.budget.hours
    decision = {
        "at": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "words": list(words),
        "spec": dump_spec(after),
        "spec_hash": spec_hash(after),
        "attrs": {**attrs, **budget},
    }
    study.set_user_attr(_DECIDED, [*study.user_attrs.get(_DECIDED, []), decision])
    finish_extension(paths, study)


def is_extending(study: optuna.Study) -> bool:
    """Whether a change is decided that was not carried out to its end."""
    attrs = study.user_attrs
    return bool(attrs.get(_DONE, 0) != len(attrs.get(_DECIDED, [])))


def finish_extension(paths: SweepPaths, study: optuna.Study) -> bool:
    """Does what a decided change still lacks; only the holder of the lock may.

    Returns:
        Whether there was anything to do.

    Raises:
        BackendError: The folder can't be written.
    """
    if not is_extending(study):
        return False
    decided = study.user_attrs[_DECIDED]
    number, decision = len(decided), decided[-1]
    try:
        if not paths.spec_before(number).exists():
            _replace(paths.spec_before(number), paths.spec.read_bytes())
        _replace(paths.spec, decision["spec"].encode("utf-8"))
        spec = read_spec(paths.spec).spec
    except OSError as error:
        raise BackendError(
            f"can't write to {paths.root}: {error.strerror}",
            hint="the change is noted; the next `sweeper resume` finishes it",
        ) from error
    for key, value in decision["attrs"].items():
        study.set_user_attr(key, value)
    facts = study.user_attrs.get("facts", {})
    study.set_user_attr("facts", {**facts, f"spec_hash.{number}": decision["spec_hash"]})
    _queue(study, enqueue_values(spec))
    judge_again(study, spec)
    study.set_user_attr(_DONE, number)
    return True


def _replace(path: Path, content: bytes) -> None:
    """Writes a file so that it holds all of the old content or all of the new."""
    draft = path.with_name(f"{path.name}.tmp")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _queue(study: optuna.Study, wanted: Sequence[Mapping[str, Any]]) -> None:
    """Lets trials wait for the sets that none has, in place of sets that are no longer wanted."""
    missing = list(wanted)
    idle: list[FrozenTrial] = []
    trials = [trial for trial in study.get_trials(deepcopy=False) if GIVEN in trial.system_attrs]
    for trial in sorted(trials, key=lambda trial: trial.state is TrialState.WAITING):
        index = _index(missing, trial.system_attrs[GIVEN])
        if index is not None:
            del missing[index]
        elif trial.state is TrialState.WAITING:
            idle.append(trial)
    for trial in idle:
        # Optuna can't take a trial back; without given values it is a proposal like any other.
        values = missing.pop(0) if missing else {}
        study._storage.set_trial_system_attr(trial._trial_id, GIVEN, dict(values))
    for values in missing:
        study.enqueue_trial(dict(values))


def _index(sets: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> int | None:
    return next((i for i, other in enumerate(sets) if same_value(dict(other), dict(values))), None)
