"""`sweeper stop`: ends a driver that runs in another terminal."""

from __future__ import annotations

from typing import Annotated

import typer

from sweeper.cli.console import open_console
from sweeper.cli.options import HomeOption, NameArgument
from sweeper.paths import Home

__all__ = ["stop"]

_PATIENCE_S = 90.0
_NOT_YET = 1


def stop(
    name: NameArgument,
    now: Annotated[
        bool, typer.Option("--now", help="Do not wait for running epochs to end.")
    ] = False,
    home: HomeOption = None,
) -> None:
    """Stops a sweep that runs elsewhere, as ctrl-C there would; `resume` goes on with it."""
    from sweeper.cli.wording import program
    from sweeper.study.events import State
    from sweeper.study.records import read_record
    from sweeper.study.stopping import Request, ask_to_stop, await_end
    from sweeper.study.store import open_study

    console = open_console(soft_wrap=True, highlight=False)
    place = Home.at(home)
    open_study(place, name)
    paths = place.sweep(name)
    driver = ask_to_stop(paths, Request.NOW if now else Request.AFTER_EPOCH)
    if driver is None:
        console.print(f"{name} is not running")
        return
    waits = "" if now else "; running epochs have 20 s to end"
    console.print(f"asked pid {driver.pid} on {driver.host} to stop{waits}")
    if not await_end(paths, driver, _PATIENCE_S):
        console.print(
            f"it has not ended after {_PATIENCE_S:.0f} s; on {driver.host}: kill {driver.pid}"
        )
        raise typer.Exit(_NOT_YET)
    waiting = read_record(open_study(place, name)).counts.get(State.RUNNING, 0)
    console.print(
        f"stopped; {waiting} trials wait at their last checkpoint; "
        f"go on with: {program()} resume {name}{place.option}"
    )
