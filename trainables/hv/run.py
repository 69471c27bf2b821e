"""One trial of the 2-D trainable: everything that needs torch."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import torch

from sweeper.protocol import (
    ConfigError,
    DecodingTable,
    NetworkScores,
    Problem,
    ScoringRequest,
    TrialContext,
    TrialError,
)
from trainables.data import PreparedData, prepare
from trainables.decode_search import DecodingSearch
from trainables.hv.building import build_crops, build_trainer
from trainables.hv.checkpoint import Beside, as_trained_on, read_beside, write_beside
from trainables.hv.config import HVConfig
from trainables.hv.evaluation import Evaluation, HVEvaluator
from trainables.hv.scoring import SplitImages, score_network
from trainables.hv.trial_decoding import (
    decoding_metrics,
    open_search,
    paths_of,
    search_items,
    tabulate,
)
from trainables.hv.trial_overlays import save_overlays
from trainables.hv.trial_types import TypeScoring
from trainables.hv.view_opening import open_views

__all__ = ["HVRun"]

_CHECKPOINT = "trainer.pt"
_GIB = 2**30
_TIMED_STEPS = 3
#: A search of so few seconds is never cut, so that its result does not depend on the machine.
_FREE_SEARCH_S = 2.0


class HVRun:
    """Trains and evaluates one network from settings and a seed."""

    def __init__(self, config: HVConfig, context: TrialContext) -> None:
        """Opens the data and builds the network; nothing is trained yet.

        Raises:
            ConfigError: The network's weights can't be used.
            DataError: The data can't be used.
        """
        torch.set_num_threads(context.cpu_threads)
        device = torch.device(context.device)
        on_gpu = device.type == "cuda"
        if on_gpu:
            torch.cuda.reset_peak_memory_stats(device)
        self._config = config
        self._seed = context.seed
        self._device = device
        self._workdir = context.workdir
        self._cache_dir = context.cache_dir
        self._artifacts_dir = context.artifacts_dir
        self._threads = context.cpu_threads
        # On a CPU all but one thread compute; a single thread does everything in turn.
        self._workers = context.cpu_threads if on_gpu else min(1, context.cpu_threads - 1)
        self._open(config.typed(prepare(config.data, context.cache_dir)))
        self._is_nested = config.decode.search == "nested"
        self._chosen: dict[str, Any] = {}
        self._unsearched_s = 0.0
        self._gpu_s = 0.0

    def _open(self, data: PreparedData) -> None:
        """Takes the images and builds a network for them."""
        self._data = data
        self._can_train = len(data.train) > 0
        self._views = open_views(self._config, data, cache_dir=self._cache_dir, device=self._device)
        shown = self._views.training("train") if self._can_train else self._views.whole("val")
        self._source = build_crops(self._config, shown, self._seed)
        self._trainer = build_trainer(
            self._config,
            data,
            source=self._source,
            device=self._device,
            workers=self._workers,
            seed=self._seed,
        )
        self._evaluator = self._evaluator_of("val")

    def _evaluator_of(self, name: str) -> HVEvaluator:
        views = self._views.whole(name)
        return HVEvaluator(views, device=self._device, workdir=self._workdir)

    def step(self) -> dict[str, float]:
        """Trains the next epoch and evaluates when due.

        Raises:
            DivergedError: A loss, a gradient or a weight is not finite.
            TrialError: The GPU's memory is too small, or is taken by others.
        """
        try:
            return self._step()
        except torch.OutOfMemoryError as error:
            raise TrialError(
                f"out of GPU memory at epoch {self._trainer.epoch}",
                hint="lower batch_size, crop_px or model.width, or run fewer trials on a GPU",
                retryable=True,
            ) from error

    def _step(self) -> dict[str, float]:
        if not self._can_train:
            reason = "is true: these images are only scored, there are none to train on"
            raise ConfigError([Problem(where="data.only_val", reason=reason)])
        start = time.perf_counter()
        metrics = self._trainer.train_epoch()
        epoch = self._trainer.epoch
        metrics |= {"epoch": float(epoch), "time/train_s": self._trainer.trained_s}
        self._unsearched_s += self._trainer.trained_s
        if self._config.is_evaluated(epoch):
            metrics |= self._evaluate()
        if self._device.type == "cuda":
            self._gpu_s += time.perf_counter() - start
            metrics["gpu/peak_gib"] = torch.cuda.max_memory_allocated(self._device) / _GIB
            metrics["cost/gpu_s"] = self._gpu_s
        return metrics

    def _evaluate(self) -> dict[str, float]:
        """Predicts the validation images and searches their decoding, beside the next epoch."""
        start = time.perf_counter()
        evaluation = self._evaluator.evaluate(self._trainer)
        predicted = time.perf_counter()
        is_last = self._trainer.epoch == self._config.epochs
        types = TypeScoring(evaluation, self._data.type_names, workers=self._workers)
        with closing(self._open_search(evaluation)) as search:
            search.then(types)
            if self._workers:
                search.start()
                self._trainer.train_ahead(lambda: not search.is_done)
            waits = time.perf_counter()
            result = search.result(None if is_last else self._longest_wait_s())
            waited_s = time.perf_counter() - waits
        self._unsearched_s = 0.0
        if self._is_nested:
            self._chosen = paths_of(result.chosen)
        if is_last:
            save_overlays(evaluation, result, self._evaluator.split, self._artifacts_dir)
        return {
            **evaluation.metrics,
            **decoding_metrics(result, is_nested=self._is_nested),
            **types.metrics,
            "time/eval_s": predicted - start + waited_s,
            "time/decode_wait_s": waited_s,
        }

    def chosen(self) -> dict[str, Any]:
        """The decoding that the newest search chose, by dotted path; empty without a search."""
        return dict(self._chosen)

    def search_decodings(self, progress: Callable[[int, int], None]) -> DecodingTable:
        """Searches the decoding space on the validation images, whatever `decode.search` is."""
        evaluation = self._evaluator.evaluate(self._trainer)
        items = search_items(evaluation.outputs, evaluation.labels)
        search = open_search(
            self._config.decode, items, workers=max(1, self._threads), is_nested=True
        )
        with closing(search):
            return tabulate(search, self._config.decode, progress)

    def score_network(self, request: ScoringRequest) -> NetworkScores:
        """Scores whole images, decoded by the thresholds of the settings, see `BaseTrainable`."""
        images = {}
        for name, called in request.splits.items():
            split = getattr(self._data, name)
            predict = partial(self._evaluator_of(name).predict, self._trainer)
            images[called] = SplitImages(split=split, predict=predict)
        decoder = self._config.decode.build()
        return score_network(images, decoder, request, threads=self._threads)

    def save(self, directory: Path) -> None:
        """Writes everything that `load` needs, and the decoding that was chosen."""
        numbers = {"gpu_s": self._gpu_s, "unsearched_s": self._unsearched_s}
        self._trainer.save(directory / _CHECKPOINT, numbers)
        beside = Beside(
            chosen=self._chosen, channels=self._data.channels, type_names=self._data.type_names
        )
        write_beside(directory, beside)

    def load(self, directory: Path) -> None:
        """Goes on from what `save` wrote.

        The network has the classes that it was trained for; where the data have others, those of
        the same name are the same, and nuclei of the rest are of unknown type.

        The same holds for gray images and a network that was trained on colour.

        Raises:
            UserError: The images are in colour, and the network was trained on gray ones.
            TrialError: There is no checkpoint of these settings.
        """
        beside = read_beside(directory)
        data = as_trained_on(beside, self._data)
        if data is not self._data:
            self._trainer.close()
            self._open(data)
        numbers = self._trainer.load(directory / _CHECKPOINT)
        self._gpu_s, self._unsearched_s = numbers["gpu_s"], numbers.get("unsearched_s", 0.0)
        self._chosen = dict(beside.chosen)

    def measure_epoch_s(self) -> float:
        """Times a few real steps and one validation image of middle size.

        The run is of no use for training afterwards.

        Returns:
            Roughly the seconds of an epoch, a share of the evaluations included.
        """
        step_s = self._trainer.measure_step_s(_TIMED_STEPS)
        num_px = [self._evaluator.split.labels(i).size for i in range(len(self._evaluator.split))]
        middle = sorted(range(len(num_px)), key=num_px.__getitem__)[len(num_px) // 2]
        start = time.perf_counter()
        evaluation = self._evaluator.evaluate(self._trainer, [middle])
        with closing(self._open_search(evaluation)) as search:
            search.result()
        evaluation_s = (time.perf_counter() - start) * sum(num_px) / num_px[middle]
        return step_s * self._source.num_steps + evaluation_s * self._config.evaluated_frac

    def close(self) -> None:
        """Ends all threads and gives back the GPU's memory."""
        self._trainer.close()
        del self._trainer, self._evaluator
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    def _open_search(self, evaluation: Evaluation) -> DecodingSearch:
        items = search_items(evaluation.outputs, evaluation.labels)
        return open_search(
            self._config.decode, items, workers=self._workers, is_nested=self._is_nested
        )

    def _longest_wait_s(self) -> float:
        return max(_FREE_SEARCH_S, self._config.decode.share * self._unsearched_s)
