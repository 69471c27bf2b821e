"""One search from the request to the files and, if asked for, the amendment."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sweeper.decoding.subject import Subject, Wish, find_subject
from sweeper.decoding.writing import write_search
from sweeper.engine.resources import count_gpus, require_device
from sweeper.engine.revisiting import search_again
from sweeper.errors import BackendError, SweepLockedError
from sweeper.paths import Home
from sweeper.protocol import DataSummary, DecodingTable, TrialContext
from sweeper.study.amendments import Amendment, add_amendment
from sweeper.study.lock import drive
from sweeper.study.store import drop_torn_line, open_study
from sweeper.tracking.refilling import tell_amendment
from sweeper.tracking.spool import Spool

__all__ = ["Decoded", "DecodingWatcher", "decode"]


class DecodingWatcher(Protocol):
    """Shows a person what happens; never raises."""

    def note(self, text: str) -> None:
        """Something worth a line of its own."""

    def begin(self, subject: Subject, data: DataSummary) -> None:
        """The data is ready; the network is loaded now."""

    def advance(self, done: int, planned: int) -> None:
        """So many of so many decodings were tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What a search found.

    Attributes:
        subject: What was searched on.
        table: Every decoding that was tried.
        folder: Where the files are.
        amendment: What the study keeps; None: nothing was asked for.
    """

    subject: Subject
    table: DecodingTable
    folder: Path
    amendment: Amendment | None


def decode(
    name: str,
    wish: Wish,
    *,
    home: Path | str | None = None,
    device: str | None = None,
    threads: int = 1,
    watcher: DecodingWatcher,
) -> Decoded:
    """Searches decodings on a trial's network, and writes down what was found.

    Args:
        name: Of the sweep.
        wish: What is asked for.
        home: Where sweeps live; None: `SWEEPER_HOME` or `./sweeps`.
        device: `cpu` or `cuda`; None: a GPU if there is one.
        threads: CPU threads.
        watcher: Shows progress.

    Raises:
        UserError: The request can't be carried out; nothing was written.
        TrialError: The training code broke.
        BackendError: The disk is full, or the study can't be written.
    """
    place = Home.at(home)
    subject = find_subject(place, name, wish)
    if device is not None:
        require_device(device)
    for sentence in subject.notes:
        watcher.note(sentence)
    place.make()
    data = subject.kind.prepare(subject.training.config, place.cache)
    watcher.begin(subject, data)
    table = _search(place, subject, device, threads, watcher)
    try:
        folder = write_search(subject, wish, data, table)
    except OSError as error:
        raise BackendError(
            f"can't write to {error.filename or subject.paths.root}: {error.strerror}"
        ) from error
    found = Decoded(subject=subject, table=table, folder=folder, amendment=None)
    return _amend(place, found, wish, data) if wish.write_back else found


def _search(
    home: Home, subject: Subject, device: str | None, threads: int, watcher: DecodingWatcher
) -> DecodingTable:
    with tempfile.TemporaryDirectory(prefix="sweeper-decode-") as spare:
        context = TrialContext(
            seed=subject.training.seed,
            number=subject.trial.number,
            workdir=Path(spare),
            artifacts_dir=Path(spare),
            cache_dir=home.cache,
            device=device or ("cuda" if count_gpus() else "cpu"),
            cpu_threads=threads,
        )
        config, state = subject.training.config, subject.checkpoint.state
        return search_again(subject.kind, config, context, state, watcher.advance)


def _amend(home: Home, found: Decoded, wish: Wish, data: DataSummary) -> Decoded:
    """Writes the amendment; the sweep is held for this moment only."""
    paths, table = found.subject.paths, found.table
    scores: Mapping[str, Mapping[str, float]] = {
        "default": dict(table.default),
        "honest": dict(table.honest),
        "optimistic": dict(table.optimistic),
    }
    given = [] if wish.data is None else [f"--data {wish.data.expanduser().absolute()}"]
    try:
        with drive(paths, task="amended"):
            drop_torn_line(paths.journal)
            amendment = add_amendment(
                open_study(home, paths.name),
                found.subject.trial.number,
                epoch=found.subject.checkpoint.epoch,
                settings=dict(table.tried[table.chosen].settings),
                scores=scores,
                choose_by=table.choose_by,
                criterion=table.criterion,
                goal=table.goal,
                num_images=table.num_images,
                fingerprint=data.fingerprint,
                overrides=(*given, *wish.overrides),
                folder=found.folder.relative_to(paths.root).as_posix(),
            )
            with suppress(OSError):  # then `sync` finds it in the study
                tell_amendment(Spool(paths.trial(amendment.trial).spool), amendment)
    except SweepLockedError as error:
        raise SweepLockedError(
            f"{error.message}: the search is whole in {found.folder}, but no amendment was written",
            hint="try again when that process has ended",
        ) from error
    return Decoded(subject=found.subject, table=table, folder=found.folder, amendment=amendment)
