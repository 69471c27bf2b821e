"""`sweeper check` and `sweeper train`: try a space or a configuration without a sweep."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from sweeper.cli.console import open_console, stdout_kept_clean
from sweeper.cli.data_report import print_report
from sweeper.cli.options import DeviceOption, HomeOption, SetOption, ThreadsOption
from sweeper.cli.wording import number

if TYPE_CHECKING:
    from sweeper.checking import Checked
    from sweeper.engine.session import Report
    from sweeper.paths import Home
    from sweeper.protocol import DataReport
    from sweeper.spec import SpecFile, SweepSpec

__all__ = ["check", "train"]

_FAILED = 1

_NoCost = Annotated[
    bool, typer.Option("--no-cost", help="Do not measure training steps for the cost.")
]
_Montage = Annotated[
    Path | None,
    typer.Option(
        "--montage",
        help="PNG file for the picture of the data (default: HOME/NAME.check.png).",
        show_default=False,
    ),
]
_NoMontage = Annotated[bool, typer.Option("--no-montage", help="Draw no picture of the data.")]
_Strict = Annotated[
    bool, typer.Option("--strict", help="End with exit code 1 if the data have severe findings.")
]
_Json = Annotated[bool, typer.Option("--json", help="Print what was found in the data as JSON.")]


def check(  # noqa: PLR0913 - options of a command
    space: Annotated[Path, typer.Argument(help="The space file.")],
    set_: SetOption = None,
    home: HomeOption = None,
    no_cost: _NoCost = False,
    montage: _Montage = None,
    no_montage: _NoMontage = False,
    strict: _Strict = False,
    as_json: _Json = False,
) -> None:
    """Validates a space, shows it, what is in its data and a rough cost; starts nothing."""
    from sweeper.checking import check_space, inspect_data
    from sweeper.paths import Home
    from sweeper.spec import read_spec

    console = open_console()
    place = Home.at(home)
    file = read_spec(space, set_ or [])
    with stdout_kept_clean() if as_json else nullcontext():
        checked = check_space(file, place)
        if not as_json:
            _print_space(console, file, checked)
        report = inspect_data(checked, place)
        drawn = None if no_montage else _draw(file.spec, checked, place, montage)
    if as_json:
        typer.echo(_as_json(file.spec, checked, report, drawn))
    else:
        print_report(console, report, checked.data)
        if drawn is not None:
            console.print(f"montage: {drawn}", highlight=False, markup=False, soft_wrap=True)
        elif montage is not None and not no_montage:
            console.print(f"montage: none, {file.spec.trainable} draws no data")
        if not no_cost:
            console.print(_cost(file.spec, checked, place), highlight=False, soft_wrap=True)
        console.print("nothing was started", style="dim")
    if strict and any(finding.severity == "severe" for finding in report.findings):
        raise typer.Exit(_FAILED)


def _print_space(console: Console, file: SpecFile, checked: Checked) -> None:
    from sweeper.cli.spaces import search_lines, space_table
    from sweeper.spec import find_notes

    console.print(f"{file.spec.name}: the space is valid", style="bold green", highlight=False)
    console.print(space_table(file.spec))
    if checked.inside:
        names = ", ".join(checked.inside)
        console.print(f"searched inside every trial: {names}", highlight=False, soft_wrap=True)
    for line in (*search_lines(file.spec), *find_notes(file.spec)):
        console.print(line, highlight=False, soft_wrap=True)


def _draw(spec: SweepSpec, checked: Checked, place: Home, montage: Path | None) -> Path | None:
    """Where the picture of the data is; None: the trainable draws none."""
    from sweeper.checking import draw_data

    path = montage or place.montage(spec.name)
    return path if draw_data(checked, place, path, seed=spec.seed) else None


def _as_json(spec: SweepSpec, checked: Checked, report: DataReport, drawn: Path | None) -> str:
    found = {
        "name": spec.name,
        "data": {
            "fingerprint": checked.data.fingerprint,
            "lines": list(checked.data.lines),
            "facts": dict(checked.data.facts),
        },
        "report": asdict(report),
        "montage": None if drawn is None else str(drawn),
    }
    return json.dumps(found, indent=2, default=str)


def train(
    config: Annotated[
        Path,
        typer.Argument(help="A configuration, e.g. trainables/hv.yaml or a trial's config.yaml."),
    ],
    set_: SetOption = None,
    out: Annotated[
        Path, typer.Option("--out", help="Folder for checkpoints, logs and artifacts; must be new.")
    ] = Path("trained"),
    device: DeviceOption = None,
    threads: ThreadsOption = None,
    home: HomeOption = None,
) -> None:
    """Trains one configuration in this process, without Ray, Optuna or MLflow."""
    from sweeper.engine.resources import count_gpus
    from sweeper.training import train_once

    console = open_console()
    logging.getLogger().setLevel(logging.INFO)  # to the log in the output folder
    reports = train_once(
        config,
        overrides=set_ or [],
        out=out,
        home=home,
        device=device or ("cuda" if count_gpus() else "cpu"),
        threads=threads or len(os.sched_getaffinity(0)),
    )
    for report in reports:
        _print_report(console, report)
    console.print(f"checkpoints, log and artifacts: {out}", highlight=False, soft_wrap=True)


def _print_report(console: Console, report: Report) -> None:
    from sweeper.engine.session import EpochReport, Failure

    match report:
        case Failure(fault=fault):
            console.print(f"failed: {fault.reason}", style="bold red", soft_wrap=True)
            raise typer.Exit(_FAILED)
        case EpochReport(epoch=epoch, metrics=metrics):
            console.print(f"epoch {epoch}  {_headline(metrics)}", highlight=False)


def _headline(metrics: Mapping[str, float]) -> str:
    """The metrics that one looks at first; the terms of the losses are in the log of a sweep."""
    shown = [name for name in metrics if name.startswith("val/") and name.count("/") == 1]
    return "  ".join(f"{name} {number(metrics[name])}" for name in ["train/loss", *shown])


def _cost(spec: SweepSpec, checked: Checked, place: Home) -> str:
    from sweeper.checking import measure_epoch_s
    from sweeper.cli.wording import duration
    from sweeper.engine.resources import count_gpus, plan_resources

    cpus = len(os.sched_getaffinity(0))
    plan = plan_resources(
        spec.resources, cpus=cpus, gpus=count_gpus(), max_trials=spec.budget.trials
    )
    epoch_s = measure_epoch_s(checked, place, device=plan.device, cpu_threads=plan.cpu_threads)
    if epoch_s is None:
        return "cost: this trainable can't estimate it"
    trial_s = epoch_s * spec.budget.epochs
    total_s = trial_s * spec.budget.trials / plan.places
    return (
        f"cost: about {epoch_s:.1f} s an epoch, {duration(trial_s)} a trial; "
        f"{spec.budget.trials} trials, {plan}: at most about {duration(total_s)}, "
        "less what pruning saves"
    )
