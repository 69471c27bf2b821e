"""Watches over a worker process: who it is, what it says when it dies, and whether it hangs.

A dying process can tell nobody. Python's faulthandler writes where every thread was, from C and
without the interpreter's lock, into the trial's `last_words`; the driver reads them.
"""

from __future__ import annotations

import contextlib
import faulthandler
from typing import IO

from sweeper.paths import TrialPaths
from sweeper.study.faults import Fault, FaultKind
from sweeper.study.workers import forget_worker, note_worker

__all__ = ["Vigil", "hear_last_words"]

_HANG = "Timeout ("
_CRASH = "Fatal Python error: "


class Vigil:
    """Over one worker process and the trial that it trains now."""

    def __init__(self) -> None:
        self._paths: TrialPaths | None = None
        self._file: IO[str] | None = None
        self._hang_s: float | None = None

    def begin(self, paths: TrialPaths, hang_s: float | None) -> None:
        """This process trains another trial now.

        Args:
            paths: Of the trial.
            hang_s: How long setup or an epoch may take before the process is ended; None: for ever.
        """
        self.end()
        self._paths, self._hang_s = paths, hang_s
        with contextlib.suppress(OSError):  # on a full disk the trial itself will say so
            note_worker(paths)
            self._file = paths.last_words.open("w", encoding="utf-8")
            faulthandler.enable(self._file)

    def work(self) -> None:
        """Work begins that must end in time."""
        if self._hang_s is not None and self._file is not None:
            faulthandler.dump_traceback_later(self._hang_s, exit=True, file=self._file)

    def rest(self) -> None:
        """The work is done."""
        faulthandler.cancel_dump_traceback_later()

    def end(self) -> None:
        """This process trains no trial."""
        faulthandler.cancel_dump_traceback_later()
        if self._file is not None:
            faulthandler.disable()
            self._file.close()
            self._file = None
        if self._paths is not None:
            with contextlib.suppress(OSError):
                self._paths.last_words.unlink(missing_ok=True)
                forget_worker(self._paths)
            self._paths = None


def hear_last_words(paths: TrialPaths, hang_s: float | None) -> Fault | None:
    """What a dead worker said of its end, which becomes `artifacts/traceback.txt`; None: nothing.

    The files that only a living worker has are removed.
    """
    try:
        words = paths.last_words.read_text(encoding="utf-8", errors="replace")
    except OSError:
        words = ""
    with contextlib.suppress(OSError):
        if words:
            paths.artifacts.mkdir(parents=True, exist_ok=True)
            paths.last_words.replace(paths.artifacts / "traceback.txt")
        paths.last_words.unlink(missing_ok=True)
        forget_worker(paths)
    if words.startswith(_HANG):
        return hang(hang_s)
    if words.startswith(_CRASH):
        what = words.splitlines()[0].removeprefix(_CRASH)
        return Fault(kind=FaultKind.KILLED, reason=f"the worker process crashed: {what}")
    return None


def hang(hang_s: float | None) -> Fault:
    """A worker that did not report in time."""
    return Fault(kind=FaultKind.HANG, reason=f"no report for {hang_s:g} s, taken for hung")
