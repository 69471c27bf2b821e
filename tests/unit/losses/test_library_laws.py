"""What holds for every loss of the library, binary and of classes, flat and solid."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from trainables.losses import build_loss
from trainables.losses.leaf_config import BoundaryConfig
from trainables.losses.single import build_single_loss

KINDS = [
    "bce",
    "dice",
    "iou",
    "dice_ce",
    "tversky",
    "focal_tversky",
    "focal",
    "hausdorff_dt",
    "combined",
    "boundary",
]
SIZES = [(6, 5), (4, 5, 3)]


def loss_of(kind: str) -> nn.Module:
    # Boundary can't be had alone, but has to keep the same laws.
    return build_single_loss(BoundaryConfig()) if kind == "boundary" else build_loss(kind)


def batch(num_classes: int, size: tuple[int, ...], *, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(2, num_classes, *size, generator=generator)
    return logits, torch.randint(0, max(2, num_classes), (2, 1, *size), generator=generator)


every_loss = pytest.mark.parametrize("kind", KINDS)
every_shape = pytest.mark.parametrize(
    ("num_classes", "size"), [(1, SIZES[0]), (3, SIZES[0]), (1, SIZES[1]), (3, SIZES[1])]
)


@every_loss
@every_shape
def test_gradcheck(kind: str, num_classes: int, size: tuple[int, ...]) -> None:
    logits, target = batch(num_classes, size)
    loss = loss_of(kind)
    logits = logits.double().requires_grad_()
    assert loss(logits, target).dtype == torch.float64
    assert torch.autograd.gradcheck(lambda x: loss(x, target), logits, fast_mode=True)


@pytest.mark.parametrize("kind", ["mse", "smooth_l1"])
@pytest.mark.parametrize("activation", ["none", "sigmoid", "tanh"])
@pytest.mark.parametrize("size", SIZES)
def test_gradcheck_of_values(kind: str, activation: str, size: tuple[int, ...]) -> None:
    values, target = torch.randn(2, 2, 1, *size, generator=torch.Generator().manual_seed(1))
    loss = build_loss({"type": kind, "activation": activation})
    values = values.double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: loss(x, target), values)


@every_loss
@every_shape
@pytest.mark.parametrize("level", [-300.0, 0.0, 300.0])
def test_gradients_are_finite_at_any_level(
    kind: str, num_classes: int, size: tuple[int, ...], level: float
) -> None:
    logits, target = batch(num_classes, size)
    logits = torch.full_like(logits, level)
    logits[:, 0] *= -1
    logits.requires_grad_()
    loss = loss_of(kind)(logits, target)
    (slope,) = torch.autograd.grad(loss, logits)
    assert loss.isfinite()
    assert slope.isfinite().all()


@every_loss
@every_shape
@pytest.mark.parametrize("value", [0, 1])
def test_masks_that_are_empty_or_full_cost_a_finite_number(
    kind: str, num_classes: int, size: tuple[int, ...], value: int
) -> None:
    logits, target = batch(num_classes, size)
    logits.requires_grad_()
    loss = loss_of(kind)(logits, torch.full_like(target, value))
    (slope,) = torch.autograd.grad(loss, logits)
    assert loss.isfinite()
    assert slope.isfinite().all()


@pytest.mark.parametrize("kind", ["dice", "iou", "tversky", "focal_tversky", "boundary"])
@every_shape
def test_without_foreground_there_is_nothing_to_overlap(
    kind: str, num_classes: int, size: tuple[int, ...]
) -> None:
    logits, target = batch(num_classes, size)
    logits.requires_grad_()
    loss = loss_of(kind)(logits, torch.zeros_like(target))
    assert loss.item() == 0
    assert not torch.autograd.grad(loss, logits)[0].any()


@every_loss
@every_shape
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_single(
    kind: str, num_classes: int, size: tuple[int, ...], dtype: torch.dtype
) -> None:
    logits, target = batch(num_classes, size)
    logits = (3 * logits).to(dtype).requires_grad_()
    loss = loss_of(kind)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = loss(logits, target)
    (slope,) = torch.autograd.grad(found, logits)
    assert found.dtype == torch.float32
    assert slope.isfinite().all()
    torch.testing.assert_close(found, loss(logits.detach().float(), target))


def test_sums_above_what_half_precision_holds() -> None:
    logits = torch.full((1, 1, 300, 300), 2.0, dtype=torch.float16)
    target = torch.ones(1, 1, 300, 300, dtype=torch.float16)
    for kind in ("dice", "iou", "tversky", "bce", "focal"):
        expected = build_loss(kind)(logits.float(), target.float())
        torch.testing.assert_close(build_loss(kind)(logits, target), expected)


@every_loss
@every_shape
def test_what_a_mask_hides_has_no_influence(
    kind: str, num_classes: int, size: tuple[int, ...]
) -> None:
    logits, target = batch(num_classes, size)
    mask = torch.zeros(2, 1, *size)
    mask[:, :, 1:4] = 1
    hidden, unknown = batch(num_classes, size, seed=5)
    other = torch.where(mask.bool(), logits, 50 * hidden).requires_grad_()
    # Classes that nobody knows are negative.
    loss = loss_of(kind)(other, torch.where(mask.bool(), target, -unknown), mask)
    torch.testing.assert_close(loss, loss_of(kind)(logits, target, mask))
    (slope,) = torch.autograd.grad(loss, other)
    assert not (slope * (1 - mask)).any()
    assert slope.any()
    nothing = loss_of(kind)(logits, target, torch.zeros_like(mask))
    assert nothing.item() == 0


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in {"boundary", "combined"}])
@every_shape
def test_the_truth_costs_least(kind: str, num_classes: int, size: tuple[int, ...]) -> None:
    logits, target = batch(num_classes, size)
    steps = torch.arange(max(2, num_classes)).reshape(1, -1, *[1] * len(size))
    truth = 40.0 * (target == steps) - 20
    truth = truth[:, 1:] if num_classes == 1 else truth
    loss = loss_of(kind)
    assert loss(truth, target).item() == pytest.approx(0.0, abs=1e-3)
    assert loss(logits, target) > 0.05


@every_loss
def test_integer_and_floating_targets_mean_the_same(kind: str) -> None:
    for num_classes in (1, 3):
        logits, target = batch(num_classes, SIZES[0])
        found = [loss_of(kind)(logits, target.to(t)) for t in (torch.uint8, torch.float64)]
        assert found[0].item() == pytest.approx(found[1].item(), rel=1e-6)


@pytest.mark.parametrize("kind", ["hv_gradient", "hv_magnitude", "hv_aligned", "mse"])
def test_losses_of_maps_stand_in_a_compound(kind: str) -> None:
    maps, target = torch.randn(2, 2, 2, 9, 9, generator=torch.Generator().manual_seed(2))
    nuclei = torch.zeros(2, 1, 9, 9)
    nuclei[..., 2:6, 3:8] = 1
    terms: list[Any] = ["smooth_l1", {"type": kind, "weight": 2}]
    found = build_loss(terms)(maps, target, nuclei)
    alone = [build_loss(name)(maps, target, nuclei) for name in ("smooth_l1", kind)]
    torch.testing.assert_close(found, alone[0] + 2 * alone[1])
    everywhere = build_loss(kind)(maps, target)
    torch.testing.assert_close(everywhere, build_loss(kind)(maps, target, torch.ones(2, 1, 9, 9)))
