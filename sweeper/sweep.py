"""What `run` and `resume` do, from a space file to a finished study."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from sweeper.checking import Checked, check_space
from sweeper.driving import Drive, Outcome, Result
from sweeper.engine.loading import load_trainable, user_import_paths
from sweeper.paths import Home
from sweeper.space import enqueue_values
from sweeper.spec import SweepSpec, find_notes, read_spec, spec_hash
from sweeper.study.budget import extend_budget, read_budget
from sweeper.study.events import State
from sweeper.study.lock import drive
from sweeper.study.records import SweepRecord, read_record
from sweeper.study.store import create_sweep, drop_torn_line, open_spec, open_study, require_free
from sweeper.tracking.address import resolve_address
from sweeper.watching import SilentWatcher, Watcher

__all__ = ["Outcome", "Result", "Watcher", "resume", "run"]

_PACKAGES = ("sweeper", "torch", "ray", "optuna", "mlflow", "monai")


def run(
    space: Path | str,
    *,
    overrides: Sequence[str] = (),
    home: Path | str | None = None,
    tracking_uri: str | None = None,
    watcher: Watcher | None = None,
) -> Result:
    """Starts a new sweep and runs it to its end.

    Args:
        space: The space file.
        overrides: `key=value`, as with `--set`.
        home: Where sweeps live; None: `SWEEPER_HOME` or `./sweeps`.
        tracking_uri: An MLflow server; None: the store in `home`.
        watcher: Shows progress.

    Raises:
        UserError: Something about the request is wrong; nothing was started.
        BackendError: Ray or the disk does not work; `resume` can go on.
    """
    watcher = watcher or SilentWatcher()
    place = Home.at(home)
    resolve_address(place, tracking_uri)
    file = read_spec(Path(space), overrides)
    require_free(place, file.spec.name)
    watcher.phase("preparing the data")
    checked = check_space(file, place)
    for line in (*find_notes(file.spec), *checked.data.lines):
        watcher.note(line)
    spec = _rooted(file.spec)
    paths = create_sweep(
        place,
        spec,
        start=enqueue_values(file.spec),
        attrs={
            "sweep_id": uuid.uuid4().hex,
            "tracking_uri": tracking_uri,
            "facts": _facts(file.spec, checked),
        },
    )
    with drive(paths) as driver:
        study = open_study(place, paths.name)
        return Drive(
            home=place, paths=paths, spec=spec, study=study, driver=driver, watcher=watcher
        ).run()


def resume(
    name: str,
    *,
    home: Path | str | None = None,
    trials: str | None = None,
    hours: float | None = None,
    tracking_uri: str | None = None,
    watcher: Watcher | None = None,
) -> Result:
    """Goes on with a sweep: interrupted trials from their checkpoints, then the rest of the budget.

    Args:
        name: Of the sweep.
        home: See `run`.
        trials: New budget of trials: `+20` (more than now) or `40` (in all).
        hours: Hours to add to the budget of time.
        tracking_uri: Another MLflow server than before, from now on; None: as before.
        watcher: Shows progress.

    Raises:
        UserError: No such sweep, or another driver runs it.
        BackendError: Ray or the disk does not work.
    """
    watcher = watcher or SilentWatcher()
    place = Home.at(home)
    resolve_address(place, tracking_uri)
    open_study(place, name)  # a sweep that is not there has no lock either
    paths = place.sweep(name)
    with drive(paths) as driver:
        drop_torn_line(paths.journal)
        study = open_study(place, name)
        spec = open_spec(paths)
        load_trainable(spec.trainable, user_import_paths())
        extend_budget(study, spec, trials=trials, hours=hours)
        if tracking_uri is not None:
            study.set_user_attr("tracking_uri", tracking_uri)
        watcher.note(_what_is_there(read_record(study), read_budget(study, spec).trials))
        return Drive(
            home=place, paths=paths, spec=spec, study=study, driver=driver, watcher=watcher
        ).run()


def _rooted(spec: SweepSpec) -> SweepSpec:
    """The spec with `data.path` made absolute: workers and `resume` may start elsewhere."""
    path = spec.data.get("path")
    if not isinstance(path, str):
        return spec
    return spec.model_copy(update={"data": {**spec.data, "path": str(Path(path).resolve())}})


def _facts(spec: SweepSpec, checked: Checked) -> dict[str, Any]:
    versions = {f"version.{name}": metadata.version(name) for name in _PACKAGES}
    return {
        "sweep": spec.name,
        "spec_hash": spec_hash(spec),
        "trainable": spec.trainable,
        "data_fingerprint": checked.data.fingerprint,
        "started": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        **versions,
    }


def _what_is_there(record: SweepRecord, max_trials: int) -> str:
    running = [trial for trial in record.trials if trial.state is State.RUNNING]
    begun = sum(trial.state is not State.QUEUED for trial in record.trials)
    found = f"found {begun - len(running)} trials finished"
    if running:
        where = ", ".join(f"#{trial.number} at epoch {trial.epoch}" for trial in running)
        found += f", {len(running)} interrupted ({where})"
    return f"{found}, {max(0, max_trials - begun)} to go"
