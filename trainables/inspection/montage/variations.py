"""One training crop and what the presets of augmentation make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainables.augment import FlipLeftRight, QuarterTurns, build_augmentation
from trainables.augment.config import Preset
from trainables.data import Split, crop
from trainables.decoding import hv_targets

__all__ = ["Patch", "Turn", "choose_crop", "find_turn", "vary"]

#: Crops to choose from: the one whose middle shows best what a nucleus is.
_TRIED_CROPS = 24
#: Draws of a preset until as many different ones as wanted have come up.
_TRIED_DRAWS = 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patch:
    """A training crop with its target, as a network gets it.

    Attributes:
        image: (N, N, C).
        labels: (N, N).
        hv: (2, N, N), computed from the labels.
    """

    image: NDArray[np.float32]
    labels: NDArray[np.int32]
    hv: NDArray[np.float32]

    @classmethod
    def of(cls, image: NDArray[np.float32], labels: NDArray[np.int32]) -> Patch:
        """Computes the target, after all that was done to the labels."""
        return cls(image=image, labels=labels, hv=hv_targets(labels))

    def middle(self, side_px: int) -> tuple[slice, slice]:
        """Rows and columns of the middle: variations turn about it, so it shows the same nuclei."""
        start = (self.labels.shape[0] - side_px) // 2
        return slice(start, start + side_px), slice(start, start + side_px)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One of the eight flips and quarter turns.

    Attributes:
        quarters: Counter-clockwise, 0 to 3, ...
        is_mirrored: ... and whether it is mirrored at a vertical line afterwards.
    """

    quarters: int
    is_mirrored: bool

    def labels(self, labels: NDArray[np.int32]) -> NDArray[np.int32]:
        """Turns labels (N, N)."""
        turned = QuarterTurns(self.quarters).labels(labels)
        return FlipLeftRight().labels(turned) if self.is_mirrored else turned

    def hv(self, maps: NDArray[np.float32]) -> NDArray[np.float32]:
        """Turns HoVer maps (2, N, N), their vectors too."""
        turned = QuarterTurns(self.quarters).hv(maps)
        return FlipLeftRight().hv(turned) if self.is_mirrored else turned

    def __str__(self) -> str:
        words = [f"turned by {90 * self.quarters}"] if self.quarters else []
        words += ["mirrored"] if self.is_mirrored else []
        return ", ".join(words) or "as it is"


_TURNS = tuple(Turn(quarters=q, is_mirrored=m) for m in (False, True) for q in range(4))


def find_turn(patch: Patch, varied: Patch) -> Turn | None:
    """Which flip or quarter turn of the one is the other; None: something else was done to it."""
    return next(
        (turn for turn in _TURNS if np.array_equal(turn.labels(patch.labels), varied.labels)), None
    )


def choose_crop(split: Split, crop_px: int, middle_px: int, seed: int) -> Patch:
    """A crop with several nuclei in its middle."""
    rng = np.random.default_rng([seed, 1])
    tried = []
    for _ in range(_TRIED_CROPS):
        item = int(rng.integers(len(split)))
        tried.append(crop(split.image(item), split.labels(item), crop_px, rng))
    start = (crop_px - middle_px) // 2
    inside = slice(start, start + middle_px)
    return Patch.of(*max(tried, key=lambda one: _clarity(one[1][inside, inside])))


def _clarity(labels: NDArray[np.int32]) -> float:
    """Most for some nuclei that fill half of the place."""
    num_nuclei = len(np.unique(labels[labels > 0]))
    return min(num_nuclei, 6) - 6 * abs(float((labels > 0).mean()) - 0.5)


def vary(patch: Patch, preset: Preset, count: int, seed: int) -> Sequence[Patch]:
    """Different draws of a preset, at most `count`; targets are computed last, as in training."""
    augmentation = build_augmentation(preset)
    found: list[Patch] = []
    for draw in range(_TRIED_DRAWS):
        rng = np.random.default_rng([seed, 2, draw])
        varied = Patch.of(*augmentation(patch.image, patch.labels, rng))
        if not any(np.array_equal(varied.image, other.image) for other in found):
            found.append(varied)
        if len(found) == count:
            break
    return found
