"""Real processes of a sweep: the command, those that Ray starts for it, an MLflow server."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
from stage import VARIABLE, Stage

__all__ = ["RIG", "Command", "Server", "kill_all", "left_behind", "part_of", "wait_until"]

RIG = Path(__file__).resolve().parent


class Command:
    """`sweeper ...` in a session of its own, as a terminal would start it; prints into a file."""

    def __init__(self, words: Sequence[str], *, stage: Stage, door: Sequence[str] = ()) -> None:
        self._words = words
        self._path = stage.folder / f"printed-{time.monotonic_ns()}"
        # A door leads into another mount namespace, at its root: it is told where to go.
        start = [*door, str(RIG), sys.executable] if door else [sys.executable]
        with self._path.open("w", encoding="utf-8") as file:
            self._process = subprocess.Popen(
                [*start, *words],
                cwd=RIG,
                env=os.environ | stage.environment | {"OMP_NUM_THREADS": "1"},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.pid = self._process.pid

    @property
    def printed(self) -> str:
        """What it has said so far."""
        return self._path.read_text(encoding="utf-8")

    def wait_for(self, text: str, patience_s: float = 60.0) -> None:
        """Waits until it has said something."""
        wait_until(lambda: text in self.printed or self._process.poll() is not None, patience_s)
        assert text in self.printed, f"never said {text!r}:\n{self.printed}"

    def wait(self, patience_s: float = 90.0) -> int:
        """Its exit code; -9 for SIGKILL."""
        try:
            return self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"{' '.join(self._words)} still runs after {patience_s:g} s:\n{self.printed}"
            ) from None

    def signal(self, number: int) -> None:
        """To the driver alone."""
        self._process.send_signal(number)

    def signal_group(self, number: int) -> None:
        """To the whole group, as a terminal sends ctrl-C."""
        os.killpg(self.pid, number)


def part_of(driver: int, name: str) -> psutil.Process:
    """A process that Ray started for a driver, by a part of its executable's name."""
    for process in psutil.Process(driver).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if name in process.name():
                return process
    raise AssertionError(f"driver {driver} has no {name}")


def left_behind(stage: Stage) -> list[psutil.Process]:
    """Every living process that carries the stage's mark."""
    mark = f"{VARIABLE}={stage.folder}".encode()
    return [process for process in psutil.process_iter() if mark in _environment(process.pid)]


def _environment(pid: int) -> list[bytes]:
    # Ray's processes write their titles over the start of it, which psutil takes for its end.
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


class Server:
    """An MLflow server on a port that stays the same over its restarts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def is_up(self) -> bool:
        return self._process is not None

    def start(self) -> None:
        """Returns when it answers."""
        command = ["-m", "mlflow", "server", "--port", str(self._port), "--workers", "1"]
        command += ["--host", "127.0.0.1", "--backend-store-uri"]
        command += [f"sqlite:///{self._folder / 'server.db'}"]
        command += ["--artifacts-destination", str(self._folder / "artifacts")]
        with (self._folder / "server.log").open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, *command], stdout=log, stderr=log, start_new_session=True
            )
        wait_until(self._answers, 60)

    def kill(self) -> None:
        """SIGKILL to all of it."""
        self._send(signal.SIGKILL)

    def suspend(self) -> None:
        """It hangs: takes connections and never answers."""
        os.killpg(self._running().pid, signal.SIGSTOP)

    def wake(self) -> None:
        """It answers again."""
        os.killpg(self._running().pid, signal.SIGCONT)

    def stop(self) -> None:
        """Ends it if it is up."""
        if self.is_up:
            self.wake()
            self._send(signal.SIGTERM)

    def _send(self, number: int) -> None:
        process = self._running()
        os.killpg(process.pid, number)
        process.wait(timeout=30)
        self._process = None

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "start() comes first"
        return self._process

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.uri}/health", timeout=1):
                return True
        except OSError:
            return False


def wait_until(condition: Callable[[], object], patience_s: float) -> bool:
    """Whether a condition came true in time."""
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def kill_all(processes: Sequence[psutil.Process]) -> None:
    """SIGKILL to each; those that are gone already are fine."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
