"""How far something is that can be counted: a bar on a terminal, else a few lines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

__all__ = ["Counter", "counter"]


class Counter(Protocol):
    """Shows how far something is."""

    def note(self, text: str) -> None:
        """Prints a line that stays."""

    def advance(self, done: int, total: int) -> None:
        """Tells how much is done."""


@contextmanager
def counter(console: Console, *, verb: str, things: str, parts: int) -> Iterator[Counter]:
    """Shows progress while the block runs.

    Args:
        console: Where.
        verb: What is done, like "sent"; the lines say "sent 3 of 9 reports".
        things: What it is done to, in the plural.
        parts: Without a terminal, a line is printed for each of so many parts of the way.
    """
    if not console.is_terminal:
        yield _Lines(console, verb, things, parts)
        return
    columns = [TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn()]
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as progress:
        yield _Bar(progress, things)


class _Lines:
    def __init__(self, console: Console, verb: str, things: str, parts: int) -> None:
        self._console = console
        self._verb, self._things = verb, things
        self._parts = parts
        self._part = 0

    def note(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def advance(self, done: int, total: int) -> None:
        part = self._parts * done // total if total else 0
        if part > self._part:
            self._part = part
            self.note(f"{self._verb} {done} of {total} {self._things}")


class _Bar:
    def __init__(self, progress: Progress, things: str) -> None:
        self._progress = progress
        self._task = progress.add_task(things, total=None)

    def note(self, text: str) -> None:
        self._progress.console.print(text, markup=False, highlight=False)

    def advance(self, done: int, total: int) -> None:
        # More than was planned can come on top, like reports that MLflow has lost.
        self._progress.update(self._task, completed=done, total=max(total, done))
