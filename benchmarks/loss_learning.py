"""How fast a small network learns to find sparse nuclei with a loss, over seeds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from trainables.augment import build_augmentation
from trainables.data import prepare
from trainables.hv.building import build_crops, build_trainer
from trainables.hv.config import HVConfig
from trainables.views import PixelViews

__all__ = ["EPOCHS", "GOAL", "LEARNT", "Learning", "learn"]

EPOCHS = 30
GOAL = 0.90
_RISING = {"type": "scheduled", "schedules": {"np_boundary": {"start": 0.01, "end": 1.0}}}
#: What `loss` of the 2-D trainable says, by the name in the table.
LEARNT: dict[str, dict] = {
    "bce": {"np": "bce"},
    "dice": {"np": "dice"},
    "iou": {"np": "iou"},
    "dice_ce": {"np": "dice_ce"},
    "tversky": {"np": "tversky"},
    "focal_tversky": {"np": "focal_tversky"},
    "focal": {"np": "focal"},
    "focal, alpha 0.25": {"np": {"type": "focal", "alpha": 0.25}},
    "combined": {"np": "combined"},
    "dice + boundary": {"np": ["dice", "boundary"], "balance": _RISING},
    "dice + hausdorff_dt": {"np": ["dice", {"type": "hausdorff_dt", "weight": 0.01}]},
    "bce + dice, softmax": {"np": ["bce", "dice"], "balance": "softmax"},
    "bce + dice, uncertainty": {"np": ["bce", "dice"], "balance": "uncertainty"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """Dice of the foreground over all validation pixels: at 0.5 after each epoch, and at the end
    at the threshold that suits best.
    """

    dices: tuple[float, ...]
    best: float
    best_threshold: float

    @property
    def epochs_to_goal(self) -> int | None:
        """The first epoch that reached it, from 1."""
        reached = [epoch for epoch, dice in enumerate(self.dices, start=1) if dice >= GOAL]
        return reached[0] if reached else None


def learn(name: str, seed: int, cache_dir: Path) -> Learning:
    """Trains a network from scratch; the Dice is the only thing that it is asked for."""
    config = _settings(name)
    data = prepare(config.data, cache_dir)
    crops = PixelViews(data.train, build_augmentation(config.augment))
    trainer = build_trainer(
        config,
        data,
        source=build_crops(config, crops, seed),
        device=torch.device("cpu"),
        workers=0,
        seed=seed,
    )
    views = PixelViews(data.val)
    images = torch.cat([views.whole(item).image for item in range(len(data.val))])
    truth = torch.stack([torch.from_numpy(data.val.labels(i) > 0) for i in range(len(data.val))])
    dices = []
    for _ in range(EPOCHS):
        trainer.train_epoch()
        probability = _foreground(trainer.model, images)
        dices.append(_dice(probability, truth, 0.5))
    levels = [step / 20 for step in range(1, 20)]
    found = {level: _dice(probability, truth, level) for level in levels}
    best = max(levels, key=found.__getitem__)
    return Learning(dices=tuple(dices), best=found[best], best_threshold=best)


def _settings(name: str) -> HVConfig:
    """A problem that is small enough for a minute of a CPU."""
    return HVConfig.model_validate(
        {
            "epochs": EPOCHS,
            "data": {
                "source": "synthetic",
                "look": "fluorescence",
                "num_train": 32,
                "num_val": 16,
                "num_test": 0,
                "size_px": 96,
                "crowding": 0.15,
            },
            "crop_px": 64,
            "batch_size": 8,
            "steps_per_epoch": 6,
            "nuclei_frac": 0.5,
            "collapse_every": 1000,
            "model": {"name": "unet", "width": 8, "depth": 3},
            "loss": {**LEARNT[name], "lambda_hv": 0.0},
            "optim": {"lr": 1e-3, "schedule": "constant"},
            "augment": {"preset": "some"},
        }
    )


def _foreground(model: torch.nn.Module, images: torch.Tensor) -> torch.Tensor:
    model.eval()
    with torch.inference_mode():
        return model(images)["np"][:, 0].sigmoid()


def _dice(probability: torch.Tensor, truth: torch.Tensor, threshold: float) -> float:
    found = probability > threshold
    return float(2 * (found & truth).sum() / (found.sum() + truth.sum()).clamp(min=1))
