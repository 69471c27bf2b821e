"""Training batches of a 2-D data set: random crops, augmented, with HoVer targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainables.augment import Augmentation
from trainables.batches import Batch, ShuffledOrder, derive_rng
from trainables.data import Split, crop
from trainables.decoding import hv_targets

__all__ = ["CropBatches", "hv_tensors", "image_tensor"]

_CROP_KEY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CropBatches:
    """Square crops of the training images in a shuffled order; every image comes equally often.

    The targets are computed after the augmentation, so that the vectors can't turn the wrong way.

    Attributes:
        split: The training images.
        augmentation: Applied to image and labels of each crop.
        crop_px: Side of a crop; smaller images are padded.
        batch_size: Crops in a batch.
        num_steps: Batches in an epoch.
        seed: Decides order, place and augmentation of all crops.
    """

    split: Split
    augmentation: Augmentation
    crop_px: int
    batch_size: int
    num_steps: int
    seed: int

    def batch(self, epoch: int, step: int) -> Batch:
        """The batch of a step, see `BatchSource.batch`.

        Returns:
            `inputs` (B, C, crop_px, crop_px); `targets`: `np` (B, 1, ...) 0 or 1, `hv` (B, 2, ...).
        """
        order = ShuffledOrder(len(self.split), seed=self.seed)
        first = ((epoch - 1) * self.num_steps + step) * self.batch_size
        crops = [
            self._crop(item, position)
            for position, item in enumerate(order.window(first, self.batch_size), start=first)
        ]
        return Batch(
            inputs=torch.cat([image_tensor(image) for image, _ in crops]),
            targets=_stacked([hv_tensors(labels) for _, labels in crops]),
        )

    def _crop(self, item: int, position: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        rng = derive_rng(self.seed, _CROP_KEY, position)
        image, labels = crop(self.split.image(item), self.split.labels(item), self.crop_px, rng)
        return self.augmentation(image, labels, rng)


def image_tensor(image: NDArray[np.float32]) -> Tensor:
    """A network's input.

    Args:
        image: (H, W, C).

    Returns:
        (1, C, H, W) float32, channels innermost in memory.
    """
    # A copy, since torch wants memory that it may write to and prepared data are read-only.
    return torch.from_numpy(np.array(image, order="C")).permute(2, 0, 1).unsqueeze(0)


def hv_tensors(labels: NDArray[np.int32]) -> dict[str, Tensor]:
    """The targets of one image.

    Args:
        labels: (H, W), 0 is background.

    Returns:
        float32 `np` (1, 1, H, W), 1 on nuclei and 0 elsewhere, and `hv` (1, 2, H, W).
    """
    nuclei = torch.from_numpy((labels > 0).astype(np.float32))
    return {"np": nuclei[None, None], "hv": torch.from_numpy(hv_targets(labels)).unsqueeze(0)}


def _stacked(targets: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    return {name: torch.cat([target[name] for target in targets]) for name in targets[0]}
