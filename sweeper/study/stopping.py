"""Asks the driver of a sweep to stop, from another process; by a file, so across hosts too."""

from __future__ import annotations

import time
from enum import StrEnum

from sweeper.paths import SweepPaths
from sweeper.study.lock import Driver, is_driven, read_driver

__all__ = ["Request", "ask_to_stop", "await_end", "read_request"]


class Request(StrEnum):
    """How a driver is asked to stop."""

    AFTER_EPOCH = "after epoch"
    NOW = "now"


def ask_to_stop(paths: SweepPaths, request: Request) -> Driver | None:
    """Leaves a request for the driver that holds the sweep.

    Returns:
        Who that is; None if nobody runs the sweep.
    """
    driver = read_driver(paths)
    if driver is None or driver.task != "run" or not is_driven(paths):
        return None
    draft = paths.stop.with_suffix(".tmp")
    draft.write_text(f"{driver.token} {request}", encoding="utf-8")
    draft.replace(paths.stop)
    return driver


def read_request(paths: SweepPaths, driver: Driver) -> Request | None:
    """The newest request to this driver; None if there is none."""
    try:
        token, _, request = paths.stop.read_text(encoding="utf-8").partition(" ")
    except OSError:
        return None
    return Request(request) if token == driver.token else None


def await_end(paths: SweepPaths, driver: Driver, patience_s: float) -> bool:
    """Waits until a driver holds the sweep no more.

    Returns:
        Whether it let go in time.
    """
    deadline_s = time.monotonic() + patience_s
    while is_driven(paths) and read_driver(paths) == driver:
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.2)
    return True
