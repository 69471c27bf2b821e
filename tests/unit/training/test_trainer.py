"""The epoch loop on a network small enough to reason about."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from sweeper.protocol import DivergedError, TrialError
from trainables.batches import Batch, derive_rng
from trainables.optimization import OptimConfig
from trainables.training import Trainer, TrainerSettings, seed_torch


@dataclass
class Terms:
    total: Tensor
    raw: dict[str, Tensor]
    weighted: dict[str, Tensor]


class SquaredError(nn.Module):
    """Twice the squared error, with one loss weight that is learnt."""

    def __init__(self) -> None:
        super().__init__()
        self.log_weight = nn.Parameter(torch.zeros(()))

    def forward(self, outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> Terms:
        raw = (outputs["y"] - targets["y"]).square().mean()
        weighted = 2.0 * self.log_weight.exp() * raw
        return Terms(total=weighted, raw={"mse": raw}, weighted={"mse": weighted})


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

    def __init__(self, *, bad_epoch: int = 0) -> None:
        self.bad_epoch = bad_epoch
        self.asked: list[tuple[int, int]] = []

    def batch(self, epoch: int, step: int) -> Batch:
        self.asked.append((epoch, step))
        x = torch.from_numpy(derive_rng(7, epoch, step).normal(size=(4, 1, 8, 8))).float()
        if epoch == self.bad_epoch and step == 3:
            x = x * math.nan
        return Batch(inputs=x, targets={"y": 2 * x})


def build(*, lr: float = 1e-2, source: Noise | None = None, workers: int = 0) -> Trainer:
    seed_torch(3, 0)
    return Trainer(
        model=Network(),
        criterion=SquaredError(),
        source=source or Noise(),
        probe=lambda outputs, targets: {"y_mean": outputs["y"].mean()},
        settings=TrainerSettings(
            epochs=4,
            optim=OptimConfig(lr=lr, weight_decay=0.1, warmup_epochs=1.0, clip_norm=0.5),
            amp=True,
            device=torch.device("cpu"),
            workers=workers,
            seed=3,
        ),
    )


def weights(trainer: Trainer) -> list[Tensor]:
    state = {**trainer.model.state_dict(), **trainer.criterion.state_dict()}
    return [state[name].clone() for name in sorted(state)]


def test_an_epoch_reports_loss_terms_weighted_terms_probes_and_the_step_size() -> None:
    metrics = build().train_epoch()
    assert set(metrics) == {
        "train/loss",
        "train/loss/mse",
        "train/weighted/mse",
        "train/y_mean",
        "grad_norm",
        "lr",
    }
    assert metrics["train/loss"] == metrics["train/weighted/mse"]
    assert metrics["lr"] == 1e-2


def test_the_loss_falls() -> None:
    trainer = build(lr=5e-2)
    first, *_, last = [trainer.train_epoch()["train/loss"] for _ in range(4)]
    assert last < 0.5 * first


def test_every_batch_is_asked_for_once_in_order() -> None:
    source = Noise()
    trainer = build(source=source)
    trainer.train_epoch()
    trainer.train_epoch()
    assert source.asked == [(epoch, step) for epoch in (1, 2) for step in range(5)]


def test_saving_and_loading_changes_no_bit(tmp_path: Path) -> None:
    straight = build()
    expected = [straight.train_epoch() for _ in range(4)]

    first = build()
    found = [first.train_epoch() for _ in range(2)]
    first.save(tmp_path / "trainer.pt", {"seconds": 2.5})
    second = build()
    second.train_epoch()
    assert second.load(tmp_path / "trainer.pt") == {"seconds": 2.5}
    found += [second.train_epoch() for _ in range(2)]

    assert found == expected
    assert all(torch.equal(a, b) for a, b in zip(weights(second), weights(straight), strict=True))


def test_threads_that_prepare_batches_change_no_bit() -> None:
    expected = [build().train_epoch()]
    assert [build(workers=3).train_epoch()] == expected


def test_the_loss_weight_is_trained_and_not_decayed() -> None:
    trainer = build()
    free = trainer._optimizer.param_groups[1]
    assert free["weight_decay"] == 0.0
    assert trainer._optimizer.param_groups[0]["weight_decay"] == 0.1
    # Two kernels are decayed; two biases, the norm's pair and the loss weight are not.
    assert len(trainer._optimizer.param_groups[0]["params"]) == 2
    assert len(free["params"]) == 5
    trainer.train_epoch()
    assert trainer.criterion.log_weight.item() != 0.0


def test_a_loss_that_is_not_finite_ends_the_trial_with_its_epoch() -> None:
    trainer = build(source=Noise(bad_epoch=2))
    trainer.train_epoch()
    with pytest.raises(DivergedError, match=r"^diverged at epoch 2: loss is nan$"):
        trainer.train_epoch()


def test_a_weight_that_is_not_finite_ends_the_trial() -> None:
    trainer = build()
    trainer.criterion.unused = nn.Parameter(torch.tensor(math.inf))
    trainer._parameters.append(trainer.criterion.unused)
    with pytest.raises(DivergedError, match=r"^diverged at epoch 1: a weight is not finite$"):
        trainer.train_epoch()


def test_clipping_bounds_what_a_step_sees_but_not_what_is_reported() -> None:
    assert build().train_epoch()["grad_norm"] > 0.5


def test_a_file_that_is_no_checkpoint_is_a_trial_error(tmp_path: Path) -> None:
    with pytest.raises(TrialError, match="not a checkpoint"):
        build().load(tmp_path / "absent.pt")
    (tmp_path / "torn.pt").write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(TrialError, match="not a checkpoint"):
        build().load(tmp_path / "torn.pt")
    torch.save({"format": 1, "epoch": 1, "model": {}}, tmp_path / "other.pt")
    with pytest.raises(TrialError, match="not a checkpoint of these settings"):
        build().load(tmp_path / "other.pt")
