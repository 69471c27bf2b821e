"""Where MONAI's HoVerNetLoss means the same as ours, it says the same."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from monai.apps.pathology.losses import HoVerNetLoss
from torch import Tensor

from trainables.losses import HVGradientLoss, HVMSELoss, build_loss

SIZE = 24


@pytest.fixture
def logits() -> Tensor:
    return torch.randn(2, 1, SIZE, SIZE, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def nuclei() -> Tensor:
    mask = torch.zeros(2, 1, SIZE, SIZE)
    mask[0, 0, 6:12, 5:16] = 1
    mask[1, 0, 9:18, 8:11] = 1
    return mask


def monai_loss(logits: Tensor, maps: Tensor, target: Tensor, nuclei: Tensor, **on: float) -> float:
    names = ("hv_mse", "hv_mse_grad", "np_ce", "np_dice", "nc_ce", "nc_dice")
    weights: dict[str, Any] = {f"lambda_{name}": on.get(name, 0.0) for name in names}
    # Two channels of which one is 0 have the softmax that one channel has as its sigmoid.
    predicted = {"nucleus_prediction": torch.cat([torch.zeros_like(logits), logits], dim=1)}
    truth = {"nucleus_prediction": torch.cat([1 - nuclei, nuclei], dim=1)}
    predicted["horizontal_vertical"] = maps
    truth["horizontal_vertical"] = target
    return float(HoVerNetLoss(**weights)(predicted, truth))


def test_cross_entropy(logits: Tensor, nuclei: Tensor) -> None:
    maps = torch.zeros(2, 2, SIZE, SIZE)
    theirs = monai_loss(logits, maps, maps, nuclei, np_ce=1)
    assert build_loss("bce")(logits, nuclei).item() == pytest.approx(theirs, rel=1e-5)


def test_dice_is_the_foreground_half_of_theirs(logits: Tensor, nuclei: Tensor) -> None:
    maps = torch.zeros(2, 2, SIZE, SIZE)
    theirs = monai_loss(logits, maps, maps, nuclei, np_dice=1)
    ours = build_loss("dice")(logits, nuclei) + build_loss("dice")(-logits, 1 - nuclei)
    assert ours.item() == pytest.approx(theirs, rel=1e-5)


def test_squared_error_over_the_image(logits: Tensor, nuclei: Tensor) -> None:
    maps = torch.randn(2, 2, SIZE, SIZE, generator=torch.Generator().manual_seed(1))
    target = torch.rand(2, 2, SIZE, SIZE, generator=torch.Generator().manual_seed(2))
    theirs = monai_loss(logits, maps, target, nuclei, hv_mse=1)
    assert HVMSELoss("image")(maps, target, nuclei).item() == pytest.approx(theirs, rel=1e-5)


@pytest.mark.parametrize(
    ("x_slopes", "y_slopes"),
    [((0.1, 0.0), (0.0, 0.0)), ((0.0, 0.0), (0.0, 0.2)), ((0.3, -0.5), (0.7, -0.2))],
)
def test_slope_of_planes(
    logits: Tensor,
    nuclei: Tensor,
    x_slopes: tuple[float, float],
    y_slopes: tuple[float, float],
) -> None:
    # The kernels differ, and agree on planes up to the factor 12; on anything else they may not.
    y, x = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    planes = [a * x + b * y for a, b in zip(x_slopes, y_slopes, strict=True)]
    maps = torch.stack(planes).expand(2, 2, SIZE, SIZE)
    target = torch.rand(2, 2, SIZE, SIZE, generator=torch.Generator().manual_seed(2))
    theirs = monai_loss(logits, maps + target, target, nuclei, hv_mse_grad=1)
    ours = HVGradientLoss()(maps + target, target, nuclei).item()
    assert theirs > 0
    assert ours == pytest.approx(12**2 * theirs, rel=1e-4)
