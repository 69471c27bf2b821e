"""Losses of the library whose value can be worked out by hand, in two and three dimensions."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from trainables.losses import build_loss

#: Probabilities 0.5, 0.9, 0.2, 0.4 of pixels of which the first two are foreground.
P = [0.5, 0.9, 0.2, 0.4]
TP, FP, FN = 1.4, 0.6, 0.6


def binary(dims: int) -> tuple[Tensor, Tensor]:
    shape = (1, 1, *[1] * (dims - 1), 4)
    target = torch.tensor([1.0, 1.0, 0.0, 0.0]).reshape(shape)
    return torch.tensor(P).logit().reshape(shape), target


def three_classes(dims: int) -> tuple[Tensor, Tensor]:
    """Two pixels, of class 2 and 0: probabilities (0.2, 0.3, 0.5) and (0.7, 0.2, 0.1)."""
    shape = (1, 3, *[1] * (dims - 1), 2)
    logits = torch.tensor([[0.2, 0.7], [0.3, 0.2], [0.5, 0.1]]).log().reshape(shape)
    return logits, torch.tensor([2, 0]).reshape(1, 1, *shape[2:])


def log(*values: float) -> float:
    """Mean of -log."""
    return -sum(map(math.log, values)) / len(values)


BINARY: list[tuple[Any, float]] = [
    ("bce", log(0.5, 0.9, 0.8, 0.6)),
    ({"type": "bce", "pos_weight": 3}, (6 * log(0.5, 0.9) + 2 * log(0.8, 0.6)) / 4),
    ("dice", 1 - 2 * TP / (2 * TP + FP + FN)),
    ("iou", 1 - TP / (TP + FP + FN)),
    ("dice_ce", 1 - 2 * TP / (2 * TP + FP + FN) + log(0.5, 0.9, 0.8, 0.6)),
    ({"type": "dice_ce", "dice_weight": 0, "ce_weight": 2}, 2 * log(0.5, 0.9, 0.8, 0.6)),
    ({"type": "tversky", "fp_weight": 0.2, "fn_weight": 0.8}, 1 - TP / (TP + 0.2 * FP + 0.8 * FN)),
    (
        {"type": "focal_tversky", "fp_weight": 0.2, "fn_weight": 0.8, "exponent": 0.5},
        math.sqrt(1 - TP / (TP + 0.2 * FP + 0.8 * FN)),
    ),
    (
        "focal",
        -sum((1 - p) ** 2 * math.log(p) for p in (0.5, 0.9, 0.8, 0.6)) / 4,
    ),
    (
        {"type": "focal", "gamma": 1, "alpha": 0.25},
        -(
            0.25 * sum((1 - p) * math.log(p) for p in (0.5, 0.9))
            + 0.75 * sum((1 - p) * math.log(p) for p in (0.8, 0.6))
        )
        / 4,
    ),
    (
        {"type": "focal", "gamma": 0, "alpha": [1.0, 3.0]},
        (6 * log(0.5, 0.9) + 2 * log(0.8, 0.6)) / 4,
    ),
    ({"type": "mse", "activation": "sigmoid"}, (0.25 + 0.01 + 0.04 + 0.16) / 4),
]
DICE_1, DICE_2 = 1.0, 1 - 2 * 0.5 / (2 * 0.5 + 0.1 + 0.5)
DICE_0 = 1 - 2 * 0.7 / (2 * 0.7 + 0.2 + 0.3)
CLASSES: list[tuple[Any, float]] = [
    ("bce", log(0.5, 0.7)),
    ({"type": "bce", "pos_weight": 4}, (4 * log(0.5) + log(0.7)) / 2),
    # Class 1 is not there, class 0 the background.
    ("dice", DICE_2),
    ({"type": "dice", "include_background": True}, (DICE_2 + DICE_0) / 2),
    ("iou", 1 - 0.5 / (0.5 + 0.1 + 0.5)),
    ({"type": "tversky", "fp_weight": 0.2, "fn_weight": 0.8}, 1 - 0.5 / (0.5 + 0.02 + 0.4)),
    ("focal", -(0.5**2 * math.log(0.5) + 0.3**2 * math.log(0.7)) / 2),
    (
        {"type": "focal", "gamma": 1, "alpha": 0.25},
        -(0.25 * 0.5 * math.log(0.5) + 0.75 * 0.3 * math.log(0.7)) / 2,
    ),
    ({"type": "focal", "gamma": 0, "alpha": [1.0, 5.0, 3.0]}, (3 * log(0.5) + log(0.7)) / 2),
    ("dice_ce", DICE_2 + log(0.5, 0.7)),
]


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize(("settings", "expected"), BINARY, ids=str)
def test_binary(settings: Any, expected: float, dims: int) -> None:
    assert build_loss(settings)(*binary(dims)).item() == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize(("settings", "expected"), CLASSES, ids=str)
def test_classes(settings: Any, expected: float, dims: int) -> None:
    logits, target = three_classes(dims)
    assert build_loss(settings)(logits, target).item() == pytest.approx(expected, abs=1e-3)
    channels = torch.cat([target == number for number in range(3)], dim=1).float()
    assert build_loss(settings)(logits, channels).item() == pytest.approx(expected, abs=1e-3)


def test_recall_asks_for_a_higher_weight_of_false_negatives() -> None:
    # The same error of 0.3 probability, once too little and once too much.
    target = torch.tensor([1.0, 1.0, 0.0, 0.0]).reshape(1, 1, 1, 4)
    missing = torch.tensor([0.999, 0.7, 0.001, 0.001]).logit().reshape(1, 1, 1, 4)
    excess = torch.tensor([0.999, 0.999, 0.3, 0.001]).logit().reshape(1, 1, 1, 4)
    recall = build_loss({"type": "tversky", "fp_weight": 0.3, "fn_weight": 0.7})
    precision = build_loss({"type": "tversky", "fp_weight": 0.6, "fn_weight": 0.4})
    assert recall(missing, target) > recall(excess, target)
    assert precision(missing, target) < precision(excess, target)


def test_focal_alpha_below_one_half_makes_the_foreground_quieter() -> None:
    target = torch.tensor([1.0, 0.0]).reshape(1, 1, 1, 2)
    logits = torch.zeros(1, 1, 1, 2, requires_grad=True)
    loss = build_loss({"type": "focal", "alpha": 0.25})(logits, target)
    (slope,) = torch.autograd.grad(loss, logits)
    foreground, background = slope.flatten().abs().tolist()
    assert foreground == pytest.approx(background / 3)


def test_the_best_constant_of_the_focal_loss_is_not_the_share() -> None:
    # Among 10,000 pixels 210 are foreground.
    target = (torch.arange(10_000) < 210).float().reshape(1, 1, 100, 100)
    levels = torch.linspace(0.005, 0.3, 296)

    def best(settings: Any) -> float:
        loss = build_loss(settings)
        costs = [loss(torch.full_like(target, p.logit()), target).item() for p in levels]
        return float(levels[costs.index(min(costs))])

    assert best("bce") == pytest.approx(0.021, abs=1e-3)
    assert best({"type": "focal", "alpha": 0.25}) == pytest.approx(0.138, abs=2e-3)
    assert best("focal") == pytest.approx(0.193, abs=2e-3)


@pytest.mark.parametrize("dims", [2, 3])
def test_smooth_l1_on_both_sides_of_beta(dims: int) -> None:
    shape = (1, 1, *[1] * (dims - 1), 2)
    values = torch.tensor([0.05, 0.5]).atanh().reshape(shape)
    loss = build_loss({"type": "smooth_l1", "beta": 0.1, "activation": "tanh"})
    expected = (0.05**2 / 0.2 + (0.5 - 0.05)) / 2
    assert loss(values, torch.zeros(shape)).item() == pytest.approx(expected, rel=1e-5)


def test_mse_over_a_mask() -> None:
    values = torch.tensor([1.0, 2.0, 3.0, 9.0]).reshape(1, 1, 2, 2)
    mask = torch.tensor([1.0, 1.0, 0.0, 0.0]).reshape(1, 1, 2, 2)
    loss = build_loss("mse")
    assert loss(values, torch.zeros_like(values), mask).item() == pytest.approx(2.5)
    both = values.expand(1, 2, 2, 2)
    assert loss(both, torch.zeros_like(both), mask).item() == pytest.approx(2.5)


def test_dice_over_the_batch_or_an_image_at_a_time() -> None:
    # One image is found, of the other (a tenth of the size) nothing is.
    target = torch.zeros(2, 1, 10, 10)
    target[0] = 1
    target[1, 0, 0] = 1
    logits = torch.full((2, 1, 10, 10), -20.0)
    logits[0] = 20
    batch = build_loss("dice")(logits, target)
    single = build_loss({"type": "dice", "batch": False})(logits, target)
    assert batch.item() == pytest.approx(1 - 200 / 210, abs=1e-4)
    assert single.item() == pytest.approx(0.5, abs=1e-4)


def test_empty_images_are_left_out_of_the_dice_of_images() -> None:
    target = torch.zeros(2, 1, 4, 4)
    target[0, 0, :2] = 1
    logits = torch.zeros(2, 1, 4, 4)
    single = build_loss({"type": "dice", "batch": False})
    # 8 of 16 pixels at 0.5: 2 x 4 / (8 + 8).
    assert single(logits, target).item() == pytest.approx(0.5, abs=1e-3)
    assert single(logits[1:], target[1:]).item() == 0


@pytest.mark.parametrize(
    ("logits", "target", "reason"),
    [
        ((1, 1, 4, 4), (1, 1, 4, 5), "channels alone"),
        ((2, 1, 4, 4), (1, 1, 4, 4), "channels alone"),
        ((1, 3, 4, 4), (1, 2, 4, 4), "a target of 2 channels"),
        ((1, 1, 4, 4), (1, 1, 4, 4, 4), "channels alone"),
    ],
)
def test_shapes_that_do_not_fit(
    logits: tuple[int, ...], target: tuple[int, ...], reason: str
) -> None:
    for kind in ("bce", "dice", "focal", "tversky", "hausdorff_dt"):
        with pytest.raises(ValueError, match=reason):
            build_loss(kind)(torch.zeros(logits), torch.zeros(target))
    with pytest.raises(ValueError, match="one shape"):
        build_loss("mse")(torch.zeros(logits), torch.zeros(target))


def test_alphas_of_another_number_of_classes() -> None:
    with pytest.raises(ValueError, match="alpha has 2 values for 3 classes"):
        build_loss({"type": "focal", "alpha": [1.0, 1.0]})(*three_classes(2))
