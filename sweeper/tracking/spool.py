"""What MLflow is to hear about a trial, kept on disk until it has. Does not import mlflow.

`outbox.jsonl` is append-only, one line a fact; the driver appends a line after the study holds
the fact, and never waits for the disk: what a crash takes from here is in the study (`refill`).
`sent.json` says how many lines which store has acknowledged.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sweeper.paths import SweepPaths, TrialPaths
from sweeper.tracking.lines import (
    Ended,
    Line,
    Measured,
    Resumed,
    Started,
    dump_line,
    load_line,
)

__all__ = ["Mark", "Spool", "joined_params", "plain_params", "spools", "unsent"]

_TAIL_BYTES = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far a store has got.

    Attributes:
        store: Its tracking URI.
        run_id: The trial's run there.
        sent: Lines that it has acknowledged, from the first on.
    """

    store: str
    run_id: str
    sent: int


@dataclass(frozen=True, slots=True)
class Spool:
    """The spool of one trial; only the process that holds the sweep writes it."""

    folder: Path

    @property
    def outbox(self) -> Path:
        """The lines."""
        return self.folder / "outbox.jsonl"

    @property
    def sent(self) -> Path:
        """The mark."""
        return self.folder / "sent.json"

    def append(self, lines: Sequence[Line]) -> None:
        """Adds lines: all of them or none.

        Raises:
            OSError: The disk is full, or the like.
        """
        if not lines:
            return
        data = "".join(f"{dump_line(line)}\n" for line in lines).encode()
        self.folder.mkdir(parents=True, exist_ok=True)
        file = os.open(self.outbox, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            size = os.fstat(file).st_size
            try:
                while data:
                    data = data[os.write(file, data) :]
            except OSError:
                os.ftruncate(file, size)
                raise
        finally:
            os.close(file)

    def lines(self) -> list[Line]:
        """All lines up to the first that is torn or can't be read."""
        return [load_line(text) for text in self.whole()]

    def whole(self) -> list[bytes]:
        """The same as they are on disk."""
        texts = []
        for text in self.bytes().splitlines(keepends=True):
            if not text.endswith(b"\n") or not _is_line(text):
                break
            texts.append(text)
        return texts

    def bytes(self) -> bytes:
        """Everything, torn or not; empty if nothing was written yet."""
        try:
            return self.outbox.read_bytes()
        except FileNotFoundError:
            return b""

    def ending(self) -> list[Line]:
        """The line that ends the trial and those behind it; none if there is none, or one is torn.

        Only the last lines are looked at, for there may be many.
        """
        try:
            with self.outbox.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
                texts = file.read().splitlines(keepends=True)
            found: list[Line] = []
            while texts and texts[-1].endswith(b"\n"):
                found.insert(0, load_line(texts.pop()))
                if isinstance(found[0], Ended):
                    return found
                if isinstance(found[0], Measured | Started | Resumed):
                    break
        except (OSError, ValueError):
            pass
        return []

    def read_from(self, offset: int) -> Iterator[tuple[Line, int]]:
        """The lines from a byte on, each with the byte behind it; one being written is left."""
        with self.outbox.open("rb") as file:
            file.seek(offset)
            for text in file:
                if not text.endswith(b"\n") or not _is_line(text):
                    return
                offset += len(text)
                yield load_line(text), offset

    def cut(self, size: int) -> None:
        """Drops what is behind the first `size` bytes."""
        if self.outbox.exists():
            os.truncate(self.outbox, size)

    def has_begun_with(self, params: Mapping[str, Any]) -> bool:
        """Whether lines say that the trial began with exactly these parameters."""
        begun = [line for line in self.lines() if isinstance(line, Started)]
        return bool(begun) and joined_params(begun) == plain_params(params)

    def read_mark(self) -> Mark | None:
        """The mark; None if there is none, or a crash has torn it."""
        try:
            mark = Mark(**json.loads(self.sent.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None
        return mark if isinstance(mark.sent, int) else None

    def write_mark(self, mark: Mark) -> None:
        """Replaces the mark.

        Raises:
            OSError: The disk is full, or the like; the old mark is still there.
        """
        draft = self.sent.with_suffix(".tmp")
        draft.write_text(json.dumps(asdict(mark)), encoding="utf-8")
        draft.replace(self.sent)

    def forget_mark(self) -> None:
        """From now on no store has anything."""
        self.sent.unlink(missing_ok=True)

    def num_unsent(self, store: str | None = None) -> int:
        """Lines that wait for a store; None: for the store of the mark."""
        mark = self.read_mark()
        sent = mark.sent if mark is not None and store in {None, mark.store} else 0
        return max(0, self.bytes().count(b"\n") - sent)


def spools(paths: SweepPaths) -> Iterator[tuple[int, Spool]]:
    """The spools of a sweep, by trial."""
    folders = [folder for folder in paths.root.glob("trials/*") if folder.name.isdigit()]
    for folder in sorted(folders, key=lambda found: int(found.name)):
        spool = Spool(TrialPaths(folder).spool)
        if spool.outbox.is_file():
            yield int(folder.name), spool


def unsent(paths: SweepPaths, store: str | None = None) -> dict[int, int]:
    """Reports that MLflow has not acknowledged, by trial; trials without such are left out.

    Args:
        paths: The sweep's folder.
        store: The tracking URI that is to have them; None: wherever they were sent last.
    """
    waiting = {number: spool.num_unsent(store) for number, spool in spools(paths)}
    return {number: count for number, count in waiting.items() if count}


def joined_params(begun: Sequence[Started]) -> dict[str, Any]:
    """The parameters that several beginnings of a trial name."""
    return {name: value for line in begun for name, value in line.params.items()}


def plain_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as JSON gives them back."""
    return dict(json.loads(json.dumps(dict(params))))


def _is_line(text: bytes) -> bool:
    try:
        load_line(text)
    except ValueError:
        return False
    return True
