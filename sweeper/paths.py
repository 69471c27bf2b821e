"""Every file and folder name of a home and of a sweep on disk.

::

    HOME/
    ├── mlflow.db            embedded MLflow store
    ├── mlartifacts/         its artifacts
    ├── <space>.check.png    what `sweeper check` drew of the data
    ├── .cache/              prepared data, shared by all sweeps of this home; may be deleted
    └── <sweep>/
        ├── spec.yaml        the space as resolved at the start, or when a change was taken over
        ├── spec.1.yaml      the space before the first change that was taken over; 2, 3 ...
        ├── study.journal    the Optuna study: the record of truth
        ├── lock             held by the driver while it runs
        ├── driver.json      pid, host and start of the newest driver
        ├── stop             asks the driver to stop; there only until it has
        ├── log              the driver's log
        ├── ray/             Ray Tune's own files; may be deleted
        └── trials/<number>/
            ├── config.yaml  runs alone: `sweeper train .../config.yaml`
            ├── log          the trial's log
            ├── artifacts/   files shown with the trial
            ├── spool/       what MLflow is to be sent of the trial, and how much of it was
            ├── worker.json  the process that trains it; there only while it does
            ├── last_words   what that process said when it died; there only while it runs
            ├── decode/1/    what `sweeper decode` found on its network; 2, 3 ... for later searches
            │   ├── table.csv      every decoding that was tried, and its scores
            │   ├── plot.html      score against each threshold; needs no network
            │   ├── decoding.yaml  what was chosen, by dotted path
            │   └── search.yaml    what was searched on and how: data, checkpoint, settings, scores
            ├── evaluate/1/  what `sweeper evaluate` found; 2, 3 ... for later evaluations
            │   ├── summary.json   scores with intervals, what was scored and how, the judgement
            │   ├── images.csv     every image, and its scores
            │   └── *.png          the worst images: image, truth, prediction
            └── checkpoints/epoch-00012/
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sweeper.errors import UserError

__all__ = ["Home", "SweepPaths", "TrialPaths", "default_home"]

_SWEEP_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def default_home() -> Path:
    """`SWEEPER_HOME`, or `sweeps` in the current folder."""
    return Path(os.environ.get("SWEEPER_HOME") or "sweeps")


@dataclass(frozen=True, slots=True)
class TrialPaths:
    """The folder of one trial."""

    root: Path

    @property
    def config(self) -> Path:
        return self.root / "config.yaml"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def artifacts(self) -> Path:
        return self.root / "artifacts"

    @property
    def spool(self) -> Path:
        return self.root / "spool"

    @property
    def worker(self) -> Path:
        return self.root / "worker.json"

    @property
    def last_words(self) -> Path:
        return self.root / "last_words"

    @property
    def checkpoints(self) -> Path:
        return self.root / "checkpoints"

    @property
    def decodings(self) -> Path:
        return self.root / "decode"

    @property
    def evaluations(self) -> Path:
        return self.root / "evaluate"


@dataclass(frozen=True, slots=True)
class SweepPaths:
    """The folder of one sweep."""

    root: Path

    @property
    def name(self) -> str:
        return self.root.name

    @property
    def spec(self) -> Path:
        return self.root / "spec.yaml"

    def spec_before(self, change: int) -> Path:
        return self.root / f"spec.{change}.yaml"

    @property
    def journal(self) -> Path:
        return self.root / "study.journal"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def driver(self) -> Path:
        return self.root / "driver.json"

    @property
    def stop(self) -> Path:
        return self.root / "stop"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def ray(self) -> Path:
        return self.root / "ray"

    def trial(self, number: int) -> TrialPaths:
        return TrialPaths(self.root / "trials" / str(number))


@dataclass(frozen=True, slots=True)
class Home:
    """The folder that holds sweeps, the embedded MLflow store and the data cache."""

    root: Path

    @classmethod
    def at(cls, folder: Path | str | None) -> Home:
        """The home at `folder`, absolute; None: `default_home()`.

        Raises:
            UserError: Something else than a folder is there.
        """
        root = Path(folder or default_home()).expanduser().resolve()
        if root.exists() and not root.is_dir():
            raise UserError(f"--home: {root} is not a folder")
        return cls(root)

    def make(self) -> None:
        """Creates the folder, with room for prepared data.

        Raises:
            UserError: It can't be written.
        """
        try:
            self.cache.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"--home: can't write to {self.root}: {error.strerror}",
                hint="--home or SWEEPER_HOME names another folder",
            ) from error
        if not os.access(self.root, os.W_OK):
            raise UserError(f"--home: can't write to {self.root}")

    @property
    def option(self) -> str:
        """What to add to a command to mean this home; empty for the default one."""
        return "" if self.root == default_home().resolve() else f" --home {self.root}"

    @property
    def mlflow_db(self) -> Path:
        return self.root / "mlflow.db"

    @property
    def mlartifacts(self) -> Path:
        return self.root / "mlartifacts"

    @property
    def cache(self) -> Path:
        return self.root / ".cache"

    def montage(self, space: str) -> Path:
        return self.root / f"{space}.check.png"

    def sweep(self, name: str) -> SweepPaths:
        return SweepPaths(self.root / name)

    def sweeps(self) -> Iterator[SweepPaths]:
        """The sweeps of this home, by name."""
        if not self.root.is_dir():
            return
        for folder in sorted(self.root.iterdir()):
            paths = SweepPaths(folder)
            if _SWEEP_NAME.fullmatch(folder.name) and paths.journal.is_file():
                yield paths
