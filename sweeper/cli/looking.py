"""`sweeper list`, `status`, `ui` and `version`: they change nothing, and need no ray or torch."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from importlib import metadata
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from sweeper.cli.options import HomeOption
from sweeper.errors import UserError
from sweeper.paths import Home

__all__ = ["list_sweeps", "status", "ui", "version"]

# Pages alone: no job workers, no chatter.
_QUIET_SERVER = {
    "PYTHONWARNINGS": "ignore",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}


def version() -> None:
    """Shows the versions of sweeper and of what it stands on."""
    for name in ("sweeper", "torch", "ray", "optuna", "mlflow", "monai"):
        typer.echo(f"{name} {metadata.version(name)}")


def list_sweeps(home: HomeOption = None) -> None:
    """Lists the sweeps of a home folder."""
    from sweeper.cli.wording import number
    from sweeper.study.budget import read_budget
    from sweeper.study.events import State
    from sweeper.study.lock import is_driven
    from sweeper.study.records import read_record
    from sweeper.study.store import open_spec, open_study

    console = Console()
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
        study, spec = open_study(place, paths.name), open_spec(paths)
        record, counts = read_record(study), read_record(study).counts
        trials = read_budget(study, spec).trials
        ended = len(record.trials) - counts.get(State.QUEUED, 0) - counts.get(State.RUNNING, 0)
        now = "running" if is_driven(paths) else "finished" if ended >= trials else "interrupted"
        best = record.best
        table.add_row(
            paths.name,
            now,
            f"{ended}/{trials}",
            *(str(counts.get(s, 0)) for s in (State.COMPLETED, State.PRUNED, State.FAILED)),
            f"{spec.objectives[0].metric} {number(best.values[0])} (#{best.number})"
            if best
            else "",
        )
    console.print(table)


def status(
    name: Annotated[str, typer.Argument(help="Name of the sweep.")], home: HomeOption = None
) -> None:
    """Shows the trials of a sweep, whether it runs or not."""
    from sweeper.cli.summary import print_best, trial_table
    from sweeper.study.lock import is_driven, read_driver
    from sweeper.study.records import read_record
    from sweeper.study.store import open_spec, open_study

    console = Console()
    place = Home.at(home)
    study = open_study(place, name)
    paths = place.sweep(name)
    spec, record = open_spec(paths), read_record(study)
    driver = read_driver(paths)
    driven = is_driven(paths)
    if driven and driver is not None:
        console.print(f"{name}: running, pid {driver.pid} on {driver.host} since {driver.since}")
    else:
        console.print(f"{name}: no driver at work")
    console.print(", ".join(f"{count} {state}" for state, count in record.counts.items()))
    console.print(trial_table(record, spec, is_driven=driven))
    print_best(console, record, spec)


def ui(
    home: HomeOption = None,
    port: Annotated[
        int, typer.Option("--port", help="0: any that is free.", min=0, max=65535)
    ] = 5000,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Serves MLflow's pages on the store of a home folder, until ctrl-C."""
    place = Home.at(home)
    if not place.mlflow_db.is_file():
        raise UserError(
            f"no MLflow store in {place.root}", hint="sweeper run makes one; --home names another"
        )
    port = _free_port(host, port)
    typer.echo("starting MLflow ...")
    command = [sys.executable, "-m", "mlflow", "server", "--host", host, "--port", str(port)]
    command += ["--backend-store-uri", f"sqlite:///{place.mlflow_db}"]
    command += ["--default-artifact-root", place.mlartifacts.as_uri(), "--workers", "1"]
    command += ["--uvicorn-opts", "--log-level warning"]
    # A session of its own: ctrl-C comes to us alone, and we end the server in order.
    process = subprocess.Popen(command, env={**os.environ, **_QUIET_SERVER}, start_new_session=True)
    try:
        while process.poll() is None and not _answers(host, port):
            time.sleep(0.2)
        if process.returncode is None:
            typer.echo(f"MLflow is ready: http://{host}:{port}/#/experiments  (ctrl-C ends it)")
        code = process.wait()
    except KeyboardInterrupt:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        return
    raise typer.Exit(code)


def _answers(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


def _free_port(host: str, port: int) -> int:
    with socket.socket() as probe:
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UserError(
                f"can't listen on {host}:{port}: {error.strerror}",
                hint="--port 0 takes any port that is free",
            ) from error
        return int(probe.getsockname()[1])
