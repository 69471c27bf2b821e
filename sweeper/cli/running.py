"""`sweeper run` and `sweeper resume`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from sweeper.cli.console import open_console
from sweeper.cli.options import HomeOption, NameArgument, NewServerOption, ServerOption, SetOption

if TYPE_CHECKING:
    from sweeper.cli.lines import LineWatcher
    from sweeper.cli.live import LiveWatcher
    from sweeper.sweep import Result

__all__ = ["resume", "run"]

_INTERRUPTED = 130
_ALL_FAILED = 1


def run(  # noqa: PLR0913 - options of a command
    context: typer.Context,
    space: Annotated[Path, typer.Argument(help="The space file, e.g. search_spaces/hv.yaml.")],
    set_: SetOption = None,
    name: Annotated[
        str | None, typer.Option("--name", help="Another name than the file's.")
    ] = None,
    home: HomeOption = None,
    tracking_uri: ServerOption = None,
    extend: Annotated[
        bool,
        typer.Option(
            "--extend", help="Go on with a sweep, and take over what has changed in its file."
        ),
    ] = False,
) -> None:
    """Starts a sweep and runs it to its end."""
    from sweeper import sweep

    console = open_console()
    overrides = [*(set_ or []), *([f"name={name}"] if name is not None else [])]
    source = context.get_parameter_source("tracking_uri")
    if extend and source is not None and source.name == "ENVIRONMENT":
        tracking_uri = None  # a sweep that goes on keeps its server, as with `resume`
    with _watching(console, home) as watcher:
        result = sweep.run(
            space,
            overrides=overrides,
            home=home,
            tracking_uri=tracking_uri,
            watcher=watcher,
            extend=extend,
        )
    _finish(console, result, home)


def resume(
    name: NameArgument,
    trials: Annotated[
        str | None, typer.Option("--trials", help="New budget: +20 (more) or 40 (in all).")
    ] = None,
    hours: Annotated[
        float | None, typer.Option("--hours", help="Hours to add to the budget of time.")
    ] = None,
    home: HomeOption = None,
    tracking_uri: NewServerOption = None,
) -> None:
    """Goes on with a sweep that was interrupted, or extends one that is finished."""
    from sweeper import sweep

    console = open_console()
    with _watching(console, home) as watcher:
        result = sweep.resume(
            name,
            home=home,
            trials=trials,
            hours=hours,
            tracking_uri=tracking_uri,
            watcher=watcher,
        )
    _finish(console, result, home)


def _watcher(console: Console) -> LiveWatcher | LineWatcher:
    if console.is_terminal:
        from sweeper.cli.live import LiveWatcher

        return LiveWatcher(console)
    from sweeper.cli.lines import LineWatcher

    return LineWatcher(console)


@contextmanager
def _watching(console: Console, home: Path | None) -> Iterator[LiveWatcher | LineWatcher]:
    """A watcher that also says what a second ctrl-C leaves behind."""
    from sweeper.cli.wording import program

    watcher = _watcher(console)
    try:
        with watcher:
            yield watcher
    except KeyboardInterrupt:
        words = "stopped; no trial was started"
        if watcher.name is not None:
            at = f" --home {home}" if home is not None else ""
            words = f"stopped at once; go on with: {program()} resume {watcher.name}{at}"
        console.print(words, highlight=False, soft_wrap=True)
        raise typer.Exit(_INTERRUPTED) from None


def _finish(console: Console, result: Result, home: Path | None) -> None:
    from sweeper.cli.summary import print_result
    from sweeper.sweep import Outcome

    print_result(console, result, home)
    if result.outcome in {Outcome.INTERRUPTED, Outcome.OUT_OF_TIME}:
        raise typer.Exit(_INTERRUPTED)
    if result.outcome is Outcome.GAVE_UP:
        raise typer.Exit(_ALL_FAILED)
    if result.record.best is None:
        raise typer.Exit(_ALL_FAILED)
