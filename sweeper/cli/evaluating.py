"""`sweeper evaluate`: scores a trained network on whole images."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sweeper.cli.console import open_console, stdout_kept_clean
from sweeper.cli.counting import Counter, counter
from sweeper.cli.options import DeviceOption, HomeOption, ThreadsOption
from sweeper.cli.revisiting import (
    EpochOption,
    TrialArgument,
    TrialSetOption,
    revisiting,
    shown_path,
)
from sweeper.cli.wording import settings

if TYPE_CHECKING:
    from sweeper.evaluating import Evaluated, EvaluationWatcher
    from sweeper.evaluating.subject import Subject
    from sweeper.protocol import DataSummary, Estimate, NetworkScores

__all__ = ["evaluate"]

_LEVEL_STYLES = {"pass": "green", "weak": "yellow", "fail": "bold red"}


class _Origin(StrEnum):
    chosen = "chosen"
    amended = "amended"
    default = "default"


_Target = Annotated[
    str,
    typer.Argument(
        metavar="NAME|FOLDER",
        help="A sweep, or a folder: of `sweeper train --out`, of a trial, or one checkpoint.",
        show_default=False,
    ),
]
_Data = Annotated[
    Path | None,
    typer.Option("--data", help="Score this folder's images in place of the trial's own."),
]
_Decoding = Annotated[
    _Origin | None,
    typer.Option(
        "--decoding",
        help="Whose decoding (default: amended if there is one, else chosen, else default).",
    ),
]
_Test = Annotated[bool, typer.Option("--test", help="Score the test images too.")]
_Out = Annotated[
    Path | None,
    typer.Option("--out", help="New folder for the files (default: evaluate/N of the trial)."),
]
_Json = Annotated[bool, typer.Option("--json", help="Print summary.json and nothing else.")]
_Worst = Annotated[
    int, typer.Option("--worst", help="Pictures of so many worst images of each split.", min=0)
]


def evaluate(  # noqa: PLR0913 - options of a command
    target: _Target,
    trial: TrialArgument = None,
    data: _Data = None,
    set_: TrialSetOption = None,
    epoch: EpochOption = None,
    decoding: _Decoding = None,
    test: _Test = False,
    out: _Out = None,
    json_: _Json = False,
    worst: _Worst = 6,
    device: DeviceOption = None,
    threads: ThreadsOption = None,
    home: HomeOption = None,
) -> None:
    """Scores a trained network on train and val images, with pictures of the worst."""
    from sweeper import evaluating

    console = open_console(stderr=json_)
    wish = evaluating.Wish(
        target=target,
        trial=trial,
        epoch=epoch,
        data=data,
        splits=("train", "val", "test") if test else ("train", "val"),
        overrides=tuple(set_ or ()),
        decoding=decoding.value if decoding is not None else None,
        num_worst=worst,
        out=out,
    )
    threads = threads or len(os.sched_getaffinity(0))
    quiet = stdout_kept_clean() if json_ else nullcontext()
    with revisiting(console), quiet, _watcher(console) as watcher:
        found = evaluating.evaluate(
            wish, home=home, device=device, threads=threads, watcher=watcher
        )
    if json_:
        typer.echo(json.dumps(found.summary, indent=2, ensure_ascii=False, default=str))
    else:
        _print(console, found)


@contextmanager
def _watcher(console: Console) -> Iterator[EvaluationWatcher]:
    with counter(console, verb="scored", things="images", parts=5) as shown:
        yield _Watcher(shown)


class _Watcher:
    def __init__(self, shown: Counter) -> None:
        self.note = shown.note
        self.advance = shown.advance

    def begin(self, subject: Subject, data: DataSummary) -> None:
        """Says what is scored, and how it is decoded."""
        network, decoding = subject.network, subject.decoding
        self.note(f"{network.title}, checkpoint of epoch {network.checkpoint.epoch}")
        used = f": {settings(decoding.settings)}" if decoding.settings else ""
        self.note(f"decoding: {decoding.words}{used}")
        for line in data.lines:
            self.note(line)


def _print(console: Console, found: Evaluated) -> None:
    scores = found.scores
    console.print()
    console.print(_table(scores))
    console.print(f"intervals: {scores.interval}", style="dim", highlight=False, soft_wrap=True)
    reported = _reported(found)
    for sentence in (*reported, *scores.notes):
        console.print(sentence, style="dim", markup=False, highlight=False, soft_wrap=True)
    console.print()
    for number, sentence in enumerate(scores.judgement):
        style = "" if number else "bold"
        console.print(sentence, style=style, markup=False, highlight=False, soft_wrap=True)
    console.print()
    pictures = sum(image.picture is not None for split in scores.splits for image in split.images)
    images = sum(len(split.images) for split in scores.splits)
    console.print(
        f"written: {shown_path(found.folder)}/", markup=False, highlight=False, soft_wrap=True
    )
    console.print(
        f"  summary.json, images.csv ({images} images), {pictures} pictures of the worst",
        highlight=False,
    )


def _table(scores: NetworkScores) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("", no_wrap=True)
    for split in scores.splits:
        table.add_column(f"{split.name}: {len(split.images)} images", no_wrap=True)
    for title in ("mean over images", "pooled"):
        table.add_row(Text(title, "dim"))
        for name in scores.headline:
            sides = [split.mean if title != "pooled" else split.pooled for split in scores.splits]
            if not any(name in side for side in sides):
                continue
            levels = [split.levels for split in scores.splits]
            cells = [
                _cell(side.get(name), level.get(name, ""))
                for side, level in zip(sides, levels, strict=True)
            ]
            table.add_row(Text(f"  {scores.names.get(name, name)}"), *cells)
    return table


def _cell(estimate: Estimate | None, level: str) -> Text:
    if estimate is None:
        return Text("")
    text = Text(f"{estimate.value:.3f}")
    if estimate.low is not None and estimate.high is not None:
        text.append(f"  {estimate.low:.3f} to {estimate.high:.3f}", "dim")
    if level:
        text.append(f"  {level}", _LEVEL_STYLES.get(level, ""))
    return text


def _reported(found: Evaluated) -> list[str]:
    """What the trial itself said of these images."""
    name = f"val/{found.scores.worst_by}"
    value = found.subject.network.checkpoint.metrics.get(name)
    if value is None or found.summary["data_option"] is not None:
        return []
    words = f"the trial itself reported {name} {value:.4f} at this epoch"
    if found.subject.decoding.origin != "default":
        words += (
            "; if it is less than what stands here, believe it: these val images had a part in "
            "the choice of the decoding"
        )
    return [words]
