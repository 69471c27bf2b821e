"""Checkpoints of a trial: written under a temporary name, checksummed, fsynced, renamed.

One folder an epoch: `epoch-00012/state/` is the trainable's, `epoch-00012/meta.json` is ours. The
metrics of the epoch travel with it: a driver that died before it heard of the epoch learns of it
on resume. Standard library only: workers write, drivers read.

Kept are, while a trial runs, the two newest and the best; of a completed trial the newest and the
best; of a failed one what it had; of a pruned one none. Names that begin with a dot are unfinished
work of a process that died.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = [
    "Checkpoint",
    "Wanted",
    "best_checkpoint",
    "drop_checkpoints",
    "newest_checkpoint",
    "read_checkpoints",
    "thin_checkpoints",
    "write_checkpoint",
]

_PREFIX = "epoch-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A whole checkpoint.

    Attributes:
        epoch: Epochs that are done, from 1.
        state: Folder that the trainable wrote.
        metrics: What the trial reported for `epoch`.
        chosen: What it had chosen itself by then, JSON values by dotted path.
    """

    epoch: int
    state: Path
    metrics: Mapping[str, float]
    chosen: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What makes a checkpoint the best.

    Attributes:
        metric: Name of the first objective.
        goal: `maximize` or `minimize`.
    """

    metric: str
    goal: str


def write_checkpoint(
    folder: Path,
    epoch: int,
    metrics: Mapping[str, float],
    save: Callable[[Path], None],
    best_by: Wanted | None = None,
    *,
    chosen: Mapping[str, Any] | None = None,
) -> None:
    """Writes one checkpoint and drops all but the two newest and the best.

    Args:
        folder: The trial's checkpoint folder; created if needed.
        epoch: Epochs that are done.
        metrics: What is reported for this epoch.
        save: Writes the state into the empty folder that it is given.
        best_by: What makes a checkpoint the best; None: none is.
        chosen: What the trial has chosen itself, JSON values by dotted path; None: nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{_PREFIX}{epoch:05d}"
    draft = Path(tempfile.mkdtemp(prefix=".new-", dir=folder))
    try:
        state = draft / "state"
        state.mkdir()
        save(state)
        meta = {"epoch": epoch, "metrics": dict(metrics), "chosen": dict(chosen or {})}
        meta["files"] = _digests(state)
        (draft / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
        for path in (*draft.rglob("*"), draft):
            _sync(path)
        if target.exists():
            _delete(target)
        draft.rename(target)
        _sync(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    thin_checkpoints(folder, newest=2, best_by=best_by)


def thin_checkpoints(folder: Path, *, newest: int, best_by: Wanted | None) -> None:
    """Deletes all but some checkpoints, and what dead processes left unfinished.

    Args:
        folder: The trial's checkpoint folder; need not exist.
        newest: How many of the newest are kept.
        best_by: What makes a checkpoint the best, which is kept too; None: none is.
    """
    found = _newest_first(folder)
    keep = set(found[:newest])
    if best_by is not None:
        keep |= set(_best(found, best_by))
    for path in found:
        if path not in keep:
            _delete(path)
    for path in folder.glob(".*"):
        shutil.rmtree(path, ignore_errors=True)


def newest_checkpoint(folder: Path) -> tuple[Checkpoint | None, list[str]]:
    """Finds the newest checkpoint that is whole.

    Returns:
        The checkpoint (None if there is none) and a sentence for each damaged one passed over.
    """
    damaged: list[str] = []
    for found in read_checkpoints(folder):
        if isinstance(found, Checkpoint):
            return found, damaged
        damaged.append(found)
    return None, damaged


def best_checkpoint(found: Sequence[Checkpoint], wanted: Wanted) -> Checkpoint:
    """The best of some checkpoints, the newer of equals; the newest if none knows the metric.

    Args:
        found: At least one.
        wanted: What makes one the best.
    """
    sign = 1 if wanted.goal == "maximize" else -1
    knowing = [one for one in found if wanted.metric in one.metrics]
    if not knowing:
        return max(found, key=lambda one: one.epoch)
    return max(knowing, key=lambda one: (sign * one.metrics[wanted.metric], one.epoch))


def read_checkpoints(folder: Path) -> Iterator[Checkpoint | str]:
    """Reads the checkpoints of a trial against their checksums, newest first.

    Returns:
        Each checkpoint, or a sentence about what is wrong with it.
    """
    for path in _newest_first(folder):
        try:
            meta = json.loads((path / "meta.json").read_text(encoding="utf-8"))
            state = path / "state"
            if _digests(state) == meta["files"]:
                yield Checkpoint(
                    epoch=meta["epoch"],
                    state=state,
                    metrics=meta["metrics"],
                    chosen=meta.get("chosen", {}),
                )
            else:
                yield f"{path} is damaged: its files differ from their checksums"
        except (OSError, ValueError, KeyError) as error:
            yield f"{path} is damaged: {error}"


def drop_checkpoints(folder: Path) -> None:
    """Deletes all checkpoints of a trial that will not go on."""
    shutil.rmtree(folder, ignore_errors=True)


def _best(found: list[Path], wanted: Wanted) -> list[Path]:
    """The best of the checkpoints, the newer of equals; empty if none knows the metric."""
    sign = 1 if wanted.goal == "maximize" else -1
    values: dict[Path, float] = {}
    for path in found:
        try:
            metrics = json.loads((path / "meta.json").read_text(encoding="utf-8"))["metrics"]
        except (OSError, ValueError, KeyError):
            continue
        if wanted.metric in metrics:
            values[path] = sign * metrics[wanted.metric]
    return [max(values, key=lambda path: (values[path], path.name))] if values else []


def _delete(path: Path) -> None:
    """Renames first: half a checkpoint under its own name would look like a damaged one."""
    doomed = path.with_name(f".old-{path.name}")
    shutil.rmtree(doomed, ignore_errors=True)
    path.rename(doomed)
    shutil.rmtree(doomed, ignore_errors=True)


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{_PREFIX}*"), reverse=True)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _digests(folder: Path) -> dict[str, str]:
    digests = {}
    for path in _files(folder):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "blake2b").hexdigest()
        digests[path.relative_to(folder).as_posix()] = digest
    return digests


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
