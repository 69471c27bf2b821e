"""What concerns the driver as a process: its signals and its log."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from sweeper.engine.closing import Closing, Why

__all__ = ["log_to", "stop_signals"]


@contextmanager
def log_to(path: Path) -> Iterator[None]:
    """Appends what sweeper logs to a file."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    log = logging.getLogger("sweeper")
    level = log.level
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
        with contextlib.suppress(OSError):  # a full disk must not hide why the driver ends
            handler.close()


@contextmanager
def stop_signals(closing: Closing) -> Iterator[None]:
    """The first SIGINT, SIGTERM or SIGHUP closes, the second ends everything at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(number: int, frame: FrameType | None) -> None:
        del number, frame
        if closing.why is not None:
            raise KeyboardInterrupt
        closing.close(Why.ASKED)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        if number != signal.SIGHUP or handler is not signal.SIG_IGN:  # nohup ignores it
            signal.signal(number, on_signal)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
