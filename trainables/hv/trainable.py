"""The 2-D trainable: nuclei with HoVer maps. Importing it loads no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sweeper.protocol import (
    BaseTrainable,
    DataReport,
    DataSummary,
    DecodingTable,
    NetworkScores,
    Problem,
    ScoringRequest,
    TrialContext,
)
from trainables.data import prepare, recognise
from trainables.hv.config import check_hv_config, load_hv_config
from trainables.hv.metric_names import METRIC_NAMES, metric_names_on
from trainables.hv.model_preparing import prepare_model

if TYPE_CHECKING:
    from trainables.hv.run import HVRun

__all__ = ["HVTrainable"]


class HVTrainable(BaseTrainable):
    """Trains a network that predicts nuclei probabilities and HoVer maps, see `HVConfig`.

    On a CPU equal settings, seed and number of threads give equal numbers to the last bit, also
    after `save` and `load` into another object.
    """

    metric_names = METRIC_NAMES

    def __init__(self) -> None:
        self._run: HVRun | None = None

    @classmethod
    def check_config(cls, config: Mapping[str, Any]) -> Sequence[Problem]:
        """Finds mistakes in a complete configuration, without looking at the data."""
        return check_hv_config(config)

    @classmethod
    def prepare(cls, config: Mapping[str, Any], cache_dir: Path) -> DataSummary:
        """Checks and caches the data, and the features of a frozen encoder.

        Raises:
            ConfigError: The settings are wrong, or a file of weights can't be used.
            DataError: All unusable files at once.
        """
        settings = load_hv_config(config)
        data = settings.typed(prepare(settings.data, cache_dir))
        summary = data.summary()
        return replace(
            summary,
            lines=[*summary.lines, *prepare_model(settings, data, cache_dir)],
            metric_names=metric_names_on(data),
        )

    @classmethod
    def inspect_data(cls, config: Mapping[str, Any], cache_dir: Path) -> DataReport:
        """Measures images and labels, see `trainables.inspection`.

        Raises:
            ConfigError: The settings are wrong.
            DataError: All unusable files at once.
        """
        from trainables.inspection import inspect_once

        settings = load_hv_config(config)
        data = settings.typed(prepare(settings.data, cache_dir))
        report = inspect_once(data, cache_dir, crop_px=settings.crop_px, decode=settings.decode)
        about_model = prepare_model(settings, data, cache_dir)
        return replace(report, lines=[*report.lines, *about_model])

    @classmethod
    def draw_data(
        cls, config: Mapping[str, Any], cache_dir: Path, path: Path, *, seed: int = 0
    ) -> bool:
        """Draws images, labels, HoVer maps and augmented crops.

        Raises:
            ConfigError: The settings are wrong.
            DataError: All unusable files at once.
            OSError: The file can't be written.
        """
        from trainables.inspection import draw_montage, inspect_once

        settings = load_hv_config(config)
        data, crop_px = settings.typed(prepare(settings.data, cache_dir)), settings.crop_px
        report = inspect_once(data, cache_dir, crop_px=crop_px, decode=settings.decode)
        draw_montage(data, path, crop_px=crop_px, findings=report.findings, seed=seed)
        return True

    @classmethod
    def measure_epoch_s(cls, config: Mapping[str, Any], context: TrialContext) -> float | None:
        """Times a few real steps and one validation image.

        Raises:
            ConfigError: The settings are wrong.
            DataError: The data can't be used.
        """
        from trainables.hv.run import HVRun

        return HVRun(load_hv_config(config), context).measure_epoch_s()

    @classmethod
    def searched_inside(cls, config: Mapping[str, Any]) -> Mapping[str, str]:
        """The settings that the nested search of decodings varies."""
        decode = load_hv_config(config).decode
        if decode.search != "nested":
            return {}
        advice = (
            "decode.search is nested; move it to fixed.decode.space, "
            "or set fixed.decode.search to joint"
        )
        return {f"decode.{name}": advice for name in decode.space}

    @classmethod
    def scored_data(cls, folder: Path) -> Mapping[str, Any]:
        """A folder that one of the data sources knows by its files.

        Raises:
            UserError: Several might be meant.
        """
        return recognise(folder)

    def setup(self, config: Mapping[str, Any], context: TrialContext) -> None:
        """Opens the data and builds the network, see `Trainable.setup`."""
        from trainables.hv.run import HVRun

        self.close()
        self._run = HVRun(load_hv_config(config), context)

    def step(self) -> Mapping[str, float]:
        """Trains the next epoch and evaluates when due, see `HVRun.step`."""
        return self._started().step()

    def chosen(self) -> Mapping[str, Any]:
        """The decoding that the newest nested search chose, see `BaseTrainable.chosen`."""
        return self._started().chosen()

    def search_decodings(self, progress: Callable[[int, int], None]) -> DecodingTable:
        """Searches `decode.space` on the validation images, see `BaseTrainable`."""
        return self._started().search_decodings(progress)

    def score_network(self, request: ScoringRequest) -> NetworkScores:
        """Scores whole images of any split, see `BaseTrainable`."""
        return self._started().score_network(request)

    def save(self, directory: Path) -> None:
        """Writes one file of tensors and plain values, see `Trainable.save`."""
        self._started().save(directory)

    def load(self, directory: Path) -> None:
        """Goes on from what `save` wrote, see `Trainable.load`."""
        self._started().load(directory)

    def close(self) -> None:
        """Lets go of the network and the data."""
        if self._run is not None:
            self._run.close()
            self._run = None

    def _started(self) -> HVRun:
        if self._run is None:
            raise RuntimeError("setup() comes before step(), save() and load()")
        return self._run
