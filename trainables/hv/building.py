"""From settings and data to the parts of a trial of the 2-D trainable."""

from __future__ import annotations

import torch

from trainables.data import PreparedData
from trainables.hv.collapse_watch import CollapseWatch
from trainables.hv.config import HVConfig
from trainables.hv.crops import CropBatches, CropSampling
from trainables.losses import build_criterion
from trainables.models import build_model
from trainables.training import Trainer, TrainerSettings, seed_torch
from trainables.training.batches import BatchSource
from trainables.views import Views

__all__ = ["build_crops", "build_trainer"]

_MODEL_KEY = 0


def build_crops(config: HVConfig, views: Views, seed: int) -> CropBatches:
    """The training batches, cut from what the network sees of the images."""
    sampling = CropSampling(
        crop_px=config.crop_px,
        batch_size=config.batch_size,
        num_steps=config.num_steps(len(views.split)),
        area_power=config.area_power,
        nuclei_frac=config.nuclei_frac,
    )
    return CropBatches(views, sampling=sampling, seed=seed)


def build_trainer(
    config: HVConfig,
    data: PreparedData,
    *,
    source: BatchSource,
    device: torch.device,
    workers: int,
    seed: int,
) -> Trainer:
    """The network and its loss, as many heads as the data have use for; nothing is trained yet."""
    seed_torch(seed, _MODEL_KEY)
    return Trainer(
        model=build_model(config.model, data.channels, len(data.type_names)).to(device),
        criterion=build_criterion(config.loss, data.type_counts).to(device),
        source=source,
        settings=TrainerSettings(
            epochs=config.epochs,
            optim=config.optim,
            amp=config.amp,
            device=device,
            workers=workers,
            seed=seed,
        ),
        watch=CollapseWatch(config.collapse_every) if config.collapse_every else None,
    )
