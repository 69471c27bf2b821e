"""Stops a process at the moment that a test asked for, until the test lets it go on.

Driver and workers find the stage through the environment, which Ray's processes inherit; by the
same mark a test finds every process that a sweep has left behind. Standard library only.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

__all__ = ["VARIABLE", "Moment", "Stage", "pause_at"]

#: Names the folder of the stage.
VARIABLE = "SWEEPER_TEST_STAGE"

# A test that died must not leave processes that wait for it.
_PATIENCE_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Where a process stops, once.

    Attributes:
        where: In the driver `create` (a new sweep has its folder, not its study), `ask` (a trial is
            asked for, nothing suggested yet), `tell` (its reason is written, its state not yet),
            `told` (now it is), `migrate` (the embedded store is being made; `epoch` migrations of
            its tables have begun), `run` (a run in MLflow is created), `batch` (metrics are sent).
            In a worker `step` (begun, by a network: trained) and `save` (half written).
        trial: Number of the trial.
        epoch: From 1; 0 where epochs mean nothing.
    """

    where: str
    trial: int
    epoch: int = 0

    def __str__(self) -> str:
        return f"{self.where} {self.trial} {self.epoch}"


@dataclass(frozen=True)
class Stage:
    """A folder in which a test and its processes leave each other messages."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {VARIABLE: str(self.folder)}

    def ask_for(self, moment: Moment) -> None:
        """Whoever reaches the moment first stops there."""
        (self.folder / "moment").write_text(str(moment), encoding="utf-8")

    def wait_until_reached(self, patience_s: float = 60.0) -> int:
        """The pid of the process that stopped."""
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            if (text := _read(self.folder / "reached")).endswith("\n"):
                return int(text)
            time.sleep(0.01)
        raise AssertionError(f"nobody reached '{_read(self.folder / 'moment')}'")

    def let_go(self) -> None:
        """Whoever waits goes on."""
        (self.folder / "go").touch()

    def note_step(self, trial: int, epoch: int) -> None:
        """Notes that this process trained an epoch."""
        with (self.folder / f"steps-{trial}").open("a", encoding="utf-8") as file:
            file.write(f"{epoch} {os.getpid()}\n")

    def note_worker(self, trial: int) -> None:
        """Notes that this process trains a trial from now on."""
        (self.folder / f"worker-{trial}").write_text(f"{os.getpid()}\n", encoding="utf-8")

    def worker_of(self, trial: int) -> int:
        """The pid of the process that trained a trial last."""
        return int(_read(self.folder / f"worker-{trial}"))

    def steps_of(self, trial: int) -> list[int]:
        """The epochs that were trained, in order of time; twice after a kill."""
        return [int(line.split()[0]) for line in _read(self.folder / f"steps-{trial}").splitlines()]

    def stop_here(self, moment: Moment) -> None:
        """Waits for `let_go` if the test asked for this moment and nobody stopped there yet."""
        if str(moment) != _read(self.folder / "moment"):
            return
        try:
            with (self.folder / "reached").open("x", encoding="utf-8") as file:
                file.write(f"{os.getpid()}\n")
        except FileExistsError:
            return
        deadline = time.monotonic() + _PATIENCE_S
        while not (self.folder / "go").exists() and time.monotonic() < deadline:
            time.sleep(0.01)


def here() -> Stage | None:
    """The stage of this process; None outside a test."""
    folder = os.environ.get(VARIABLE)
    return Stage(Path(folder)) if folder else None


def pause_at(where: str, trial: int, epoch: int = 0) -> None:
    """Stops this process if a test wants it to."""
    stage = here()
    if stage is not None:
        stage.stop_here(Moment(where=where, trial=trial, epoch=epoch))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
