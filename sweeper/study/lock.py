"""One driver a sweep: a lock that dies with its process, and a note of who holds it."""

from __future__ import annotations

import datetime
import json
import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace

from filelock import FileLock, Timeout

from sweeper.errors import SweepLockedError
from sweeper.paths import Home, SweepPaths

__all__ = ["Driver", "drive", "is_driven", "read_driver"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """Who drives a sweep, or drove it last.

    Attributes:
        pid: Process id on `host`.
        host: Host name.
        since: Start, ISO 8601 with the local offset, to the second.
        token: Unique for each start; a worker whose driver's token is no longer the newest must not
            write any more.
        task: What it does, as in "is being run by": `run` or `synced`.
        ended: When it let go, like `since`; empty: it has not, so it holds the sweep or has died;
            None: not known.
    """

    pid: int
    host: str
    since: str
    token: str
    task: str = "run"
    ended: str | None = None


def read_driver(paths: SweepPaths) -> Driver | None:
    """The newest driver; None if there was none or its note can't be read."""
    try:
        return Driver(**json.loads(paths.driver.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def is_driven(paths: SweepPaths) -> bool:
    """Whether a live driver holds the sweep."""
    if not paths.lock.exists():
        return False
    lock = FileLock(paths.lock)
    try:
        with lock.acquire(timeout=0):
            return False
    except Timeout:
        return True


@contextmanager
def drive(paths: SweepPaths, task: str = "run") -> Iterator[Driver]:
    """Holds the sweep for this process, to run it or for another task that must be alone.

    Raises:
        SweepLockedError: Another process holds it; names its pid, host and start.
    """
    lock = FileLock(paths.lock)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        other = read_driver(paths)
        who = f"pid {other.pid} on {other.host} since {other.since}" if other else "another process"
        raise SweepLockedError(
            f"sweep '{paths.name}' is being {other.task if other else 'run'} by {who}",
            hint=f"watch it: sweeper status {paths.name}{Home(paths.root.parent).option}   "
            "or stop that process first",
        ) from error
    try:
        driver = Driver(
            pid=os.getpid(),
            host=socket.gethostname(),
            since=_now(),
            token=uuid.uuid4().hex,
            task=task,
            ended="",
        )
        _write(paths, driver)
        try:
            yield driver
        finally:
            # The work is over; that a disk is full has been told, or does not matter any more.
            with suppress(OSError):
                _write(paths, replace(driver, ended=_now()))
    finally:
        lock.release()


def _write(paths: SweepPaths, driver: Driver) -> None:
    draft = paths.driver.with_suffix(".tmp")
    draft.write_text(json.dumps(asdict(driver)), encoding="utf-8")
    draft.replace(paths.driver)


def _now() -> str:
    return datetime.datetime.now().astimezone().isoformat(timespec="seconds")
