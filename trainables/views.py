"""What a network is shown of a whole image and of a training crop: the one place that decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainables.augment import Augmentation
from trainables.data import Split, cut, draw_place

__all__ = ["CropView", "PixelViews", "View", "Views", "draw_crop", "image_tensor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a network is shown of one image.

    Attributes:
        image: (1, C, H, W) float32.
        features: (1, K, rows, columns) float32, what a frozen encoder made of the image: one vector
            for each square of `grid_px` pixels, from the upper left corner on; the last squares may
            go beyond the image. None: the network sees the image alone.
        grid_px: Side of such a square; 1 without features.
    """

    image: Tensor
    features: Tensor | None = None
    grid_px: int = 1

    def to(self, device: torch.device) -> View:
        """The same view on a device."""
        return replace(
            self,
            image=self.image.to(device),
            features=None if self.features is None else self.features.to(device),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CropView:
    """A training crop: what the network is shown, and the truth.

    Attributes:
        view: Of the crop.
        labels: (N, N) int32, as the crop shows them: cut, turned and warped with the image.
    """

    view: View
    labels: NDArray[np.int32]


class Views(Protocol):
    """Images as one kind of network sees them. Safe to be used by several threads."""

    @property
    def split(self) -> Split:
        """The images."""

    def whole(self, item: int) -> View:
        """A whole image, as it is."""

    def crop(
        self, item: int, size_px: int, nuclei_frac: float, rng: np.random.Generator
    ) -> CropView:
        """A random square of an image, augmented.

        Args:
            item: Which image.
            size_px: Height and width; smaller images are padded.
            nuclei_frac: Probability that the crop is placed on a nucleus.
            rng: The only source of randomness: its equal state gives an equal crop.
        """


class PixelViews:
    """For networks that see nothing but the image, see `Views`."""

    def __init__(self, split: Split, augmentation: Augmentation | None = None) -> None:
        """Takes images, and how crops of them are varied; None: not at all."""
        self.split = split
        self._augmentation = augmentation or Augmentation()

    def whole(self, item: int) -> View:
        """See `Views.whole`."""
        return View(image=image_tensor(self.split.image(item)))

    def crop(
        self, item: int, size_px: int, nuclei_frac: float, rng: np.random.Generator
    ) -> CropView:
        """See `Views.crop`."""
        image, labels = self.augmented_crop(item, size_px, nuclei_frac, rng)
        return CropView(view=View(image=image_tensor(image)), labels=labels)

    def augmented_crop(
        self, item: int, size_px: int, nuclei_frac: float, rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """A crop as arrays: image (N, N, C) and labels (N, N)."""
        image, labels = self.split.image(item), self.split.labels(item)
        place = draw_crop(labels, size_px, nuclei_frac, rng)
        return self._augmentation(cut(image, place, size_px), cut(labels, place, size_px), rng)


def image_tensor(image: NDArray[np.float32]) -> Tensor:
    """A network's input.

    Args:
        image: (H, W, C).

    Returns:
        (1, C, H, W) float32, channels innermost in memory.
    """
    # A copy, since torch wants memory that it may write to and prepared data are read-only.
    return torch.from_numpy(np.array(image, order="C")).permute(2, 0, 1).unsqueeze(0)


def draw_crop(
    labels: NDArray[np.int32],
    size_px: int,
    nuclei_frac: float,
    rng: np.random.Generator,
    *,
    step_px: int = 1,
) -> tuple[int, int]:
    """Draws where a training crop lies, see `draw_place`; some crops are placed on a nucleus."""
    shape, corner = labels.shape, (0, 0)
    if rng.random() < nuclei_frac and (pixels := np.flatnonzero(labels)).size:
        pixel = divmod(int(pixels[rng.integers(pixels.size)]), shape[1])
        corner = _corner_near(pixel, shape, size_px, step_px, rng)
        shape = tuple(min(size_px, side - start) for side, start in zip(shape, corner, strict=True))
    row, column = draw_place(shape, size_px, rng, step_px=step_px)
    return corner[0] + row, corner[1] + column


def _corner_near(
    pixel: tuple[int, int],
    shape: Sequence[int],
    size_px: int,
    step_px: int,
    rng: np.random.Generator,
) -> tuple[int, int]:
    """The corner of a square that has the pixel in a random one of its cells."""
    starts = []
    for at, side in zip(pixel, shape, strict=True):
        cell = at // step_px - int(rng.integers(size_px // step_px))
        last = -(-max(0, side - size_px) // step_px)
        starts.append(step_px * min(max(0, cell), last))
    return starts[0], starts[1]
