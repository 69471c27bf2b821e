"""`sweeper sync`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from sweeper.cli.console import open_console
from sweeper.cli.counting import counter
from sweeper.cli.options import HomeOption, NameArgument, NewServerOption

if TYPE_CHECKING:
    from sweeper.syncing import Synced

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

    console = open_console()
    try:
        with counter(console, verb="sent", things="reports", parts=10) as watcher:
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
