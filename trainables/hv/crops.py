"""Training batches of a 2-D data set: random crops, augmented, with HoVer targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainables.data import Split
from trainables.data.nucleus_types import paint_types
from trainables.decoding import hv_targets
from trainables.training.batches import Batch, EvenDraws, derive_rng
from trainables.views import View, Views

__all__ = ["CropBatches", "CropSampling", "hv_tensors", "types_of"]

_CROP_KEY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CropSampling:
    """Which crops an epoch shows.

    Attributes:
        crop_px: Side of a crop; smaller images are padded.
        batch_size: Crops in a batch.
        num_steps: Batches in an epoch.
        area_power: An image comes in proportion to its area to this power: 0 shows all images
            equally often, 1 all pixels.
        nuclei_frac: Share of the crops that are placed on a nucleus; the others lie anywhere.
    """

    crop_px: int
    batch_size: int
    num_steps: int
    area_power: float
    nuclei_frac: float


class CropBatches:
    """Square crops of the training images, see `BatchSource`.

    The targets are computed after the augmentation, so that the vectors can't turn the wrong way.
    """

    def __init__(self, views: Views, *, sampling: CropSampling, seed: int) -> None:
        """Takes what to cut crops from.

        Args:
            views: The training images, and how their crops are varied and shown.
            sampling: Which crops, and how many.
            seed: Decides order, place and augmentation of all crops.
        """
        self._views = views
        self._sampling = sampling
        self._seed = seed
        weights = [
            views.split.labels(i).size ** sampling.area_power for i in range(len(views.split))
        ]
        self._draws = EvenDraws(weights, seed=seed)

    @property
    def num_steps(self) -> int:
        """Steps of an epoch."""
        return self._sampling.num_steps

    def batch(self, epoch: int, step: int) -> Batch:
        """The batch of a step, see `BatchSource.batch`.

        Returns:
            `inputs` (B, C, crop_px, crop_px), `features` if the network has some; `targets`: `np`
            (B, 1, ...) 0 or 1, `hv` (B, 2, ...) and, where nuclei have types, `nt` (B, 1, ...), see
            `hv_tensors`.
        """
        size = self._sampling.batch_size
        drawn = self._draws.epoch(epoch, self.num_steps * size)
        crops = [
            self._crop(int(drawn[place]), derive_rng(self._seed, _CROP_KEY, epoch, place))
            for place in range(step * size, (step + 1) * size)
        ]
        return Batch(
            inputs=torch.cat([view.image for view, _ in crops]),
            features=_joined([view.features for view, _ in crops]),
            targets=_stacked([targets for _, targets in crops]),
        )

    def _crop(self, item: int, rng: np.random.Generator) -> tuple[View, dict[str, Tensor]]:
        sampling = self._sampling
        crop = self._views.crop(item, sampling.crop_px, sampling.nuclei_frac, rng)
        return crop.view, hv_tensors(crop.labels, types_of(self._views.split, item))


def hv_tensors(
    labels: NDArray[np.int32], types: NDArray[np.int32] | None = None
) -> dict[str, Tensor]:
    """The targets of one image.

    Args:
        labels: (H, W), 0 is background.
        types: Id and type of every nucleus that may be in there, (K, 2), ids ascending; None:
            nuclei have no types.

    Returns:
        float32 `np` (1, 1, H, W), 1 on nuclei and 0 elsewhere; `hv` (1, 2, H, W); with types `nt`
        (1, 1, H, W): 0 background, the type on nuclei, -1 on nuclei of unknown type.
    """
    nuclei = torch.from_numpy((labels > 0).astype(np.float32))
    targets = {"np": nuclei[None, None], "hv": torch.from_numpy(hv_targets(labels)).unsqueeze(0)}
    if types is not None:
        targets["nt"] = torch.from_numpy(paint_types(labels, types).astype(np.float32))[None, None]
    return targets


def types_of(split: Split, item: int) -> NDArray[np.int32] | None:
    """The types of an image's nuclei for `hv_tensors`; None where nuclei have none."""
    return split.types(item) if split.type_names else None


def _stacked(targets: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    return {name: torch.cat([target[name] for target in targets]) for name in targets[0]}


def _joined(features: list[Tensor | None]) -> Tensor | None:
    given = [one for one in features if one is not None]
    return torch.cat(given) if given else None
