"""What of a trial goes to MLflow next, and what MLflow must hold by then; no mlflow needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, assert_never

from sweeper.study.curves import Epoch
from sweeper.study.events import State
from sweeper.tracking.choices import AMENDED, CHOSEN, VERDICT, choice_tags, verdict_tags
from sweeper.tracking.lines import (
    Amended,
    Ended,
    Interrupted,
    Judged,
    Line,
    Measured,
    Resumed,
    Retried,
    Started,
)
from sweeper.tracking.spool import Mark, Spool

__all__ = ["RUN_STATUS", "Bundle", "Parcel", "fold"]

RUN_STATUS: Mapping[State, str] = {
    State.COMPLETED: "FINISHED",
    State.PRUNED: "KILLED",
    State.FAILED: "FAILED",
}
# MLflow takes 1000 things a request; the rest of it is for parameters and tags.
_MAX_METRICS = 900
_MAX_LINES = 200


@dataclass(slots=True)
class Bundle:
    """Lines in a row, as what they come to.

    Attributes:
        params: By dotted path.
        epochs: In order.
        tags: The last word on each.
        status: MLflow's, as it is after the last line; empty if no line says.
        at_ms: Start or end of that status, milliseconds since 1970 (UTC); None: unknown.
        started_ms: The same of the trial's start, if a line says.
        has_ended: Whether the trial is over; then its files go with it.
    """

    params: dict[str, Any] = field(default_factory=dict)
    epochs: list[Epoch] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    status: str = ""
    at_ms: int | None = None
    started_ms: int | None = None
    has_ended: bool = False

    @property
    def epoch(self) -> int:
        """The newest epoch; 0: none."""
        return self.epochs[-1].epoch if self.epochs else 0


def fold(lines: Iterable[Line], told: Iterable[str] = ()) -> Bundle:
    """What lines come to.

    Args:
        lines: In their order.
        told: Names of tags that lines before them have set.
    """
    whole, told = Bundle(), frozenset(told)
    for line in lines:
        match line:
            case Started(params=params):
                whole.params |= params
                whole.started_ms = line.at_ms
                _set(whole, "RUNNING", "running", line.at_ms)
            case Resumed():
                _set(whole, "RUNNING", "running", line.at_ms)
                whole.tags["sweeper.reason"] = ""
            case Measured(epoch=epoch):
                whole.epochs.append(epoch)
                if epoch.chosen:
                    whole.tags |= choice_tags(CHOSEN, epoch.chosen, {*told, *whole.tags})
            case Retried(attempt=attempt, reason=reason):
                whole.tags |= {"sweeper.retries": str(attempt), "sweeper.last_fault": reason}
            case Interrupted(epoch=epoch):
                _set(whole, "KILLED", "interrupted", line.at_ms)
                whole.tags["sweeper.reason"] = f"interrupted after epoch {epoch}"
            case Ended(state=state, reason=reason):
                _set(whole, RUN_STATUS[state], str(state), line.at_ms)
                whole.tags |= {"sweeper.reason": reason, "mlflow.note.content": reason}
                whole.has_ended = True
            case Amended() | Judged():
                whole.tags |= _learnt_later(line, {*told, *whole.tags})
            case _:
                assert_never(line)
    return whole


def _learnt_later(line: Amended | Judged, told: Iterable[str]) -> dict[str, str]:
    match line:
        case Amended(index=index, settings=settings):
            return {**choice_tags(AMENDED, settings, told), "sweeper.amendments": str(index)}
        case Judged(judgement=judgement):
            return verdict_tags(judgement)
        case _:
            assert_never(line)


def _set(whole: Bundle, status: str, state: str, at_ms: int) -> None:
    whole.status, whole.at_ms = status, at_ms
    whole.tags["sweeper.state"] = state


class Parcel:
    """The sending of one trial to one store.

    Args:
        number: The trial.
        spool: Of the trial.
        store: Tracking URI.

    Attributes:
        run_id: In the store; empty: not known.
        sent: Lines that the store has acknowledged.
        params: Names of the parameters that it must hold by then.
        epoch: The newest epoch that it must hold.
        status: What its status must be; empty: anything.
        state: What the tag `sweeper.state` must be.
        choices: Tags about chosen settings and the verdict that it must hold; an empty one may be
            missing.
        refused: Names of parameters and tags that it does not want.
    """

    def __init__(self, number: int, spool: Spool, store: str) -> None:
        self.number = number
        self.spool = spool
        self.run_id = ""
        self.refused: frozenset[str] = frozenset()
        self._files: set[tuple[str, Path, int, int]] = set()
        self._store = store
        self._reached = (0, 0)
        self.rewind()
        mark = spool.read_mark()
        if mark is not None and mark.store == store:
            self.run_id = mark.run_id
            while self.sent < mark.sent and (bundle := self.next(mark.sent - self.sent)):
                self._count(bundle)

    def rewind(self) -> None:
        """Begins again: the store may hold nothing."""
        self.sent = self._offset = self.epoch = 0
        self.status = self.state = ""
        self.params: frozenset[str] = frozenset()
        self.choices: dict[str, str] = {}
        self._ahead = (0, 0)

    def next(self, most: int = _MAX_LINES) -> Bundle | None:
        """The next lines as one bundle, at most; None if there is none."""
        lines: list[Line] = []
        offset, metrics = self._offset, 0
        for line, behind in self.spool.read_from(self._offset):
            metrics += len(line.epoch.metrics) + 1 if isinstance(line, Measured) else 0
            if lines and (len(lines) == min(most, _MAX_LINES) or metrics > _MAX_METRICS):
                break
            lines.append(line)
            offset = behind
        self._ahead = (len(lines), offset)
        return fold(lines, self.choices) if lines else None

    def newest_epoch(self) -> int:
        """The newest epoch of all lines, sent or not; 0: none."""
        return fold(line for line, _ in self.spool.read_from(0)).epoch

    def has_sent(self, path: Path) -> bool:
        """Whether a file went to the trial's run since we know the trial, as it is now."""
        return (self.run_id, *_version(path)) in self._files

    def note_file(self, path: Path) -> None:
        """A file has gone to the store."""
        self._files.add((self.run_id, *_version(path)))

    def reach(self, step: int) -> bool:
        """Whether a step towards the next mark was reached for the first time."""
        is_new = (self.sent, step) > self._reached
        self._reached = max(self._reached, (self.sent, step))
        return is_new

    def advance(self, bundle: Bundle) -> None:
        """The store has the newest bundle.

        Raises:
            OSError: That can't be noted on disk; it will be sent again some day.
        """
        self._count(bundle)
        self.note()

    def note(self) -> None:
        """Writes down how far the store has got.

        Raises:
            OSError: The disk is full, or the like.
        """
        self.spool.write_mark(Mark(store=self._store, run_id=self.run_id, sent=self.sent))

    def _count(self, bundle: Bundle) -> None:
        count, self._offset = self._ahead
        self.sent += count
        self.params |= bundle.params.keys()
        self.choices |= {
            name: text
            for name, text in bundle.tags.items()
            if name.startswith((CHOSEN, AMENDED, VERDICT))
        }
        self.epoch = max(self.epoch, bundle.epoch)
        self.status = bundle.status or self.status
        self.state = bundle.tags.get("sweeper.state", self.state)


def _version(path: Path) -> tuple[Path, int, int]:
    stat = path.stat()
    return path, stat.st_size, stat.st_mtime_ns
