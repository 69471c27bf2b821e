"""Where MONAI's losses mean the same as those of the library, they say the same."""

from __future__ import annotations

from typing import Any

import monai.losses
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from trainables.losses import build_loss

SMOOTH = {"smooth_nr": 1e-3, "smooth_dr": 1e-3}
FLAT = (9, 8)
SOLID = (6, 7, 5)


def batch(num_classes: int, size: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Logits and a target in which every class is in every image."""
    generator = torch.Generator().manual_seed(num_classes)
    logits = torch.randn(2, num_classes, *size, generator=generator)
    target = torch.randint(0, max(2, num_classes), (2, 1, *size), generator=generator)
    return logits, target.float()


def activation(num_classes: int) -> dict[str, bool]:
    return {"sigmoid": True} if num_classes == 1 else {"softmax": True, "to_onehot_y": True}


OVERLAPS: list[tuple[Any, type, dict[str, Any]]] = [
    ("dice", monai.losses.DiceLoss, {}),
    ("iou", monai.losses.DiceLoss, {"jaccard": True}),
    ("dice_ce", monai.losses.DiceCELoss, {}),
    (
        {"type": "tversky", "fp_weight": 0.2, "fn_weight": 0.9},
        monai.losses.TverskyLoss,
        {"alpha": 0.2, "beta": 0.9},
    ),
]


@pytest.mark.parametrize("size", [FLAT, SOLID])
@pytest.mark.parametrize("num_classes", [1, 3])
@pytest.mark.parametrize("over", ["batch", "image"])
@pytest.mark.parametrize(("settings", "theirs", "options"), OVERLAPS, ids=str)
def test_overlaps(
    settings: Any,
    theirs: type[nn.Module],
    options: dict[str, Any],
    over: str,
    num_classes: int,
    size: tuple[int, ...],
) -> None:
    logits, target = batch(num_classes, size)
    spelt = {"type": settings} if isinstance(settings, str) else settings
    ours = build_loss({**spelt, "batch": over == "batch", "include_background": True})
    other = theirs(**activation(num_classes), **options, **SMOOTH, batch=over == "batch")
    torch.testing.assert_close(ours(logits, target), other(logits, target))


@pytest.mark.parametrize("size", [FLAT, SOLID])
def test_without_the_background(size: tuple[int, ...]) -> None:
    logits, target = batch(4, size)
    other = monai.losses.DiceLoss(
        softmax=True, to_onehot_y=True, include_background=False, batch=True, **SMOOTH
    )
    torch.testing.assert_close(build_loss("dice")(logits, target), other(logits, target))


@pytest.mark.parametrize("size", [FLAT, SOLID])
@pytest.mark.parametrize("gamma", [0.0, 1.0, 2.0, 3.5])
@pytest.mark.parametrize("alpha", [None, 0.25, 0.7])
def test_focal(gamma: float, alpha: float | None, size: tuple[int, ...]) -> None:
    ours = build_loss({"type": "focal", "gamma": gamma, "alpha": alpha})
    logits, target = batch(1, size)
    other = monai.losses.FocalLoss(gamma=gamma, alpha=alpha)
    torch.testing.assert_close(ours(logits, target), other(logits, target))
    logits, target = batch(3, size)
    other = monai.losses.FocalLoss(gamma=gamma, alpha=alpha, use_softmax=True, to_onehot_y=True)
    # Theirs is a mean over the classes too, of which one counts in each pixel.
    torch.testing.assert_close(ours(logits, target), 3 * other(logits, target))


def test_theirs_has_no_gradient_where_a_pixel_is_sure_and_ours_has() -> None:
    logits = torch.tensor([200.0, -200.0, -200.0]).reshape(1, 3, 1, 1).requires_grad_()
    target = torch.zeros(1, 1, 1, 1)
    other = monai.losses.FocalLoss(gamma=0.5, use_softmax=True, to_onehot_y=True)
    (theirs,) = torch.autograd.grad(other(logits, target), logits)
    ours = build_loss({"type": "focal", "gamma": 0.5})(logits, target)
    assert theirs.isnan().any()
    assert torch.autograd.grad(ours, logits)[0].isfinite().all()


@pytest.mark.parametrize("size", [FLAT, SOLID])
def test_cross_entropy_of_classes(size: tuple[int, ...]) -> None:
    logits, target = batch(4, size)
    expected = functional.cross_entropy(logits, target[:, 0].long())
    torch.testing.assert_close(build_loss("bce")(logits, target), expected)


@pytest.mark.parametrize("size", [(12, 11), (7, 8, 9)])
@pytest.mark.parametrize("num_classes", [1, 3])
def test_distances_without_spacing(num_classes: int, size: tuple[int, ...]) -> None:
    logits, target = batch(num_classes, size)
    options = {**activation(num_classes), "include_background": num_classes == 1}
    boundary = build_loss([{"type": "boundary"}, {"type": "dice", "weight": 1e-9}])
    raw = boundary.report(logits, target).raw["boundary"]
    torch.testing.assert_close(raw, monai.losses.BoundaryLoss(**options)(logits, target))
    hausdorff = build_loss({"type": "hausdorff_dt", "alpha": 1.5})(logits, target)
    theirs = monai.losses.HausdorffDTLoss(alpha=1.5, **options)(logits, target)
    torch.testing.assert_close(hausdorff, theirs)
