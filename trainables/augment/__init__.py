"""Variations of training crops, in which nuclei and their HoVer vectors turn together."""

from trainables.augment.affine import Affine, AffineRange
from trainables.augment.augmentation import Augmentation, build_augmentation
from trainables.augment.config import AugmentConfig
from trainables.augment.exact import (
    ExactTransform,
    FlipLeftRight,
    FlipUpDown,
    QuarterTurns,
    Transpose,
)
from trainables.augment.intensity import IntensityRange

__all__ = [
    "Affine",
    "AffineRange",
    "AugmentConfig",
    "Augmentation",
    "ExactTransform",
    "FlipLeftRight",
    "FlipUpDown",
    "IntensityRange",
    "QuarterTurns",
    "Transpose",
    "build_augmentation",
]
