"""The only door between orchestration and training code. Standard library only.

A trainable is a class with the methods of `Trainable`, named in YAML as `package.module:Class`.
It needs neither Ray nor MLflow nor a sweep::

    trainable = HVTrainable()
    trainable.setup(config, TrialContext(seed=1, number=0, workdir=Path("out"), ...))
    for _ in range(config["epochs"]):
        metrics = trainable.step()

Everything in `BaseTrainable` is optional, whether a trainable inherits it or just has some of its
methods: class methods that find mistakes before any trial starts, and what a trial tells about the
settings that it chooses itself, like decoding thresholds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

from sweeper.answers import (
    DataFinding,
    DataMeasure,
    DataReport,
    DataSummary,
    Decoding,
    DecodingTable,
    Estimate,
    ImageScores,
    NetworkScores,
    Severity,
    SplitScores,
)
from sweeper.asking import ScoringRequest, TrialContext
from sweeper.errors import ConfigError, DataError, DivergedError, Problem, TrialError, UserError

__all__ = [
    "BaseTrainable",
    "ConfigError",
    "DataError",
    "DataFinding",
    "DataMeasure",
    "DataReport",
    "DataSummary",
    "Decoding",
    "DecodingTable",
    "DivergedError",
    "Estimate",
    "ImageScores",
    "NetworkScores",
    "Problem",
    "ScoringRequest",
    "Severity",
    "SplitScores",
    "Trainable",
    "TrialContext",
    "TrialError",
    "UserError",
]


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
    """Optional base: what orchestration also asks for.

    The class methods run in the driver, before any trial. They must be cheap to import: a driver
    needs no torch.
    """

    #: Metric names a space may refer to; None: not known in advance. A `*` in a name stands for
    #: what only the data tell (`val/pq/*`); `DataSummary.metric_names` has such names in full.
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
    def inspect_data(cls, config: Mapping[str, Any], cache_dir: Path) -> DataReport | None:
        """Looks for what makes training useless or scores misleading; None: can't say.

        Comes after `prepare` with the same arguments. Takes seconds however much data there are.
        """
        del config, cache_dir
        return None

    @classmethod
    def draw_data(
        cls, config: Mapping[str, Any], cache_dir: Path, path: Path, *, seed: int = 0
    ) -> bool:
        """Draws samples, targets and their variations for a person to look at.

        Comes after `prepare` with the same arguments.

        Args:
            config: Complete and without mistakes.
            cache_dir: What `prepare` was given.
            path: The PNG file to write; its folder exists.
            seed: Chooses the samples and the variations: equal ones draw equal pictures.

        Returns:
            Whether a picture was drawn.

        Raises:
            OSError: The file can't be written.
        """
        del config, cache_dir, path, seed
        return False

    @classmethod
    def measure_epoch_s(cls, config: Mapping[str, Any], context: TrialContext) -> float | None:
        """Measures roughly how many seconds one epoch takes here; None: no idea."""
        del config, context
        return None

    @classmethod
    def searched_inside(cls, config: Mapping[str, Any]) -> Mapping[str, str]:
        """Settings that a trial of this configuration searches itself.

        A space that varies one of them too is refused.

        Args:
            config: Complete and without mistakes.

        Returns:
            Dotted path -> what to do instead, as a half sentence that follows "is searched inside
            every trial" ("decode.search is nested; move it to fixed.decode.space").
        """
        del config
        return {}

    @classmethod
    def scored_data(cls, folder: Path) -> Mapping[str, Any]:
        """The section `data` of a configuration for a folder that is only scored, not trained on.

        Args:
            folder: What `sweeper decode --data` names; absolute; need not exist.

        Raises:
            UserError: This trainable reads no folders.
        """
        del folder
        raise UserError("this trainable takes no --data", hint="--set data.KEY=VALUE may do")

    def chosen(self) -> Mapping[str, Any]:
        """What the trial has chosen itself, as of its newest epoch; asked after each `step`.

        Returns:
            Dotted path in the configuration -> JSON value; empty: nothing, or nothing yet. All of
            it in each answer: what an answer leaves out is no longer chosen, unless it is empty.
        """
        return {}

    def search_decodings(self, progress: Callable[[int, int], None]) -> DecodingTable:
        """Searches decodings of the loaded network on its validation images; trains nothing.

        Comes after `setup` and `load`, with settings that may ask for another decoding space or
        other data than the trial had.

        Args:
            progress: To be told now and then how many decodings of how many were tried; quick.

        Raises:
            ConfigError: The settings ask for something that can't be searched.
            UserError: This trainable decodes nothing.
        """
        del progress
        raise UserError("this trainable searches no decodings")

    def score_network(self, request: ScoringRequest) -> NetworkScores:
        """Scores the loaded network on whole images, decoded as the configuration says.

        Comes after `setup` and `load`; trains nothing and searches nothing.

        Raises:
            UserError: This trainable scores nothing, or there are no images.
        """
        del request
        raise UserError("this trainable scores no networks")
