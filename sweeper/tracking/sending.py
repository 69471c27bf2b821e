"""What is done with MLflow, step by step; each step may be repeated after any failure."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sweeper.errors import BackendError
from sweeper.tracking.address import Address
from sweeper.tracking.identity import SweepIdentity
from sweeper.tracking.parcels import Parcel
from sweeper.tracking.spool import Spool

if TYPE_CHECKING:
    from sweeper.tracking.runs import FoundRun, Listing, RunBook

__all__ = ["Ending", "Sender"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How the sweep's own run is left.

    Attributes:
        status: MLflow's.
        state: For the tag `sweeper.state`.
        metrics: Numbers about the sweep.
        at: Step of the numbers.
        at_ms: Their time and the run's end, milliseconds since 1970 (UTC); 0: unknown.
        files: To be kept with the run.
        tags: Words about the sweep.
    """

    status: str
    state: str
    metrics: Mapping[str, float]
    at: int
    at_ms: int
    files: Sequence[Path]
    tags: Mapping[str, str] = field(default_factory=dict)


class Sender:
    """The sending of one sweep to one store.

    Args:
        address: Where MLflow is.
        identity: What the sweep's runs have in common.
        files_of: The artifacts of a trial, each with its folder in MLflow.
        on_progress: Called whenever MLflow has taken something new.
        on_refused: Told of each thing that MLflow calls wrong.
    """

    def __init__(
        self,
        address: Address,
        identity: SweepIdentity,
        files_of: Callable[[int], Sequence[tuple[Path, str | None]]],
        on_progress: Callable[[], None],
        on_refused: Callable[[str], None],
    ) -> None:
        self._address = address
        self._identity = identity
        self._files_of = files_of
        self._on_progress = on_progress
        self._on_refused = on_refused
        self._book: RunBook | None = None
        self._parent = ""
        self._parcels: dict[int, Parcel] = {}
        self._arrived = 0
        self._is_abandoned = False

    @property
    def uri(self) -> str:
        """Where MLflow is."""
        return self._address.uri

    def reopen(self) -> None:
        """Forgets what is known about the store; it may be another one now."""
        self._book = None

    def abandon(self) -> None:
        """Nobody waits any more: a step that is under way ends after the request it is in."""
        self._is_abandoned = True

    def check(self, spools: Mapping[int, Spool]) -> list[int]:
        """Compares what MLflow holds with what it has acknowledged, and leaves one run each.

        Of several runs of one trial the oldest stays. They come about when the answer to a request
        is lost, and the request is carried out late. A run with epochs that the study does not
        hold, as after the study was restored from a copy, is made anew: the trial will report them
        once more.

        Returns:
            The trials of which MLflow holds less; all that they have will be sent again.
        """
        book = self._open()
        listing = book.list_runs()
        self._arrive(2)
        self._parent = listing.parents[0].run_id if listing.parents else book.create_parent()
        self._arrive(3)
        self._merge(book, listing)
        held = {number: runs[0] for number, runs in listing.trials.items()}
        behind = []
        for number, spool in spools.items():
            parcel, run = self._parcel(number, spool), held.get(number)
            if run is not None and _knows_more(run, parcel):
                logger.warning("MLflow held epochs that the study lacks; deleting %s", run.run_id)
                book.delete(run.run_id)
                run = None
            if self._is_behind(parcel, run):
                behind.append(number)
        return behind

    def begin(self) -> None:
        """Says that the sweep goes on."""
        book = self._open()
        book.tag(self._parent, {"sweeper.state": "running"})
        book.set_status(self._parent, "RUNNING")

    def send(self, number: int, spool: Spool) -> int:
        """Sends what comes next of a trial.

        Returns:
            The number of lines; 0 if there was nothing to send.
        """
        book, parcel = self._open(), self._parcel(number, spool)
        bundle = parcel.next()
        if bundle is None:
            return 0
        before, status = parcel.sent, parcel.status
        if not parcel.run_id:
            status = "RUNNING"
            parcel.run_id = book.create_trial(
                self._parent, number, bundle.params, bundle.started_ms
            )
            self._reach(parcel, 1)
        for refusal in book.log(
            parcel.run_id, params=bundle.params, epochs=bundle.epochs, tags=bundle.tags
        ):
            self._on_refused(f"trial {number}: {refusal}")
            if refusal.kind in {"param", "runtag"}:
                parcel.refused |= {refusal.key}
        self._reach(parcel, 2)
        if bundle.status and not bundle.status == status == "RUNNING":
            book.set_status(parcel.run_id, bundle.status, bundle.at_ms)
            self._reach(parcel, 3)
        if bundle.has_ended:
            self._send_files(book, parcel)
        try:
            parcel.advance(bundle)
        except OSError as error:
            logger.warning("trial %d: what was sent can't be noted: %s", number, error)
        return parcel.sent - before

    def close(self, ending: Ending) -> None:
        """Leaves the sweep's own run as it is to be."""
        book = self._open()
        book.summarise(self._parent, ending.metrics, at_ms=ending.at_ms, at=ending.at)
        book.tag(self._parent, {**ending.tags, "sweeper.state": ending.state})
        for path in ending.files:
            book.log_file(self._parent, path, None)
        book.set_status(self._parent, ending.status, ending.at_ms)

    def _open(self) -> RunBook:
        if self._book is None:
            from sweeper.tracking.runs import RunBook

            self._book = RunBook(self._address, self._identity)
            self._arrive(1)
        return self._book

    def _merge(self, book: RunBook, listing: Listing) -> None:
        for run in listing.parents[1:]:
            logger.warning("MLflow held two runs of the sweep itself; deleting %s", run.run_id)
            book.delete(run.run_id)
        for number, (kept, *others) in listing.trials.items():
            for run in others:
                logger.warning("MLflow held two runs of trial %d; deleting %s", number, run.run_id)
                book.delete(run.run_id)
            book.adopt(kept, self._parent)

    def _parcel(self, number: int, spool: Spool) -> Parcel:
        if number not in self._parcels:
            self._parcels[number] = Parcel(number, spool, self._address.uri)
        return self._parcels[number]

    def _is_behind(self, parcel: Parcel, run: FoundRun | None) -> bool:
        if run is None:
            parcel.run_id = ""
            had_some = parcel.sent > 0
            parcel.rewind()
            return had_some
        moved = parcel.run_id != run.run_id
        parcel.run_id = run.run_id
        holds_all = (
            not moved
            and parcel.params - parcel.refused <= run.params
            and parcel.epoch <= run.epoch
            and parcel.status in {"", run.status}
            and parcel.state in {"", run.tags.get("sweeper.state")}
            and all(
                run.tags.get(name, "") == text
                for name, text in parcel.choices.items()
                if name not in parcel.refused
            )
        )
        if parcel.sent == 0 or holds_all:
            return False
        logger.warning("MLflow lacks something of trial %d; sending it again", parcel.number)
        parcel.rewind()
        return True

    def _send_files(self, book: RunBook, parcel: Parcel) -> None:
        for index, (path, folder) in enumerate(self._files_of(parcel.number)):
            with contextlib.suppress(FileNotFoundError):
                if not parcel.has_sent(path):
                    book.log_file(parcel.run_id, path, folder)
                    parcel.note_file(path)
                    self._reach(parcel, 4 + index)

    def _arrive(self, step: int) -> None:
        self._require_time()
        if step > self._arrived:
            self._arrived = step
            self._on_progress()

    def _reach(self, parcel: Parcel, step: int) -> None:
        """A store that takes the same thing again and again makes no progress."""
        self._require_time()
        if parcel.reach(step):
            self._on_progress()

    def _require_time(self) -> None:
        """Another driver may hold the sweep by now.

        Raises:
            BackendError: Nobody waits any more.
        """
        if self._is_abandoned:
            raise BackendError("MLflow has answered too late")


def _knows_more(run: FoundRun, parcel: Parcel) -> bool:
    return run.epoch > parcel.epoch and run.epoch > parcel.newest_epoch()
