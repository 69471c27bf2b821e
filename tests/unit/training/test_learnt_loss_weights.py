"""The real criterion with weights that are learnt or change, in the real trainer."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from trainables.losses import build_criterion
from trainables.optimization import OptimConfig
from trainables.training import Trainer, TrainerSettings, seed_torch
from trainables.training.batches import Batch, derive_rng

EPOCHS = 4
SOFTMAX = {"type": "softmax", "entropy_floor": 0.9}
RISING = {"type": "scheduled", "schedules": {"np_boundary": {}, "hv_mse": {"end": 0.2}}}
LOSSES: list[dict[str, Any]] = [
    {"balance": "uncertainty", "np": ["focal", "dice"]},
    {"balance": SOFTMAX, "np": "combined"},
    {"balance": RISING, "np": ["bce", "boundary"]},
]


class Heads(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Conv2d(1, 6, 3, padding=1)
        self.heads = nn.Conv2d(6, 3, 1)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        maps = self.heads(self.body(x).relu())
        return {"np": maps[:, :1], "hv": maps[:, 1:].tanh()}


class Discs:
    """A bright disc in each image, its maps pointing outwards."""

    num_steps = 3

    def batch(self, epoch: int, step: int) -> Batch:
        rng = derive_rng(7, epoch, step)
        y, x = torch.meshgrid(torch.arange(12.0), torch.arange(12.0), indexing="ij")
        centers = torch.from_numpy(rng.uniform(4, 8, size=(2, 2, 1, 1))).float()
        maps = torch.stack([x - centers[:, 0], y - centers[:, 1]], dim=1) / 4
        disc = (maps.norm(dim=1, keepdim=True) < 1).float()
        noise = torch.from_numpy(rng.normal(size=(2, 1, 12, 12))).float()
        return Batch(inputs=disc + noise, targets={"np": disc, "hv": maps * disc})


def build(loss: dict[str, Any]) -> Trainer:
    seed_torch(3, 0)
    return Trainer(
        model=Heads(),
        criterion=build_criterion(loss),
        source=Discs(),
        settings=TrainerSettings(
            epochs=EPOCHS,
            optim=OptimConfig(lr=0.05, weight_decay=0.5, warmup_epochs=0.0),
            amp=False,
            device=torch.device("cpu"),
            workers=0,
            seed=3,
        ),
    )


@pytest.mark.parametrize("loss", LOSSES[:2], ids=str)
def test_learnt_weights_are_in_the_optimizer_without_weight_decay(loss: dict[str, Any]) -> None:
    trainer = build(loss)
    (learnt,) = trainer.criterion.parameters()
    groups = trainer._learner._optimizer.param_groups
    decay = {id(each): group["weight_decay"] for group in groups for each in group["params"]}
    assert decay[id(learnt)] == 0.0
    assert decay[id(trainer.model.body.weight)] == 0.5
    trainer.train_epoch()
    assert learnt.any()


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_weights_go_on_from_a_checkpoint_to_the_last_bit(
    loss: dict[str, Any], tmp_path: Path
) -> None:
    straight = build(loss)
    expected = [straight.train_epoch() for _ in range(EPOCHS)]
    first = build(loss)
    found = [first.train_epoch(), first.train_epoch()]
    first.train_ahead(lambda: True)
    first.save(tmp_path / "trainer.pt")
    second = build(loss)
    second.load(tmp_path / "trainer.pt")
    found += [second.train_epoch(), second.train_epoch()]
    assert found == expected
    ends = [trainer.criterion.state_dict() for trainer in (second, straight)]
    assert ends[0].keys() == ends[1].keys()
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_every_term_reports_its_value_its_part_and_its_weight(loss: dict[str, Any]) -> None:
    trainer = build(loss)
    first, second = trainer.train_epoch(), trainer.train_epoch()
    prefix = "train/loss/"
    terms = [name.removeprefix(prefix) for name in first if name.startswith(prefix)]
    assert {"np_bce", "np_dice", "hv_mse", "hv_magnitude"} < {*terms}
    weighted = sum(second[f"train/weighted/{term}"] for term in terms)
    assert weighted == pytest.approx(second["train/loss"], rel=1e-5, abs=1e-6)
    assert second["train/weight/hv_magnitude"] == 0
    assert second["train/weight/hv_mse"] != first["train/weight/hv_mse"]


def test_the_weight_that_is_reported_is_the_one_that_was_used() -> None:
    trainer = build(LOSSES[0])
    trainer.train_epoch()
    before = trainer.criterion.balance.factors()["hv_mse"].item()
    values = trainer._learner.step(Discs().batch(2, 0), rate=0.05)
    assert values["train/weight/hv_mse"].item() == before
    assert trainer.criterion.balance.factors()["hv_mse"].item() != before


def test_uncertainty_moves_weights_towards_one_over_the_loss() -> None:
    trainer = build({"balance": "uncertainty"})
    metrics = [trainer.train_epoch() for _ in range(EPOCHS)][-1]
    # The maps' error is far below 1 and the slopes' above it.
    assert metrics["train/loss/hv_mse"] < 1 < metrics["train/loss/hv_gradient"]
    assert metrics["train/weight/hv_mse"] > 0.5 > metrics["train/weight/hv_gradient"]
    assert all(math.isfinite(value) for value in metrics.values())
