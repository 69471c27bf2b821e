"""What a search leaves behind: a folder of its own, never written again."""

from __future__ import annotations

import csv
import datetime
import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sweeper.decoding.plot import write_plot
from sweeper.decoding.ranking import optimism, score_names, setting_names
from sweeper.decoding.subject import Subject, Wish
from sweeper.protocol import DataSummary, DecodingTable
from sweeper.spec.writing import dump_yaml
from sweeper.study.drafts import draft_folder, rename_to_next

__all__ = ["as_options", "write_search"]


def write_search(subject: Subject, wish: Wish, data: DataSummary, table: DecodingTable) -> Path:
    """Writes the files of a search into the next free folder, all or none.

    Returns:
        The folder.

    Raises:
        OSError: The disk is full, or the like.
    """
    folder = subject.paths.trial(subject.trial.number).decodings
    folder.mkdir(exist_ok=True)
    with draft_folder(folder, "search") as draft:
        _write_table(draft / "table.csv", table)
        write_plot(draft / "plot.html", _title(subject), table)
        (draft / "decoding.yaml").write_text(_decoding_text(subject, table), encoding="utf-8")
        search = dump_yaml(_search(subject, wish, data, table))
        (draft / "search.yaml").write_text(search, encoding="utf-8")
        return rename_to_next(draft, folder)


def as_options(settings: Mapping[str, Any]) -> str:
    """Settings by dotted path as options of `sweeper train` and `decode`; `run` says `fixed`."""
    parts = [f"config.{path}={_written(value)}" for path, value in settings.items()]
    return shlex.join(word for part in parts for word in ("--set", part))


def _written(value: Any) -> str:
    return _flow(value) if isinstance(value, Mapping | list) else _scalar(value)


def _scalar(value: Any) -> str:
    return dump_yaml([value]).removeprefix("- ").strip()


def _flow(value: Any) -> str:
    return json.dumps(value)


def _write_table(path: Path, table: DecodingTable) -> None:
    """One row a decoding, in the order of trying; a setting that does not apply stays empty."""
    settings, scores = setting_names(table), score_names(table)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["index", "chosen", *settings, *scores])
        for index, decoding in enumerate(table.tried):
            writer.writerow(
                [
                    index,
                    int(index == table.chosen),
                    *(_cell(decoding.settings, name) for name in settings),
                    *(decoding.scores.get(name, "") for name in scores),
                ]
            )


def _cell(settings: Mapping[str, Any], name: str) -> Any:
    value = settings.get(name, "")
    return value if isinstance(value, str | float | int) else _flow(value)


def _title(subject: Subject) -> str:
    return f"{subject.paths.name}, trial #{subject.trial.number}, epoch {subject.checkpoint.epoch}"


def _decoding_text(subject: Subject, table: DecodingTable) -> str:
    chosen = dict(table.tried[table.chosen].settings)
    name, honest = table.choose_by, table.honest[table.choose_by]
    told = f"{name} {honest:.4g} on images that had no part in the choice"
    if table.num_images == 1:
        told = "chosen on one image: nothing is known about others"
    return (
        f"# {_title(subject)}: the best of {len(table.tried)} decodings by {table.criterion}\n"
        f"# ({told})\n"
        f"# sweeper train or decode: {as_options(chosen)}\n"
        "# sweeper run: the same with fixed. in place of config.\n"
    ) + dump_yaml(chosen)


def _search(
    subject: Subject, wish: Wish, data: DataSummary, table: DecodingTable
) -> dict[str, Any]:
    at = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    return {
        "sweep": subject.paths.name,
        "trial": subject.trial.number,
        "epoch": subject.checkpoint.epoch,
        "at": at,
        "data_option": None if wish.data is None else str(wish.data.expanduser().absolute()),
        "overrides": list(wish.overrides),
        "data": {"fingerprint": data.fingerprint, "found": list(data.lines)},
        "criterion": table.criterion,
        "choose_by": table.choose_by,
        "goal": table.goal,
        "num_images": table.num_images,
        "num_tried": len(table.tried),
        "num_planned": table.num_planned,
        "default": dict(table.default),
        "honest": dict(table.honest),
        "optimistic": dict(table.optimistic),
        "optimism": optimism(table),
        "notes": _plain(table.notes),
        "trainable": subject.training.trainable,
        "seed": subject.training.seed,
        "config": dict(subject.training.config),
    }


def _plain(texts: Sequence[str]) -> list[str]:
    return [str(text) for text in texts]
