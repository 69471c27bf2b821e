"""What `run` and `resume` do, from a space file to a finished study."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from sweeper.checking import Checked, alarms, check_space, inspect_data
from sweeper.comparing import note_on_changes, require_new
from sweeper.driving import Drive, Outcome, Result
from sweeper.engine.loading import load_trainable, user_import_paths
from sweeper.extending import require_old, take_over
from sweeper.paths import Home, SweepPaths
from sweeper.request import Request
from sweeper.space import enqueue_values
from sweeper.spec import SpecFile, SweepSpec, find_notes, spec_hash
from sweeper.study.budget import extend_budget, read_budget
from sweeper.study.found import found_words
from sweeper.study.lock import drive
from sweeper.study.records import read_record
from sweeper.study.store import create_sweep, open_spec, open_study
from sweeper.taking_up import Held, take_up
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
    extend: bool = False,
) -> Result:
    """Starts a new sweep and runs it to its end.

    Args:
        space: The space file.
        overrides: `key=value`, as with `--set`.
        home: Where sweeps live; None: `SWEEPER_HOME` or `./sweeps`.
        tracking_uri: An MLflow server; None: the store in `home`.
        watcher: Shows progress.
        extend: The sweep is there already; it takes over what has changed in the space file, and
            goes on as with `resume`.

    Raises:
        UserError: Something about the request is wrong; nothing was started or taken over.
        BackendError: Ray or the disk does not work; `resume` can go on.
    """
    watcher = watcher or SilentWatcher()
    place = Home.at(home)
    resolve_address(place, tracking_uri)
    request = Request.here(space, overrides)
    file = request.read()
    if extend:
        require_old(place, request, file)
        with take_up(place, file.spec.name, watcher) as held:
            take_over(held, request, file, watcher)
            return _go_on(held, tracking_uri, watcher)
    require_new(place, request, file)
    paths = _create(place, request, file, tracking_uri, watcher)
    with drive(paths) as driver:
        spec, study = open_spec(paths), open_study(place, paths.name)
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
    with take_up(place, name, watcher) as held:
        extend_budget(held.study, open_spec(held.paths), trials=trials, hours=hours)
        changed = note_on_changes(place, held.paths, held.study)
        if changed:
            watcher.note(changed)
        return _go_on(held, tracking_uri, watcher)


def _create(
    home: Home, request: Request, file: SpecFile, tracking_uri: str | None, watcher: Watcher
) -> SweepPaths:
    """Checks the space and prepares the data, then creates the sweep."""
    watcher.phase("preparing the data")
    checked = check_space(file, home)
    for line in (*find_notes(file.spec), *checked.data.lines):
        watcher.note(line)
    watcher.phase("looking at the data")
    for line in alarms(inspect_data(checked, home)):
        watcher.warn(line)
    return create_sweep(
        home,
        request.rooted(file.spec),
        start=enqueue_values(file.spec),
        attrs={
            "sweep_id": uuid.uuid4().hex,
            "tracking_uri": tracking_uri,
            "facts": _facts(file.spec, checked),
            **request.attrs(),
        },
    )


def _go_on(held: Held, tracking_uri: str | None, watcher: Watcher) -> Result:
    spec, study = open_spec(held.paths), held.study
    load_trainable(spec.trainable, user_import_paths())
    if tracking_uri is not None:
        study.set_user_attr("tracking_uri", tracking_uri)
    watcher.note(found_words(read_record(study), read_budget(study, spec).trials))
    return Drive(
        home=held.home,
        paths=held.paths,
        spec=spec,
        study=study,
        driver=held.driver,
        watcher=watcher,
    ).run()


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
