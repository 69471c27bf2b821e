"""What the commands share that look at a trained network again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from sweeper.errors import TrialError

__all__ = ["EpochOption", "TrialArgument", "TrialSetOption", "revisiting", "shown_path"]

_FAILED = 1
_STOPPED = 130

TrialArgument = Annotated[
    int | None,
    typer.Argument(help="Number of the trial (default: the best).", show_default=False),
]
TrialSetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Overrides anything in the trial's config.yaml; may be repeated.",
        show_default=False,
    ),
]
EpochOption = Annotated[
    int | None, typer.Option("--epoch", help="Of the checkpoint (default: the best).", min=1)
]


@contextmanager
def revisiting(console: Console) -> Iterator[None]:
    """Tells a person how the block ended if training code or the person stopped it.

    Raises:
        typer.Exit: 130 after Ctrl-C, 1 if training code broke.
    """
    try:
        yield
    except KeyboardInterrupt:
        console.print("stopped; nothing was written")
        raise typer.Exit(_STOPPED) from None
    except TrialError as error:
        console.print(f"failed: {error.message}", style="bold red", markup=False, soft_wrap=True)
        console.print(error.hint, markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(_FAILED) from None


def shown_path(path: Path) -> Path:
    """The path from the working folder, if it is below it."""
    path, here = path.absolute(), Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
