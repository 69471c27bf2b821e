"""The terms of the NT head: by hand, and what they must not look at."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from trainables.losses import HVLossConfig, NTCELoss, NTDiceLoss, build_criterion
from trainables.losses.classes import rarity_weights

#: A background pixel, one of class 1, two of class 2 and one of unknown class.
TYPES = torch.tensor([[[[0.0, 1.0, 2.0, 2.0, -1.0]]]])


def logits(*probabilities: list[float]) -> Tensor:
    """Of (pixels, classes): (1, classes, 1, pixels)."""
    return torch.tensor(probabilities).log().T[None, :, None]


SURE = logits([0.8, 0.1, 0.1], [0.5, 0.25, 0.25], [0.2, 0.3, 0.5], [0.5, 0.25, 0.25], [1 / 3] * 3)


def test_cross_entropy_by_hand() -> None:
    expected = [-math.log(p) for p in (0.8, 0.25, 0.5, 0.25)]
    assert NTCELoss([1.0, 1.0])(SURE, TYPES).item() == pytest.approx(sum(expected) / 4)
    weighted = expected[0] + 3 * expected[1] + 0.5 * (expected[2] + expected[3])
    assert NTCELoss([3.0, 0.5])(SURE, TYPES).item() == pytest.approx(weighted / 5)


def test_dice_by_hand() -> None:
    # Class 1: 2 x 0.25 / (0.1 + 0.25 + 0.3 + 0.25 + 1); class 2: 2 (0.5 + 0.25) / (1.1 + 2).
    expected = 1 - (0.5 / 1.9 + 1.5 / 3.1) / 2
    assert NTDiceLoss()(SURE, TYPES).item() == pytest.approx(expected, abs=1e-3)
    only_two = torch.where(TYPES == 1, 0.0, TYPES)
    expected = 1 - 1.5 / 3.1
    assert NTDiceLoss()(SURE, only_two).item() == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("loss", [NTCELoss([1.0, 1.0]), NTDiceLoss()], ids=["ce", "dice"])
def test_pixels_of_unknown_class_have_no_say(loss: torch.nn.Module) -> None:
    pred = SURE.clone().requires_grad_()
    loss(pred, TYPES).backward()
    assert pred.grad is not None
    assert (pred.grad[..., -1] == 0).all()
    assert (pred.grad[..., :-1] != 0).any()
    assert pred.grad.isfinite().all()
    nobody = torch.full_like(TYPES, -1.0)
    assert loss(pred, nobody).item() == 0.0
    assert loss(pred, nobody).requires_grad


@pytest.mark.parametrize("loss", [NTCELoss([1.0, 1.0]), NTDiceLoss()], ids=["ce", "dice"])
def test_the_truth_costs_nothing(loss: torch.nn.Module) -> None:
    truth = torch.nn.functional.one_hot(TYPES.clamp(min=0).long()[:, 0], 3).movedim(-1, 1)
    assert loss(60.0 * truth, TYPES).item() == pytest.approx(0.0, abs=1e-3)
    half = (60.0 * truth).to(torch.bfloat16)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert loss(half, TYPES).dtype == torch.float32


def test_gradients_are_those_of_the_values() -> None:
    pred = SURE.double().requires_grad_()
    for loss in (NTCELoss([2.0, 0.5]), NTDiceLoss()):
        torch.autograd.gradcheck(lambda x, loss=loss: loss(x, TYPES.double()), (pred,))


def test_rare_classes_may_weigh_more() -> None:
    assert rarity_weights([90, 10], 0.0) == [1.0, 1.0]
    # All of a class together: 90 x 5/9 = 10 x 5.
    assert rarity_weights([90, 10], 1.0) == pytest.approx([5 / 9, 5.0])
    of_root = rarity_weights([90, 10], 0.5)
    assert of_root[1] / of_root[0] == pytest.approx(3.0)
    assert (90 * of_root[0] + 10 * of_root[1]) / 100 == pytest.approx(1.0)
    assert rarity_weights([0, 0], 1.0) == [1.0, 1.0]


def test_without_types_there_are_no_such_terms() -> None:
    config = HVLossConfig(nt_ce=3, nt_dice=0.5, lambda_nt=2)
    assert not [name for name in build_criterion(config).terms if name.startswith("nt")]
    criterion = build_criterion(config, [5, 5])
    nuclei = (TYPES != 0).float()
    outputs = {"np": torch.zeros_like(nuclei), "hv": torch.zeros(1, 2, 1, 5), "nt": SURE}
    targets = {"np": nuclei, "hv": torch.zeros(1, 2, 1, 5), "nt": TYPES}
    report = criterion(outputs, targets)
    assert report.weights["nt_ce"].item() == 6.0
    assert report.weighted["nt_dice"].item() == pytest.approx(report.raw["nt_dice"].item())
    assert report.raw["nt_ce"].item() == pytest.approx(NTCELoss([1.0, 1.0])(SURE, TYPES).item())
    with pytest.raises(ValueError, match="nothing would be trained"):
        HVLossConfig(lambda_np=0, lambda_hv=0)


@pytest.mark.parametrize("num_types", [0, 2])
@pytest.mark.parametrize(
    "balance",
    [
        "fixed",
        "softmax",
        "uncertainty",
        {"type": "scheduled", "schedules": {"nt_ce": {"start": 0.0, "end": 1.0}}},
    ],
    ids=lambda value: value if isinstance(value, str) else value["type"],
)
def test_they_are_balanced_like_the_others(balance: object, num_types: int) -> None:
    criterion = build_criterion({"balance": balance}, [4] * num_types)
    criterion.set_epoch(1, 10)
    nuclei = (TYPES != 0).float()
    outputs = {"np": torch.zeros_like(nuclei), "hv": torch.zeros(1, 2, 1, 5)}
    targets = {"np": nuclei, "hv": torch.ones(1, 2, 1, 5)}
    if num_types:
        outputs["nt"], targets["nt"] = SURE, TYPES
    report = criterion(outputs, targets)
    assert report.total.isfinite()
    there = [name for name in report.weights if name.startswith("nt_")]
    assert there == ["nt_ce", "nt_dice"][:num_types]
    if num_types:
        is_scheduled = not isinstance(balance, str)
        assert (report.weights["nt_ce"].item() == 0.0) == is_scheduled
        assert report.weights["nt_dice"].item() > 0
