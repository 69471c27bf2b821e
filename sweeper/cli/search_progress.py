"""How far a search for decodings is: a bar on a terminal, else a few lines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from sweeper.decoding import DecodingWatcher
    from sweeper.decoding.subject import Subject
    from sweeper.protocol import DataSummary

__all__ = ["search_watcher"]


@contextmanager
def search_watcher(console: Console) -> Iterator[DecodingWatcher]:
    """Shows progress while the block runs."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()]
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as progress:
        yield _Bar(progress)


def _begin_words(subject: Subject) -> str:
    name = f"{subject.paths.name}, trial #{subject.trial.number}"
    return f"{name}, checkpoint of epoch {subject.checkpoint.epoch}"


class _Lines:
    """A line for each fifth of the way."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._fifths = 0

    def note(self, text: str) -> None:
        """A line."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def begin(self, subject: Subject, data: DataSummary) -> None:
        """What is decoded."""
        self.note(_begin_words(subject))
        for line in data.lines:
            self.note(line)

    def advance(self, done: int, planned: int) -> None:
        """Sometimes a line."""
        fifths = 5 * done // planned if planned else 0
        if fifths > self._fifths:
            self._fifths = fifths
            self.note(f"tried {done} of {planned} decodings")


class _Bar:
    """A bar that stays in place."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("decodings", total=None)

    def note(self, text: str) -> None:
        """A line above the bar."""
        self._progress.console.print(text, markup=False, highlight=False)

    def begin(self, subject: Subject, data: DataSummary) -> None:
        """What is decoded."""
        self.note(_begin_words(subject))
        for line in data.lines:
            self.note(line)

    def advance(self, done: int, planned: int) -> None:
        """Moves the bar."""
        self._progress.update(self._task, completed=done, total=planned)
