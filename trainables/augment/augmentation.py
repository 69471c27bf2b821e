"""Varies training crops: presets none, some, all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from trainables.augment.affine import AffineRange
from trainables.augment.config import AugmentConfig, Preset
from trainables.augment.exact import FlipLeftRight, QuarterTurns
from trainables.augment.intensity import IntensityRange

__all__ = ["Augmentation", "build_augmentation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmentation:
    """Varies an image and its labels; targets are to be computed afterwards.

    Attributes:
        flips: Whether to draw one of the eight flips and quarter turns, all equally likely.
        affine: The warps to draw from; None: no warp.
        affine_frac: Share of the crops that are warped.
        intensity: The changes of intensity to draw from; None: no change.
    """

    flips: bool = False
    affine: AffineRange | None = None
    affine_frac: float = 0.5
    intensity: IntensityRange | None = None

    def __call__(
        self, image: NDArray[np.float32], labels: NDArray[np.int32], rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Draws a variation and applies it.

        Args:
            image: (N, N, C) float32, about [0, 1]; left as it is.
            labels: (N, N) int32; left as they are.
            rng: The only source of randomness: its equal state gives an equal result.

        Returns:
            Contiguous arrays of the same shapes and types, which may be the arguments themselves.
            No id is new; a warp may push some out.

        Raises:
            ValueError: The crop is not square, or image and labels differ in size.
        """
        if image.shape[:2] != labels.shape or labels.shape[0] != labels.shape[1]:
            raise ValueError(f"needs square crops, not {image.shape} with {labels.shape}")
        if self.flips:
            turn = QuarterTurns(int(rng.integers(4)))
            image, labels = turn.image(image), turn.labels(labels)
            if rng.random() < 0.5:
                image, labels = FlipLeftRight().image(image), FlipLeftRight().labels(labels)
        if self.affine is not None and rng.random() < self.affine_frac:
            warp = self.affine.draw(rng)
            image, labels = warp.image(image), warp.labels(labels)
        if self.intensity is not None:
            image = self.intensity.apply(image, rng)
        return np.ascontiguousarray(image), np.ascontiguousarray(labels)


def build_augmentation(config: AugmentConfig | Preset) -> Augmentation:
    """Builds what a preset stands for."""
    preset = config.preset if isinstance(config, AugmentConfig) else config
    match preset:
        case "none":
            return Augmentation()
        case "some":
            return Augmentation(flips=True)
        case "all":
            return Augmentation(
                flips=True,
                affine=AffineRange(angle_deg=15.0, smallest=0.9, largest=1.3, stretch=1.08),
                intensity=IntensityRange(
                    gain=1.3,
                    offset=0.08,
                    gamma=1.35,
                    noise=0.05,
                    blur_px=1.0,
                    colour=0.04,
                    rare_frac=0.3,
                ),
            )
        case _:
            assert_never(preset)
