"""`sweeper decode`: searches decodings again on a trained network."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sweeper.cli.console import open_console
from sweeper.cli.options import DeviceOption, HomeOption, NameArgument, ThreadsOption
from sweeper.cli.revisiting import (
    EpochOption,
    TrialArgument,
    TrialSetOption,
    revisiting,
    shown_path,
)
from sweeper.cli.search_progress import search_watcher
from sweeper.cli.wording import program
from sweeper.paths import Home

if TYPE_CHECKING:
    from sweeper.decoding import Decoded
    from sweeper.protocol import DecodingTable

__all__ = ["decode"]

_SHOWN = 10


_Data = Annotated[
    Path | None,
    typer.Option("--data", help="Decode this folder's images in place of the trial's own."),
]
_WriteBack = Annotated[
    bool, typer.Option("--write-back", help="Keep what is chosen in the study, as an amendment.")
]


def decode(  # noqa: PLR0913 - options of a command
    name: NameArgument,
    trial: TrialArgument = None,
    set_: TrialSetOption = None,
    data: _Data = None,
    epoch: EpochOption = None,
    write_back: _WriteBack = False,
    device: DeviceOption = None,
    threads: ThreadsOption = None,
    home: HomeOption = None,
) -> None:
    """Searches decodings again on the network of a trial; trains nothing."""
    from sweeper import decoding

    console = open_console()
    wish = decoding.Wish(
        trial=trial, epoch=epoch, data=data, overrides=tuple(set_ or ()), write_back=write_back
    )
    threads = threads or len(os.sched_getaffinity(0))
    with revisiting(console), search_watcher(console) as watcher:
        found = decoding.decode(
            name, wish, home=home, device=device, threads=threads, watcher=watcher
        )
    _print(console, found)


def _print(console: Console, found: Decoded) -> None:
    from sweeper.decoding.writing import as_options

    table = found.table
    console.print(_scores(table))
    console.print(_optimism_words(table), markup=False, highlight=False, soft_wrap=True)
    for sentence in table.notes:
        console.print(sentence, markup=False, highlight=False, soft_wrap=True)
    console.print()
    console.print(_best(table))
    console.print()
    console.print(
        f"written: {shown_path(found.folder)}/", markup=False, highlight=False, soft_wrap=True
    )
    console.print(
        f"  plot.html, table.csv ({len(table.tried)} decodings), decoding.yaml, search.yaml",
        highlight=False,
    )
    if found.amendment is not None:
        console.print(
            f"the study keeps it as amendment {found.amendment.index} of trial "
            f"#{found.amendment.trial}; MLflow hears of it with: {program()} sync "
            f"{found.subject.paths.name}{Home(found.subject.paths.root.parent).option}",
            highlight=False,
            soft_wrap=True,
        )
    else:
        options = f"as options of train: {as_options(table.tried[table.chosen].settings)}"
        console.print(options, style="dim", highlight=False, markup=False, soft_wrap=True)


def _scores(table: DecodingTable) -> Table:
    from sweeper.decoding.ranking import summary_names

    shown = Table(box=None, padding=(0, 1), header_style="dim")
    shown.add_column(f"over {table.num_images} images")
    for column in ("default", "honest best", "optimistic"):
        shown.add_column(column, justify="right")
    for name in summary_names(table):
        values = [scores.get(name) for scores in (table.default, table.honest, table.optimistic)]
        shown.add_row(
            Text(name, "bold" if name == table.choose_by else ""),
            *("" if value is None else f"{value:.4f}" for value in values),
        )
    return shown


def _optimism_words(table: DecodingTable) -> str:
    from sweeper.decoding.ranking import optimism
    from sweeper.study.records import is_better

    planned = f" of {table.num_planned}" if table.num_planned > len(table.tried) else ""
    words = f"chosen by {table.criterion} among {len(table.tried)}{planned} decodings"
    if table.num_images == 1:
        return words
    words += (
        f"; optimism {optimism(table):.4f}: the chosen one looks that much better on the images "
        "that chose it"
    )
    default, honest = table.default[table.choose_by], table.honest[table.choose_by]
    if is_better(table.goal, honest, default):
        return words
    return f"{words}\nno decoding is better than the default on images that did not choose it"


def _best(table: DecodingTable) -> Table:
    from sweeper.decoding.panels import constants, shown
    from sweeper.decoding.ranking import ranked, score_names, setting_names

    alike = constants(table) if len(table.tried) > 1 else {}
    settings = [name for name in setting_names(table) if name not in alike]
    scores = score_names(table)[:3]
    best = Table(box=None, padding=(0, 1), header_style="dim")
    best.add_column("")
    for name in scores:
        best.add_column(name, justify="right")
    for name in settings:
        best.add_column(name.rpartition(".")[2], overflow="fold")
    order = ranked(table)
    rows = order[:_SHOWN] + ([0] if 0 not in order[:_SHOWN] else [])
    for index in rows:
        decoding = table.tried[index]
        label = " ".join(
            word
            for word, is_it in (("chosen", index == table.chosen), ("default", index == 0))
            if is_it
        )
        best.add_row(
            Text(label, "bold green" if index == table.chosen else ""),
            *(f"{decoding.scores[s]:.4f}" if s in decoding.scores else "" for s in scores),
            *(shown(decoding.settings[s]) if s in decoding.settings else "" for s in settings),
        )
    return best
