"""The epoch loop that 2-D and 3-D training share: schedule, clipping, precision, running ahead."""

from trainables.training.divergence import diverged
from trainables.training.layout import channels_last
from trainables.training.randomness import seed_torch
from trainables.training.settings import TrainerSettings
from trainables.training.trainer import Trainer
from trainables.training.watching import EpochWatch, Watch

__all__ = [
    "EpochWatch",
    "Trainer",
    "TrainerSettings",
    "Watch",
    "channels_last",
    "diverged",
    "seed_torch",
]
