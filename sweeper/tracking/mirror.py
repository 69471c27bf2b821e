"""Tells MLflow what happens in a sweep; the sweep never waits for it.

What happens is appended to the trial's spool, after it was written to the study; a thread sends the
spools. What is unsent when a driver ends is sent by the next one, or by `sweeper sync`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import assert_never

import optuna

from sweeper.parameters import active_params
from sweeper.parameters.kinds import Space
from sweeper.paths import Home, SweepPaths
from sweeper.spec import SweepSpec
from sweeper.study.events import (
    EpochRecorded,
    Event,
    TrialEnded,
    TrialInterrupted,
    TrialRetried,
    TrialStarted,
)
from sweeper.study.records import SweepRecord, TrialRecord, trial_record
from sweeper.tracking.address import Address, resolve_address
from sweeper.tracking.ending import ending_of
from sweeper.tracking.identity import SweepIdentity, identify
from sweeper.tracking.lines import (
    Ended,
    Interrupted,
    Line,
    Measured,
    Resumed,
    Retried,
    Started,
)
from sweeper.tracking.refilling import is_whole, judged_line, refill
from sweeper.tracking.sending import Sender
from sweeper.tracking.shipping import Patience, Shipper
from sweeper.tracking.spool import Spool, spools, unsent

__all__ = ["Delivery", "Mirror", "Patience"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of the mirror's work.

    Attributes:
        is_complete: Whether MLflow holds everything.
        num_sent: Reports that MLflow took from this process.
        num_waiting: Reports that it has not taken.
        trouble: Why, in words; empty: it just takes longer.
    """

    is_complete: bool
    num_sent: int
    num_waiting: int
    trouble: str


