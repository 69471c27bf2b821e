"""Which processes work for a sweep, so that none outlives its driver unnoticed.

Two traces lead to them: the note that a worker leaves with its trial, and a variable in the
environment that all processes of the sweep's own Ray inherit.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from sweeper.paths import SweepPaths, TrialPaths

__all__ = [
    "Worker",
    "end_strays",
    "end_workers",
    "forget_dead_workers",
    "forget_worker",
    "living_workers",
    "mark_children",
    "note_worker",
    "read_worker",
    "stray_processes",
]

_MARK = "SWEEPER_SWEEP"


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


@contextmanager
def mark_children(paths: SweepPaths) -> Iterator[None]:
    """Marks the processes that are started in the meantime, and all that those start."""
    os.environ[_MARK] = str(paths.root)
    try:
        yield
    finally:
        del os.environ[_MARK]


def stray_processes(paths: SweepPaths) -> list[psutil.Process]:
    """Marked processes on this host that are not children of this one."""
    us = psutil.Process()
    ours = {us, *us.parents(), *us.children(recursive=True)}
    return [
        process
        for process in psutil.process_iter()
        if process not in ours and _is_marked(process, paths)
    ]


def end_strays(paths: SweepPaths, patience_s: float) -> None:
    """Kills what a driver that is gone left behind.

    Args:
        paths: Of the sweep; this process must hold it.
        patience_s: How long workers may take to end their epoch.
    """
    end_workers(list(living_workers(paths).values()), patience_s)
    strays = stray_processes(paths)
    for process in _still_there(strays):
        process.kill()
    psutil.wait_procs(strays, timeout=5)
    forget_dead_workers(paths)


def _is_marked(process: psutil.Process, paths: SweepPaths) -> bool:
    # Ray's processes write their titles over the start of it, which psutil takes for its end.
    try:
        environ = Path(f"/proc/{process.pid}/environ").read_bytes()
    except OSError:
        return False
    return f"{_MARK}={paths.root}".encode() in environ.split(b"\0")


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
