"""`sweeper list`, `status` and `version`: they change nothing, and need no ray or torch."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

import typer
from rich.table import Table

from sweeper.cli.console import open_console
from sweeper.cli.options import HomeOption, NameArgument
from sweeper.errors import SweeperError
from sweeper.paths import Home, SweepPaths

if TYPE_CHECKING:
    from sweeper.study.records import SweepRecord

__all__ = ["list_sweeps", "status", "version"]


def version() -> None:
    """Shows the versions of sweeper and of what it stands on."""
    for name in ("sweeper", "torch", "ray", "optuna", "mlflow", "monai"):
        typer.echo(f"{name} {metadata.version(name)}")


def list_sweeps(home: HomeOption = None) -> None:
    """Lists the sweeps of a home folder."""
    console = open_console()
    place = Home.at(home)
    found = list(place.sweeps())
    if not found:
        console.print(f"no sweeps in {place.root}", soft_wrap=True)
        console.print("start one: sweeper run search_spaces/hv.yaml")
        return
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for column in ("sweep", "now", "trials", "completed", "pruned", "failed", "best"):
        table.add_column(column)
    for paths in found:
        try:
            table.add_row(paths.name, *_row(place, paths))
        except SweeperError:  # one that is damaged must not hide the others
            table.add_row(paths.name, f"can't be read: sweeper audit {paths.name}{place.option}")
    console.print(table)


def _row(place: Home, paths: SweepPaths) -> list[str]:
    """A sweep in a line, without its name."""
    from sweeper.cli.wording import number
    from sweeper.study.budget import read_budget
    from sweeper.study.events import State
    from sweeper.study.records import read_record
    from sweeper.study.store import open_spec, open_study

    study, spec = open_study(place, paths.name), open_spec(paths)
    record, trials = read_record(study), read_budget(study, spec).trials
    best = record.best
    return [
        _now(paths, record, trials),
        f"{record.num_ended}/{trials}",
        *(str(record.counts.get(s, 0)) for s in (State.COMPLETED, State.PRUNED, State.FAILED)),
        f"{spec.objectives[0].metric} {number(best.values[0])} (#{best.number})" if best else "",
    ]


def status(name: NameArgument, home: HomeOption = None) -> None:
    """Shows the trials of a sweep, whether it runs or not."""
    from sweeper.cli.summary import print_amendments, print_best, trial_table, waiting_reports
    from sweeper.cli.verdicts import print_verdicts
    from sweeper.cli.wording import program
    from sweeper.study.budget import read_budget
    from sweeper.study.lock import is_driven, read_driver
    from sweeper.study.records import read_record
    from sweeper.study.store import open_spec, open_study

    console = open_console()
    place = Home.at(home)
    study = open_study(place, name)
    paths = place.sweep(name)
    spec, record = open_spec(paths), read_record(study)
    driver = read_driver(paths)
    driven = is_driven(paths)
    if driven and driver is not None:
        doing = "running" if driver.task == "run" else f"being {driver.task}"
        console.print(f"{name}: {doing}, pid {driver.pid} on {driver.host} since {driver.since}")
    else:
        console.print(f"{name}: {_now(paths, record, read_budget(study, spec).trials)}")
    console.print(trial_table(record, spec, is_driven=driven))
    print_verdicts(console, record)
    print_best(console, record, spec)
    print_amendments(console, record)
    waiting = waiting_reports(paths, record)
    if waiting and not driven:
        console.print(
            f"MLflow lacks something: {waiting}; send it with: "
            f"{program()} sync {name}{place.option}",
            highlight=False,
            soft_wrap=True,
        )


def _now(paths: SweepPaths, record: SweepRecord, trials: int) -> str:
    from sweeper.study.lock import is_driven

    if is_driven(paths):
        return "running"
    return "finished" if record.num_ended >= trials else "interrupted"