class Mirror:
    """A listener of the ledger.

    Args:
        address: Where MLflow is.
        identity: What the sweep's runs have in common.
        paths: Of the sweep.
        space: Turns parameters as the study keeps them into those that people know.
        read_trial: What the study holds of a trial; called in the ledger's thread.
        on_note: Told, in a thread of the mirror's, what a person should know about MLflow.
    """

    def __init__(
        self,
        address: Address,
        identity: SweepIdentity,
        paths: SweepPaths,
        space: Space,
        read_trial: Callable[[int], TrialRecord],
        on_note: Callable[[str], None],
    ) -> None:
        self._store = address.uri
        self._paths = paths
        self._space = space
        self._read_trial = read_trial
        self._broken: set[int] = set()
        self._refused: set[str] = set()
        self._on_note = on_note
        self._shipper = Shipper(
            Sender(address, identity, self._files, self._progress, self._tell_refused), on_note
        )

    @property
    def trouble(self) -> str:
        """Why MLflow does not take something now, in words; empty: it takes everything."""
        return self._shipper.trouble

    @classmethod
    def of(
        cls,
        paths: SweepPaths,
        spec: SweepSpec,
        study: optuna.Study,
        on_note: Callable[[str], None],
        *,
        tracking_uri: str | None = None,
    ) -> Mirror:
        """The mirror of a sweep.

        Args:
            paths: Its folder.
            spec: What was asked for.
            study: The durable study; it says where MLflow is.
            on_note: See the class.
            tracking_uri: Another MLflow server than the study's.
        """
        return cls(
            resolve_address(
                Home(paths.root.parent), tracking_uri or study.user_attrs["tracking_uri"]
            ),
            identify(study.user_attrs, spec),
            paths,
            spec.space,
            lambda number: trial_record(study.get_trials(deepcopy=False)[number], study.user_attrs),
            on_note,
        )

    @property
    def uri(self) -> str:
        """Where MLflow is."""
        return self._store

    @property
    def num_sent(self) -> int:
        """Reports that MLflow has taken so far."""
        return self._shipper.num_sent

    def start(self, record: SweepRecord, *, is_running: bool = True, thorough: bool = False) -> int:
        """Begins to send, first whatever MLflow lacks.

        Args:
            record: The sweep as it stands; no trial is trained yet.
            is_running: Whether this process runs the sweep; else it only sends.
            thorough: Compare every line of finished trials with the study too.

        Returns:
            The number of reports that wait.
        """
        for trial in record.trials:
            spool = self._spool(trial.number)
            if thorough or not is_whole(spool, trial):
                self._refill(spool, trial, waits=True)
        self._shipper.start(dict(spools(self._paths)), is_running=is_running)
        return sum(unsent(self._paths, self._store).values())

    def __call__(self, event: Event) -> None:
        """Takes an event; returns at once."""
        spool, number = self._spool(event.number), event.number
        try:
            if number in self._broken:
                # Lines may be missing; the study has the event already.
                refill(spool, self._in_words_of_the_file(self._read_trial(number)))
                self._broken.discard(number)
            else:
                spool.append(_lines(event, spool))
        except OSError as error:
            logger.warning("trial %d: its spool can't be written: %s", number, error)
            self._broken.add(number)
            return
        self._shipper.poke(number, spool)

    def close(
        self,
        record: SweepRecord,
        *,
        is_finished: bool,
        patience: Patience,
        on_wait: Callable[[], None] = lambda: None,
    ) -> Delivery:
        """Sends the rest, as long as that makes progress.

        Args:
            record: The sweep as it stands; no trial is trained any more.
            is_finished: Whether the sweep is over; else it waits for `resume`.
            patience: How long to wait for a server that does not answer.
            on_wait: Called a few times a second.
        """
        for trial in record.trials:
            spool = self._spool(trial.number)
            if not is_whole(spool, trial):
                self._refill(spool, trial, waits=True)
                if spool.outbox.exists():
                    self._shipper.poke(trial.number, spool)
        ending = ending_of(record, self._paths, is_finished=is_finished)
        complete = self._shipper.finish(ending, patience, on_wait)
        return Delivery(
            is_complete=complete and not self._broken,
            num_sent=self._shipper.num_sent,
            num_waiting=sum(unsent(self._paths, self._store).values()),
            trouble=self._shipper.trouble,
        )

    def _spool(self, number: int) -> Spool:
        return Spool(self._paths.trial(number).spool)

    def _refill(self, spool: Spool, trial: TrialRecord, *, waits: bool) -> None:
        try:
            refill(spool, self._in_words_of_the_file(trial), waits=waits)
            self._broken.discard(trial.number)
        except OSError as error:
            logger.warning("trial %d: its spool can't be written: %s", trial.number, error)
            self._broken.add(trial.number)

    def _in_words_of_the_file(self, trial: TrialRecord) -> TrialRecord:
        try:
            return replace(trial, params=active_params(self._space, trial.params))
        except ValueError:
            # The driver before died while it proposed the trial; the next one goes on with that.
            return replace(trial, params={})

    def _files(self, number: int) -> list[tuple[Path, str | None]]:
        paths = self._paths.trial(number)
        found: list[tuple[Path, str | None]] = []
        if paths.config.is_file():
            found.append((paths.config, None))
        for path in sorted(paths.artifacts.rglob("*")):
            if path.is_file():
                folder = path.relative_to(paths.artifacts).parent.as_posix()
                found.append((path, None if folder == "." else folder))
        return found

    def _progress(self) -> None:
        self._shipper.progress()

    def _tell_refused(self, text: str) -> None:
        logger.error("%s", text)
        what = text.partition(": ")[2]
        if what not in self._refused:
            self._refused.add(what)
            self._on_note(what)


def _lines(event: Event, spool: Spool) -> list[Line]:
    now_ms = round(time.time() * 1000)
    match event:
        case TrialStarted(params=params, from_epoch=epoch):
            if spool.has_begun_with(params):
                return [Resumed(epoch=epoch, at_ms=now_ms)]
            return [Started(params=params, at_ms=now_ms)]
        case EpochRecorded(record=record):
            return [Measured(epoch=record)]
        case TrialRetried(epoch=epoch, reason=reason, attempt=attempt, at_ms=at_ms):
            return [Retried(attempt=attempt, epoch=epoch, reason=reason, at_ms=at_ms)]
        case TrialInterrupted(epoch=epoch):
            return [Interrupted(epoch=epoch, at_ms=now_ms)]
        case TrialEnded(state=state, reason=reason, at_ms=at_ms, judged=judged):
            ended = Ended(state=state, reason=reason, at_ms=at_ms)
            return [ended] if judged is None else [ended, judged_line(judged)]
        case _:
            assert_never(event)
