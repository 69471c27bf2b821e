"""The images and labels of one split, ready for training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trainables.data.nucleus_types import UNKNOWN, list_types, no_types

__all__ = ["Split"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Images and labels by index; both are read-only views that are read from disk when used.

    Copy a view before it goes to `torch.from_numpy` (crops and batches are copies anyway).

    Attributes:
        names: One a sample.
        channels: Channels that every image is given with.
        stored_images: (H, W, 1 or C) float32 each, as stored.
        stored_labels: (H, W) int32 each.
        type_names: Of the classes of nuclei, for the types 1, 2, ...; empty: nuclei have no types.
        stored_types: (K, 2) int32 each; empty without types.
    """

    names: Sequence[str]
    channels: int
    stored_images: Sequence[NDArray[np.float32]]
    stored_labels: Sequence[NDArray[np.int32]]
    type_names: Sequence[str] = ()
    stored_types: Sequence[NDArray[np.int32]] = ()

    def __len__(self) -> int:
        return len(self.names)

    def image(self, index: int) -> NDArray[np.float32]:
        """Normalised image (H, W, C) float32; a gray one among colour ones is repeated."""
        stored = self.stored_images[index]
        return np.broadcast_to(stored, (*stored.shape[:2], self.channels))

    def labels(self, index: int) -> NDArray[np.int32]:
        """Labels (H, W) int32; 0 background, every other value one nucleus."""
        return self.stored_labels[index]

    def types(self, index: int) -> NDArray[np.int32]:
        """Id and type of every nucleus, (K, 2) int32, ids ascending; type 0 is unknown.

        (0, 2) where nuclei have no types.
        """
        return self.stored_types[index] if self.type_names else no_types()

    def retyped(self, names: Sequence[str]) -> Split:
        """The same images with other classes: of the same name the same, all others unknown.

        Args:
            names: Of the classes, for the types 1, 2, ...; empty: nuclei have no types.
        """
        if not names:
            return replace(self, type_names=(), stored_types=())
        places = {name: place for place, name in enumerate(names, start=1)}
        new = [UNKNOWN, *(places.get(name, UNKNOWN) for name in self.type_names)]
        stored = [
            list_types(
                self.labels(item),
                {label: new[one] for label, one in self.types(item).tolist()},
                len(names),
            )
            for item in range(len(self))
        ]
        return replace(self, type_names=tuple(names), stored_types=stored)
