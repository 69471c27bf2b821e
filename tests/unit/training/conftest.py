"""A network small enough to reason about, and everything that training it takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from trainables.optimization import OptimConfig
from trainables.training import Trainer, TrainerSettings, seed_torch
from trainables.training.batches import Batch, derive_rng


@dataclass
class Terms:
    total: Tensor
    raw: dict[str, Tensor]
    weighted: dict[str, Tensor]
    weights: dict[str, Tensor]


class SquaredError(nn.Module):
    """The squared error, with a loss weight that is learnt and rises from epoch to epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.log_weight = nn.Parameter(torch.zeros(()))
        self.factor = 0.0

    def set_epoch(self, epoch: int, num_epochs: int) -> None:
        self.factor = 2.0 + 0.5 * (epoch - 1) / num_epochs

    def forward(self, outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> Terms:
        raw = (outputs["y"] - targets["y"]).square().mean()
        weight = self.factor * self.log_weight.exp()
        weighted = weight * raw
        return Terms(
            total=weighted,
            raw={"mse": raw},
            weighted={"mse": weighted},
            weights={"mse": weight},
        )


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Dropout(0.3), nn.Conv2d(4, 1, 1)
        )

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {"y": self.layers(x)}


class Noise:
    """Learn to double the input."""

    num_steps = 5

    def __init__(self, *, bad_epoch: int = 0, fault: Exception | None = None) -> None:
        self.bad_epoch = bad_epoch
        self.fault = fault
        self.asked: list[tuple[int, int]] = []

    def batch(self, epoch: int, step: int) -> Batch:
        self.asked.append((epoch, step))
        x = torch.from_numpy(derive_rng(7, epoch, step).normal(size=(4, 1, 8, 8))).float()
        if epoch == self.bad_epoch and step == 3:
            if self.fault is not None:
                raise self.fault
            x = x * math.nan
        return Batch(inputs=x, targets={"y": 2 * x})


class Adding:
    """Adds up what the network answered, over all finished epochs, and counts the looks."""

    def __init__(self) -> None:
        self.load_state({})

    def begin(self, epoch: int, num_steps: int) -> AddingEpoch:
        return AddingEpoch(self, num_steps)

    def state(self) -> dict[str, float]:
        return dict(self.kept)

    def load_state(self, state: Mapping[str, float]) -> None:
        self.kept = {"y_sum": 0.0, "looks": 0, **state}


class AddingEpoch:
    def __init__(self, watch: Adding, num_steps: int) -> None:
        self.watch = watch
        self.steps = iter(range(num_steps))
        self.found = dict(watch.kept)
        self.unread: list[tuple[int, Tensor]] = []

    def look(self, step: int, outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> None:
        assert not torch.is_grad_enabled()
        assert outputs.keys() == targets.keys()
        self.unread.append((step, outputs["y"].sum()))

    def read(self) -> None:
        for step, answer in self.unread:
            assert step == next(self.steps)
            self.found["looks"] += 1
            self.found["y_sum"] += float(answer)
        self.unread.clear()

    def finish(self) -> dict[str, float]:
        assert not self.unread
        assert next(self.steps, None) is None
        self.watch.kept = self.found
        return {f"train/{name}": float(value) for name, value in self.found.items()}


@pytest.fixture
def noise() -> type[Noise]:
    return Noise


@pytest.fixture
def build(noise: type[Noise]) -> Callable[..., Trainer]:
    def built(
        *,
        lr: float = 1e-2,
        source: Noise | None = None,
        workers: int = 0,
        epochs: int = 4,
        watched: bool = True,
    ) -> Trainer:
        seed_torch(3, 0)
        return Trainer(
            model=Network(),
            criterion=SquaredError(),
            source=source or noise(),
            settings=TrainerSettings(
                epochs=epochs,
                optim=OptimConfig(lr=lr, weight_decay=0.1, warmup_epochs=1.0, clip_norm=0.5),
                amp=True,
                device=torch.device("cpu"),
                workers=workers,
                seed=3,
            ),
            watch=Adding() if watched else None,
        )

    return built
