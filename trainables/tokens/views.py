"""What the decoder of tokens is shown: pixels, and the features of a frozen encoder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainables.augment import Augmentation
from trainables.data import Split, cut
from trainables.tokens.encoder import TokenEncoder
from trainables.tokens.feature_files import NUM_ORIENTATIONS
from trainables.tokens.features import FeatureSource, turned
from trainables.views import CropView, PixelViews, View, draw_crop, image_tensor

__all__ = ["EncodedCropViews", "TokenViews"]


class TokenViews:
    """Crops are cut from the features of the whole image, on the grid of its tokens.

    With flips the image is turned as a whole, and its features are those of the turned image: the
    encoder is not blind to directions, so features can't be turned themselves. What a crop shows
    beyond the image is 0, in the features too.
    """

    def __init__(
        self, split: Split, source: FeatureSource, *, grid_px: int, flips: bool = False
    ) -> None:
        """Takes the images and their features.

        Args:
            split: The images.
            source: Their features.
            grid_px: Side of the square that a token stands for.
            flips: Whether crops come in all eight flips and quarter turns.
        """
        self.split = split
        self._source = source
        self._grid_px = grid_px
        self._flips = flips

    def whole(self, item: int) -> View:
        """See `Views.whole`."""
        features = self._source.features(item, 0)
        image = image_tensor(self.split.image(item))
        return View(image=image, features=_feature_tensor(features), grid_px=self._grid_px)

    def crop(
        self, item: int, size_px: int, nuclei_frac: float, rng: np.random.Generator
    ) -> CropView:
        """See `Views.crop`; `size_px` is a multiple of the grid."""
        step = self._grid_px
        orientation = int(rng.integers(NUM_ORIENTATIONS)) if self._flips else 0
        labels = turned(self.split.labels(item), orientation)
        place = draw_crop(labels, size_px, nuclei_frac, rng, step_px=step)
        features = self._source.features(item, orientation)
        cells = cut(features, (place[0] // step, place[1] // step), size_px // step)
        image = cut(turned(self.split.image(item), orientation), place, size_px)
        view = View(
            image=image_tensor(image), features=_feature_tensor(cells), grid_px=self._grid_px
        )
        return CropView(view=view, labels=cut(labels, place, size_px))


class EncodedCropViews:
    """Crops are augmented as for any network, then encoded; whole images as in `TokenViews`."""

    def __init__(
        self, whole: TokenViews, augmentation: Augmentation, encoder: Callable[[], TokenEncoder]
    ) -> None:
        """Takes how whole images are seen, how crops are varied, and what gives the encoder."""
        self.split = whole.split
        self._whole = whole
        self._pixels = PixelViews(whole.split, augmentation)
        self._encoder = encoder

    def whole(self, item: int) -> View:
        """See `Views.whole`."""
        return self._whole.whole(item)

    def crop(
        self, item: int, size_px: int, nuclei_frac: float, rng: np.random.Generator
    ) -> CropView:
        """See `Views.crop`."""
        crop = self._pixels.crop(item, size_px, nuclei_frac, rng)
        encoder = self._encoder()
        features = encoder.encode(crop.view.image).float().clone()
        view = View(image=crop.view.image, features=features, grid_px=encoder.grid_px)
        return CropView(view=view, labels=crop.labels)


def _feature_tensor(features: NDArray[Any]) -> Tensor:
    """(1, K, rows, columns) float32 of (rows, columns, K)."""
    return torch.from_numpy(np.array(features, np.float32)).permute(2, 0, 1).unsqueeze(0)
