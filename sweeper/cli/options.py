"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "DeviceOption",
    "HomeOption",
    "NameArgument",
    "NewServerOption",
    "ServerOption",
    "SetOption",
    "ThreadsOption",
]

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        envvar="SWEEPER_HOME",
        help="Folder of all sweeps and of the MLflow store (default: ./sweeps).",
        show_default=False,
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Overrides anything in the file; may be repeated.",
        show_default=False,
    ),
]
NameArgument = Annotated[
    str, typer.Argument(help="Name of the sweep; `sweeper list` shows them.", show_default=False)
]
ServerOption = Annotated[
    str | None,
    typer.Option(
        "--tracking-uri",
        envvar="MLFLOW_TRACKING_URI",
        help="An MLflow server; left out: the store in the home folder.",
    ),
]
NewServerOption = Annotated[
    str | None,
    typer.Option("--tracking-uri", help="Another MLflow server than before, from now on."),
]
DeviceOption = Annotated[
    str | None,
    typer.Option("--device", help="cpu, cuda or cuda:N (default: a GPU if there is one)."),
]
ThreadsOption = Annotated[
    int | None, typer.Option("--threads", help="CPU threads (default: all cores).", min=1)
]
