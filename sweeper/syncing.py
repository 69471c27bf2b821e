"""Sends to MLflow what it lacks of a sweep that nobody runs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sweeper.errors import BackendError, UserError
from sweeper.paths import Home, SweepPaths
from sweeper.process import log_to
from sweeper.study.budget import read_budget
from sweeper.study.lock import drive
from sweeper.study.records import SweepRecord, read_record
from sweeper.study.store import drop_torn_line, open_spec, open_study
from sweeper.tracking.address import resolve_address
from sweeper.tracking.mirror import Delivery, Mirror, Patience
from sweeper.tracking.spool import spools

__all__ = ["SyncWatcher", "Synced", "sync"]

_PATIENCE = Patience(quiet_s=6, busy_s=40, total_s=math.inf)


class SyncWatcher(Protocol):
    """Shows a person what happens; never raises. `note` is called from any thread."""

    def note(self, text: str) -> None:
        """Something worth a line of its own."""

    def advance(self, sent: int, total: int) -> None:
        """So many of so many reports have been sent; called a few times a second."""


class _SilentWatcher:
    def note(self, text: str) -> None:
        """Nothing."""

    def advance(self, sent: int, total: int) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """What MLflow holds now.

    Attributes:
        record: The study; MLflow says the same.
        uri: Where MLflow is.
        num_sent: Reports that were sent now.
    """

    record: SweepRecord
    uri: str
    num_sent: int


def sync(
    name: str,
    *,
    home: Path | str | None = None,
    rebuild: bool = False,
    tracking_uri: str | None = None,
    watcher: SyncWatcher | None = None,
) -> Synced:
    """Sends what MLflow lacks, and sets right what a killed driver left.

    Args:
        name: Of the sweep.
        home: Where sweeps live; None: `SWEEPER_HOME` or `./sweeps`.
        rebuild: Send everything from the beginning, whatever was sent; what is there stays.
        tracking_uri: Another MLflow server than before, from now on; None: as before.
        watcher: Shows progress.

    Raises:
        UserError: No such sweep, or another process works on it.
        BackendError: MLflow does not answer, or does not take something.
    """
    watcher = watcher or _SilentWatcher()
    place = Home.at(home)
    resolve_address(place, tracking_uri)
    open_study(place, name)  # a sweep that is not there has no lock either
    paths = place.sweep(name)
    with drive(paths, task="synced"), log_to(paths.log):
        drop_torn_line(paths.journal)
        study, spec = open_study(place, name), open_spec(paths)
        if rebuild:
            _forget(paths)
        mirror = Mirror.of(paths, spec, study, watcher.note, tracking_uri=tracking_uri)
        record = read_record(study)
        is_finished = record.num_ended >= read_budget(study, spec).trials
        total = mirror.start(record, is_running=False, thorough=rebuild)
        delivery = _deliver(mirror, record, watcher, is_finished=is_finished, total=total)
        if not delivery.is_complete:
            raise _failure(name, place, mirror.uri, delivery)
        if tracking_uri is not None:
            study.set_user_attr("tracking_uri", tracking_uri)
    return Synced(record=record, uri=mirror.uri, num_sent=delivery.num_sent)


def _deliver(
    mirror: Mirror, record: SweepRecord, watcher: SyncWatcher, *, is_finished: bool, total: int
) -> Delivery:
    watcher.advance(0, total)
    return mirror.close(
        record,
        is_finished=is_finished,
        patience=_PATIENCE,
        on_wait=lambda: watcher.advance(mirror.num_sent, total),
    )


def _forget(paths: SweepPaths) -> None:
    try:
        for _, spool in spools(paths):
            spool.forget_mark()
    except OSError as error:
        raise UserError(f"can't write to {paths.root}: {error.strerror}") from error


def _failure(name: str, home: Home, uri: str, delivery: Delivery) -> BackendError:
    why = f" ({delivery.trouble})" if delivery.trouble else ""
    return BackendError(
        f"MLflow at {uri} did not take everything{why}: {delivery.num_sent} reports were sent, "
        f"{delivery.num_waiting} wait on disk; nothing is lost",
        hint=f"when it answers again: sweeper sync {name}{home.option}   "
        "or send all to another one: --tracking-uri URI",
    )
