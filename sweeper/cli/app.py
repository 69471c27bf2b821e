"""The command line: its commands, and the door at which errors become messages and exit codes."""

from __future__ import annotations

import logging
import sys
import traceback

import typer
from rich.console import Console
from rich.text import Text

from sweeper.cli import (
    auditing,
    decoding,
    evaluating,
    looking,
    running,
    serving,
    stopping,
    syncing,
    trying,
)
from sweeper.cli.console import open_console
from sweeper.engine.environment import set_environment
from sweeper.errors import SweeperError

__all__ = ["app", "main"]

_BUG = 70

app = typer.Typer(
    name="sweeper",
    help="Sweeps for instance segmentation: Ray Tune schedules trials, Optuna proposes and prunes, "
    "MLflow remembers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command("run")(running.run)
app.command("resume")(running.resume)
app.command("stop")(stopping.stop)
app.command("list")(looking.list_sweeps)
app.command("status")(looking.status)
app.command("audit")(auditing.audit)
app.command("sync")(syncing.sync)
app.command("decode")(decoding.decode)
app.command("evaluate")(evaluating.evaluate)
app.command("check")(trying.check)
app.command("train")(trying.train)
app.command("ui")(serving.ui)
app.command("version")(looking.version)


def main() -> None:
    """Runs the command line and exits."""
    console = open_console(stderr=True)
    set_environment()
    # Logs go to files; Python's handler of last resort would write across the live view.
    logging.getLogger().addHandler(logging.NullHandler())
    logging.raiseExceptions = False  # a log on a full disk must not either
    try:
        app()
    except SweeperError as error:
        _explain(console, error)
        sys.exit(error.exit_code)
    except Exception:  # noqa: BLE001 - the door: a bug must not look like a user's mistake
        traceback.print_exc()
        console.print(
            "This is a bug in sweeper. Please report it with the lines above and the command.",
            style="bold red",
        )
        sys.exit(_BUG)


def _explain(console: Console, error: SweeperError) -> None:
    console.print(Text("error: ", style="bold red") + Text(error.message), soft_wrap=True)
    if error.hint:
        console.print(Text("hint: ", style="bold") + Text(error.hint), soft_wrap=True)
