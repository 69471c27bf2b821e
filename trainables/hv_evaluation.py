"""Scores a network on whole images: losses, HoVer maps and instances."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainables.ahead import map_ahead
from trainables.criterion import Criterion, loss_values
from trainables.data import Split
from trainables.decoding import HVWatershed
from trainables.history import StepHistory
from trainables.hv_crops import hv_tensors, image_tensor
from trainables.instance_scores import compute_mean_scores
from trainables.losses import HVStatistics
from trainables.metrics import OverlapTable
from trainables.training import diverged
from trainables.whole_image import predict_whole

__all__ = ["Evaluation", "HVEvaluator"]


class _Network(Protocol):
    """A network in training, as `Trainer` holds it."""

    epoch: int

    @property
    def model(self) -> nn.Module: ...

    @property
    def criterion(self) -> Criterion: ...

    def autocast(self) -> AbstractContextManager[None]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """How a network did.

    Attributes:
        metrics: Finite values by name, see `HVEvaluator.evaluate`.
        tables: One per image, in the order of the images.
    """

    metrics: Mapping[str, float]
    tables: Sequence[OverlapTable]


class HVEvaluator:
    """Evaluates a network that predicts NP and HV maps, an image at a time."""

    def __init__(
        self, split: Split, decoder: HVWatershed, *, device: torch.device, workers: int
    ) -> None:
        """Takes what does not change from one evaluation to the next.

        Args:
            split: Images of any sizes; each is predicted as a whole.
            decoder: Turns the maps into instances.
            device: Where the network is.
            workers: Threads that decode while the network goes on; 0: none.
        """
        self.split = split
        self._decoder = decoder
        self._device = device
        self._workers = workers

    def evaluate(self, network: _Network, items: Sequence[int] | None = None) -> Evaluation:
        """Scores images.

        Args:
            network: Put into evaluation mode, and left there.
            items: Which images, at least one; None: all.

        Returns:
            `val/loss`, `val/loss/<term>` and `val/weighted/<term>`: of each whole image, then the
            mean over images (the HV terms of an image without nuclei are 0). `val/aji` and the
            other scores: mean over images; `val/aji_pooled`. `val/hv_...`: over all nuclei
            pixels, left out if there are none. `val/pred_mean` and `target_mean`: over all
            pixels. `time/decode_s`: seconds of decoding and scoring, summed over threads.

        Raises:
            DivergedError: A loss is NaN or infinite.
        """
        sums = _Sums()
        predictions = self._predictions(
            network, range(len(self.split)) if items is None else items, sums
        )
        scored = list(map_ahead(self._score, predictions, self._workers))
        tables = [image.table for image in scored]
        scores = compute_mean_scores(tables)
        metrics = {
            **sums.metrics(),
            **{f"val/{name}": value for name, value in scores.items()},
            "time/decode_s": sum(image.seconds for image in scored),
        }
        return Evaluation(metrics=metrics, tables=tables)

    def segment(self, network: _Network, item: int) -> NDArray[np.int32]:
        """The instances (H, W) that the network finds in an image; 0 is background."""
        return self._decoder.decode(_arrays(self._outputs(network, item)))

    def _outputs(self, network: _Network, item: int) -> dict[str, Tensor]:
        image = image_tensor(self.split.image(item)).to(self._device)
        network.model.eval()
        with torch.inference_mode(), network.autocast():
            return predict_whole(network.model, image)

    def _predictions(
        self, network: _Network, items: Sequence[int], sums: _Sums
    ) -> Iterator[_Prediction]:
        for item in items:
            outputs = self._outputs(network, item)
            labels = self.split.labels(item)
            targets = {name: target.to(self._device) for name, target in hv_tensors(labels).items()}
            with torch.inference_mode():
                sums.losses.append(loss_values(network.criterion(outputs, targets), "val"))
                for name, value in sums.losses.not_finite().items():
                    raise diverged(network.epoch, f"{name} is {value}")
                sums.add_pixels(outputs, targets)
            yield _Prediction(outputs=_arrays(outputs), labels=labels)

    def _score(self, prediction: _Prediction) -> _Scored:
        start = time.perf_counter()
        decoded = self._decoder.decode(prediction.outputs)
        table = OverlapTable.from_labels(prediction.labels, decoded)
        return _Scored(table=table, seconds=time.perf_counter() - start)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prediction:
    """One image, ready to be decoded: maps and truth on the host."""

    outputs: Mapping[str, NDArray[np.float32]]
    labels: NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scored:
    table: OverlapTable
    seconds: float


class _Sums:
    """What is added up image by image while the network runs."""

    def __init__(self) -> None:
        self.losses = StepHistory()
        self._maps = HVStatistics()
        self._foreground: list[Tensor] = []
        self._num_px = 0

    def add_pixels(self, outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> None:
        probability = outputs["np"].sigmoid()
        sums = [part.sum(dtype=torch.float64) for part in (probability, targets["np"])]
        self._foreground.append(torch.stack(sums))
        self._num_px += probability.numel()
        self._maps += HVStatistics.from_maps(outputs["hv"], targets["hv"], targets["np"])

    def metrics(self) -> dict[str, float]:
        pred, target = (torch.stack(self._foreground).sum(dim=0) / self._num_px).tolist()
        maps = {f"val/{name}": value for name, value in self._maps.as_metrics().items()}
        return {**self.losses.means(), **maps, "val/pred_mean": pred, "target_mean": target}


def _arrays(outputs: Mapping[str, Tensor]) -> dict[str, NDArray[np.float32]]:
    """What a decoder takes: `np` (H, W) in [0, 1] and `hv` (2, H, W), on the host."""
    return {
        "np": outputs["np"][0, 0].sigmoid().cpu().numpy(),
        "hv": outputs["hv"][0].cpu().numpy(),
    }
