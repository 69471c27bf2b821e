"""`sweeper ui`: MLflow's own pages on the store of a home folder."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from typing import IO, Annotated

import typer

from sweeper.cli.options import HomeOption
from sweeper.errors import UserError
from sweeper.paths import Home

__all__ = ["ui"]

# Pages alone: no job workers, no chatter.
_QUIET_SERVER = {
    "PYTHONWARNINGS": "ignore",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}


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
    stopped = threading.Event()
    # Set by hand: a shell starts background jobs with SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    typer.echo("starting MLflow ...")
    with tempfile.TemporaryFile() as said:
        code = _serve(_start_server(place, host, port, said), f"{host}:{port}", stopped)
        if not stopped.is_set():
            said.seek(0)
            typer.echo(said.read().decode(errors="replace"), err=True)
            raise typer.Exit(code or 1)


def _serve(server: subprocess.Popen[bytes], at: str, stopped: threading.Event) -> int:
    """Waits until the server ends by itself or is to be stopped; returns its exit code."""
    host, _, port = at.rpartition(":")
    told = False
    try:
        while server.poll() is None and not stopped.is_set():
            if not told and _answers(host, int(port)):
                typer.echo(f"MLflow is ready: http://{at}/#/experiments  (ctrl-C ends it)")
                told = True
            stopped.wait(0.2)
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait()
    return server.returncode


def _start_server(place: Home, host: str, port: int, said: IO[bytes]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "mlflow", "server", "--host", host, "--port", str(port)]
    command += ["--backend-store-uri", f"sqlite:///{place.mlflow_db}"]
    command += ["--default-artifact-root", place.mlartifacts.as_uri(), "--workers", "1"]
    command += ["--uvicorn-opts", "--log-level warning"]
    # A session of its own: ctrl-C comes to us alone, and we end the server in order.
    return subprocess.Popen(
        command,
        env={**os.environ, **_QUIET_SERVER},
        stdout=said,
        stderr=said,
        start_new_session=True,
    )


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
