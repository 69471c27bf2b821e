"""The only door between orchestration and training code. Standard library only.

A trainable is a class with the methods of `Trainable`, named in YAML as `package.module:Class`.
It needs neither Ray nor MLflow nor a sweep::

    trainable = HVTrainable()
    trainable.setup(config, TrialContext(seed=1, number=0, workdir=Path("out"), ...))
    for _ in range(config["epochs"]):
        metrics = trainable.step()

Two class methods let a sweep find mistakes before any trial starts: `check_config` and `prepare`.
A trainable that leaves them out (or inherits `BaseTrainable`) is simply not checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

from sweeper.errors import ConfigError, DataError, DivergedError, Problem, TrialError, UserError

__all__ = [
    "BaseTrainable",
    "ConfigError",
    "DataError",
    "DataSummary",
    "DivergedError",
    "Problem",
    "Trainable",
    "TrialContext",
    "TrialError",
    "UserError",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialContext:
    """What a trial is told about the place where it runs.

    Attributes:
        seed: Non-negative, below 2**32; the only source of randomness of the trial.
        number: The trial's number in its sweep, from 0.
        device: `cpu`, `cuda` or `cuda:N`.
        workdir: Folder of this trial; exists.
        artifacts_dir: Folder whose files are shown with the trial; exists.
        cache_dir: Folder shared by all trials on this node, for prepared data; exists.
        cpu_threads: Threads the trial may use, at least 1.
    """

    seed: int
    number: int
    workdir: Path
    artifacts_dir: Path
    cache_dir: Path
    device: str = "cpu"
    cpu_threads: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSummary:
    """What `prepare` found.

    Attributes:
        lines: Human-readable facts, one a line ("train: 416 images, 18438 nuclei").
        fingerprint: Hash of the content that trials will see; equal data, equal fingerprint.
        facts: Numbers by name, finite, for records and cost estimates.
    """

    lines: Sequence[str]
    fingerprint: str
    facts: Mapping[str, float]


@runtime_checkable
class Trainable(Protocol):
    """What orchestration calls. One object serves several trials, one after the other."""

    def setup(self, config: Mapping[str, Any], context: TrialContext) -> None:
        """Gets ready for a trial; called again on the same object for the next one.

        Args:
            config: Nested settings. `config["epochs"]` is the number of `step` calls to expect.
            context: Where the trial runs.

        Raises:
            ConfigError: The settings are wrong.
            DataError: The data can't be used.
        """

    def step(self) -> Mapping[str, float]:
        """Trains one epoch and evaluates when due.

        Returns:
            Flat metrics. A metric that was not measured in this epoch is left out, never NaN.

        Raises:
            DivergedError: A value that must be finite is not.
            TrialError: The trial can't go on.
        """

    def save(self, directory: Path) -> None:
        """Writes all that `load` needs to go on bit for bit (on CPU) into an empty folder."""

    def load(self, directory: Path) -> None:
        """Goes on from what `save` wrote; called after `setup` with the same settings."""

    def close(self) -> None:
        """Gives back memory and files; `setup` may follow."""


class BaseTrainable:
    """Optional base: the class methods that run in the driver, before any trial.

    They must be cheap to import: a driver needs no torch.
    """

    #: Metric names a space may refer to; None: not known in advance.
    metric_names: ClassVar[frozenset[str] | None] = None

    @classmethod
    def check_config(cls, config: Mapping[str, Any]) -> Sequence[Problem]:
        """Finds mistakes in a complete configuration.

        Returns:
            One problem per mistake, `where` a dotted path as in the space file; empty if none.
        """
        del config
        return ()

    @classmethod
    def prepare(cls, config: Mapping[str, Any], cache_dir: Path) -> DataSummary:
        """Reads the data once, checks it, and leaves in `cache_dir` what all trials share.

        Raises:
            DataError: All unusable files at once.
        """
        del config, cache_dir
        return DataSummary(lines=(), fingerprint="", facts={})

    @classmethod
    def measure_epoch_s(cls, config: Mapping[str, Any], context: TrialContext) -> float | None:
        """Measures roughly how many seconds one epoch takes here; None: no idea."""
        del config, context
        return None
