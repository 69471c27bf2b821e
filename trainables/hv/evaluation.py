"""Runs a network over whole images: losses, HoVer maps, and the outputs that are decoded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainables.data import Split
from trainables.hv.crops import hv_tensors, types_of
from trainables.hv.kept_outputs import KeptOutputs
from trainables.losses import HVStatistics, NPStatistics
from trainables.training import diverged
from trainables.training.criterion import Criterion, loss_values
from trainables.training.history import StepHistory
from trainables.views import Views
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
    """How a network did, before its outputs are decoded.

    Attributes:
        metrics: Finite values by name, see `HVEvaluator.evaluate`.
        outputs: By image in the order asked for, what a decoder takes: `np` (H, W) in [0, 1] and
            `hv` (2, H, W); and, where nuclei have types, the probability of each type: `nt`
            (types, H, W) float16.
        labels: The truth by image, (H, W) int32.
        types: Id and type of the true nuclei by image, (K, 2) int32; (0, 2) without types.
    """

    metrics: Mapping[str, float]
    outputs: KeptOutputs
    labels: Sequence[NDArray[np.int32]]
    types: Sequence[NDArray[np.int32]]


class HVEvaluator:
    """Evaluates a network that predicts NP, HV and NT maps, an image at a time."""

    def __init__(self, views: Views, *, device: torch.device, workdir: Path) -> None:
        """Takes what does not change from one evaluation to the next.

        Args:
            views: Images of any sizes as the network sees them; each is predicted as a whole.
            device: Where the network is.
            workdir: On a disk that takes the outputs that memory does not.
        """
        self._views = views
        self.split: Split = views.split
        self._device = device
        self._workdir = workdir

    def evaluate(self, network: _Network, items: Sequence[int] | None = None) -> Evaluation:
        """Predicts images and measures what needs no instances.

        Args:
            network: Put into evaluation mode, and left there.
            items: Which images, at least one; None: all.

        Returns:
            With the metrics `val/loss`, `val/loss/<term>` and `val/weighted/<term>`: of each whole
            image, then the mean over images (the HV terms of an image without nuclei are 0);
            `val/hv_...`: over all nuclei pixels, left out if there are none; `val/pred_mean`,
            `target_mean`, `val/np_bce_ratio` and `val/np_contrast`: over all pixels, the last two
            left out if all are in nuclei or none (see `NPStatistics`).

        Raises:
            DivergedError: A loss is NaN or infinite.
        """
        sums, kept = _Sums(), KeptOutputs(self._workdir)
        items = range(len(self.split)) if items is None else items
        for item in items:
            outputs = self._outputs(network, item)
            truth = hv_tensors(self.split.labels(item), types_of(self.split, item))
            targets = {name: target.to(self._device) for name, target in truth.items()}
            with torch.inference_mode():
                sums.losses.append(loss_values(network.criterion(outputs, targets), "val"))
                for name, value in sums.losses.not_finite().items():
                    raise diverged(network.epoch, f"{name} is {value}")
                sums.add_pixels(outputs, targets)
            kept.append(_arrays(outputs))
        return Evaluation(
            metrics=sums.metrics(),
            outputs=kept,
            labels=[self.split.labels(item) for item in items],
            types=[self.split.types(item) for item in items],
        )

    def predict(self, network: _Network, item: int) -> dict[str, NDArray[np.float32]]:
        """What a decoder takes of one image, see `Evaluation.outputs`."""
        return _arrays(self._outputs(network, item))

    def _outputs(self, network: _Network, item: int) -> dict[str, Tensor]:
        view = self._views.whole(item).to(self._device)
        network.model.eval()
        with torch.inference_mode(), network.autocast():
            return predict_whole(network.model, view)


class _Sums:
    """What is added up image by image while the network runs."""

    def __init__(self) -> None:
        self.losses = StepHistory()
        self._maps = HVStatistics()
        self._nuclei = NPStatistics()

    def add_pixels(self, outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> None:
        self._nuclei += NPStatistics.from_logits(outputs["np"], targets["np"])
        self._maps += HVStatistics.from_maps(outputs["hv"], targets["hv"], targets["np"])

    def metrics(self) -> dict[str, float]:
        measured = {**self._maps.as_metrics(), **self._nuclei.as_metrics()}
        target = measured.pop("target_mean")
        named = {f"val/{name}": value for name, value in measured.items()}
        return {**self.losses.means(), **named, "target_mean": target}


def _arrays(outputs: Mapping[str, Tensor]) -> dict[str, NDArray[np.floating]]:
    """What a decoder takes, on the host: `np` (H, W) in [0, 1], `hv` (2, H, W), `nt` (types, H, W).

    Of `nt` means of many values are taken, for which half precision is enough.
    """
    arrays: dict[str, NDArray[np.floating]] = {
        "np": outputs["np"][0, 0].sigmoid().cpu().numpy(),
        "hv": outputs["hv"][0].cpu().numpy(),
    }
    if "nt" in outputs:
        arrays["nt"] = outputs["nt"][0].softmax(dim=0)[1:].half().cpu().numpy()
    return arrays
