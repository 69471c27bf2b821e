"""Which processes train the trials of a sweep; so that none outlives its driver unnoticed."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import psutil

from sweeper.paths import SweepPaths, TrialPaths

__all__ = [
    "Worker",
    "end_workers",
    "forget_dead_workers",
    "forget_worker",
    "living_workers",
    "note_worker",
    "read_worker",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A process that trains a trial, or did.

    Attributes:
        pid: Process id on `host`.
        host: Host name.
        born: Start of the process in seconds since 1970; tells it from a later one of the same pid.
    """

    pid: int
    host: str
    born: float


def note_worker(paths: TrialPaths) -> None:
    """Writes down that this process trains the trial."""
    pid = os.getpid()
    born = psutil.Process(pid).create_time()
    draft = paths.worker.with_suffix(".tmp")
    draft.write_text(
        json.dumps(asdict(Worker(pid=pid, host=socket.gethostname(), born=born))), encoding="utf-8"
    )
    draft.replace(paths.worker)


def forget_worker(paths: TrialPaths) -> None:
    """Writes down that nobody trains the trial."""
    paths.worker.unlink(missing_ok=True)


def living_workers(paths: SweepPaths) -> dict[int, Worker]:
    """The workers on this host that are alive, by the trial that they train."""
    found = {}
    for trial in sorted(paths.root.glob("trials/*"), key=lambda folder: int(folder.name)):
        worker = read_worker(TrialPaths(trial))
        if worker is not None and _process(worker) is not None:
            found[int(trial.name)] = worker
    return found


def read_worker(paths: TrialPaths) -> Worker | None:
    """Who trains the trial; None if nobody does, or the note can't be read."""
    try:
        return Worker(**json.loads(paths.worker.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def forget_dead_workers(paths: SweepPaths) -> None:
    """Removes what processes that are gone left in the folders of their trials."""
    living = living_workers(paths)
    for trial in paths.root.glob("trials/*"):
        if int(trial.name) not in living:
            forget_worker(TrialPaths(trial))
            TrialPaths(trial).last_words.unlink(missing_ok=True)


def end_workers(workers: Sequence[Worker], patience_s: float) -> None:
    """Waits for workers to end, then kills those that did not.

    Args:
        workers: Those that `living_workers` found.
        patience_s: How long to wait.
    """
    processes = list(filter(None, map(_process, workers)))
    _, alive = psutil.wait_procs(processes, timeout=patience_s)
    for process in _still_there(alive):
        process.kill()
    psutil.wait_procs(alive, timeout=5)


def _still_there(processes: Sequence[psutil.Process]) -> Iterator[psutil.Process]:
    return (process for process in processes if process.is_running())


def _process(worker: Worker) -> psutil.Process | None:
    if worker.host != socket.gethostname():
        return None
    try:
        process = psutil.Process(worker.pid)
        alive = process.create_time() == worker.born and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return None
    return process if alive else None
