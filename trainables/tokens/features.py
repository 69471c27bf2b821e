"""The features of the images of a split: from disk, or computed whenever they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from trainables.augment import FlipLeftRight, QuarterTurns
from trainables.data import Split
from trainables.tokens.encoder import TokenEncoder
from trainables.tokens.feature_files import FeatureFiles
from trainables.views import image_tensor

__all__ = ["FeatureSource", "LiveFeatures", "StoredFeatures", "encode_array", "turned"]


class FeatureSource(Protocol):
    """Gives the features of whole images. Safe to be used by several threads."""

    def features(self, item: int, orientation: int) -> NDArray[Any]:
        """The features of a whole image in one of its orientations, see `turned`.

        Returns:
            (rows, columns, K) of the turned image, float16 or float32.
        """


class StoredFeatures:
    """Features on disk; the encoder is not loaded."""

    def __init__(self, split: Split, files: FeatureFiles, digests: tuple[str, ...]) -> None:
        """Takes where they are; all that will be asked for is there."""
        self._split = split
        self._files = files
        self._digests = digests

    def features(self, item: int, orientation: int) -> NDArray[Any]:
        """See `FeatureSource.features`."""
        shape = self._split.labels(item).shape
        return self._files.read(self._digests[item], orientation, shape)


class LiveFeatures:
    """Features computed anew each time: the same numbers as on disk."""

    def __init__(self, split: Split, encoder: Callable[[], TokenEncoder]) -> None:
        """Takes what gives the encoder; it is asked when features are."""
        self._split = split
        self._encoder = encoder

    def features(self, item: int, orientation: int) -> NDArray[Any]:
        """See `FeatureSource.features`."""
        return encode_array(self._encoder(), turned(self._split.image(item), orientation))


def encode_array(encoder: TokenEncoder, image: NDArray[np.float32]) -> NDArray[Any]:
    """Features (rows, columns, K) of an image (H, W, C)."""
    tokens = encoder.encode(image_tensor(image))[0]
    features: NDArray[Any] = tokens.permute(1, 2, 0).contiguous().cpu().numpy()
    return features


def turned(array: NDArray[Any], orientation: int) -> NDArray[Any]:
    """One of the eight flips and quarter turns of an array (H, W, ...), as a view.

    Args:
        array: An image or labels.
        orientation: 0 to 3: so many quarters counter-clockwise; 4 to 7: then mirrored left-right.
    """
    view = QuarterTurns(orientation % 4).labels(array)
    return FlipLeftRight().labels(view) if orientation >= 4 else view
