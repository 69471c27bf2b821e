"""`sweeper sync`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from sweeper.cli.options import HomeOption, NameArgument, NewServerOption

if TYPE_CHECKING:
    from sweeper.syncing import Synced, SyncWatcher

__all__ = ["sync"]

_STOPPED = 130


def sync(
    name: NameArgument,
    rebuild: Annotated[
        bool,
        typer.Option(
            "--rebuild", help="Send everything from the beginning, e.g. into an empty store."
        ),
    ] = False,
    home: HomeOption = None,
    tracking_uri: NewServerOption = None,
) -> None:
    """Sends to MLflow what it lacks of a sweep, and closes what a killed driver left running."""
    from sweeper import syncing

    console = Console()
    try:
        with _watcher(console) as watcher:
            done = syncing.sync(
                name, home=home, rebuild=rebuild, tracking_uri=tracking_uri, watcher=watcher
            )
    except KeyboardInterrupt:
        console.print("stopped; what is not sent yet waits on disk")
        raise typer.Exit(_STOPPED) from None
    console.print(_told(done), highlight=False, soft_wrap=True)


def _told(done: Synced) -> str:
    from sweeper.study.events import State

    begun = [trial.state for trial in done.record.trials if trial.state is not State.QUEUED]
    counts = Counter("interrupted" if state is State.RUNNING else str(state) for state in begun)
    parts = ", ".join(f"{count} {state}" for state, count in counts.items())
    runs = f"{len(begun)} trials ({parts})" if begun else "no trials yet"
    return f"sent {done.num_sent} reports; MLflow at {done.uri} holds {runs}, each once"


@contextmanager
def _watcher(console: Console) -> Iterator[SyncWatcher]:
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()]
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as progress:
        yield _Bar(progress)


class _Lines:
    """A line for each tenth of the way."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._tenths = 0

    def note(self, text: str) -> None:
        """A line."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def advance(self, sent: int, total: int) -> None:
        """Sometimes a line."""
        tenths = 10 * sent // total if total else 0
        if tenths > self._tenths:
            self._tenths = tenths
            self.note(f"sent {sent} of {total} reports")


class _Bar:
    """A bar that stays in place."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("reports to MLflow", total=None)

    def note(self, text: str) -> None:
        """A line above the bar."""
        self._progress.console.print(text, markup=False, highlight=False)

    def advance(self, sent: int, total: int) -> None:
        """Moves the bar."""
        # Reports that MLflow has lost are sent again and come on top.
        self._progress.update(self._task, completed=sent, total=max(total, sent))
