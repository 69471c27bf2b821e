"""The HV terms on maps whose cost can be worked out by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from trainables.losses import HVAlignedLoss, HVGradientLoss, HVMagnitudeLoss, HVMSELoss

MASKED = [HVMSELoss(), HVGradientLoss(), HVMagnitudeLoss(), HVAlignedLoss()]
TERMS = [*MASKED, HVMSELoss("image")]


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def two_nuclei(size: int = 20) -> Tensor:
    """Two images with different masks, all of them 5 pixels away from the border."""
    nuclei = torch.zeros(2, 1, size, size)
    nuclei[0, 0, 5:10, 5:12] = 1
    nuclei[1, 0, 8:15, 6:9] = 1
    return nuclei


def test_mse_is_the_mean_over_nuclei_and_both_channels() -> None:
    target = torch.zeros(1, 2, 4, 4)
    maps = torch.full((1, 2, 4, 4), 100.0)
    nuclei = torch.zeros(1, 1, 4, 4)
    nuclei[..., 1, 1:3] = 1
    maps[0, :, 1, 1] = torch.tensor([1.0, 2.0])
    maps[0, :, 1, 2] = torch.tensor([0.0, 3.0])
    assert HVMSELoss()(maps, target, nuclei).item() == pytest.approx((1 + 4 + 0 + 9) / 4)


def test_mse_over_the_image_counts_all_pixels() -> None:
    maps = noise(2, 2, 6, 6)
    target = noise(2, 2, 6, 6, seed=1)
    expected = ((maps - target) ** 2).sum() / (2 * 2 * 36)
    for nuclei in (torch.zeros(2, 1, 6, 6), torch.ones(2, 1, 6, 6)):
        torch.testing.assert_close(HVMSELoss("image")(maps, target, nuclei), expected)


def test_images_count_by_their_nuclei_pixels() -> None:
    # 1 pixel with error 2 in one image, 3 pixels with error 0 in the other: 4 / 4, not (4 + 0) / 2.
    nuclei = torch.zeros(2, 1, 4, 4)
    nuclei[0, 0, 0, 0] = 1
    nuclei[1, 0, 2, :3] = 1
    maps = torch.zeros(2, 2, 4, 4)
    maps[0] = 2
    assert HVMSELoss()(maps, torch.zeros_like(maps), nuclei).item() == pytest.approx(1.0)


@pytest.mark.parametrize("slope", [0.1, -0.3])
def test_gradient_of_a_ramp(slope: float) -> None:
    # The kernel sums offset^2 / distance^2 over 24 pixels: half of them, 12, by symmetry.
    ramp = slope * torch.arange(20.0).expand(2, 20, 20)
    maps = torch.zeros(2, 2, 20, 20)
    maps[:, 0] = ramp
    target = torch.zeros_like(maps)
    expected = (12 * slope) ** 2 / 2
    assert HVGradientLoss()(maps, target, two_nuclei()).item() == pytest.approx(expected)
    maps[:, 1] = ramp.mT
    assert HVGradientLoss()(maps, target, two_nuclei()).item() == pytest.approx(2 * expected)


def test_gradient_looks_along_the_right_axis() -> None:
    maps = torch.zeros(2, 2, 20, 20)
    maps[:, 0] = 0.2 * torch.arange(20.0)[:, None]
    maps[:, 1] = 0.2 * torch.arange(20.0)
    loss = HVGradientLoss()(maps, torch.zeros_like(maps), two_nuclei())
    assert loss.item() == pytest.approx(0.0, abs=1e-10)


def test_gradient_of_a_constant_error_is_zero_up_to_the_border() -> None:
    target = noise(1, 2, 9, 7)
    everywhere = torch.ones(1, 1, 9, 7)
    loss = HVGradientLoss()(target + 0.5, target, everywhere)
    assert loss.item() == pytest.approx(0.0, abs=1e-10)


def test_gradient_kernel_is_offset_over_squared_distance() -> None:
    kernel_x, kernel_y = HVGradientLoss().kernels[:, 0]
    assert kernel_x[2].tolist() == [-0.5, -1.0, 0.0, 1.0, 0.5]
    assert kernel_x[0].tolist() == pytest.approx([-2 / 8, -1 / 5, 0, 1 / 5, 2 / 8])
    assert torch.equal(kernel_y, kernel_x.T)


@pytest.mark.parametrize("scale", [0.0, 0.25, 0.5, 1.0, 2.0])
def test_magnitude_of_a_scaled_target(scale: float) -> None:
    target = noise(2, 2, 20, 20).clamp(-1, 1)
    nuclei = two_nuclei()
    mean_square = (target.square() * nuclei).sum() / nuclei.sum()
    loss = HVMagnitudeLoss()(scale * target, target, nuclei)
    assert loss.item() == pytest.approx((1 - scale) ** 2 * mean_square.item(), abs=2e-4)


def test_magnitude_falls_until_the_target_is_reached() -> None:
    target = noise(2, 2, 20, 20)
    losses = [HVMagnitudeLoss()(a * target, target, two_nuclei()) for a in (0, 0.2, 0.6, 0.9, 1)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] == 0


def test_magnitude_of_two_independent_gaussians() -> None:
    # 2 (a^2 + b^2) - pi a b for a = 0.1, b = 0.8 and for a = b = 0.8.
    everywhere = torch.ones(4, 1, 256, 256)
    target = 0.8 * noise(4, 2, 256, 256, seed=1)
    small, large = 0.1 * noise(4, 2, 256, 256, seed=2), 0.8 * noise(4, 2, 256, 256, seed=3)
    assert HVMagnitudeLoss()(small, target, everywhere).item() == pytest.approx(1.0487, rel=0.01)
    assert HVMagnitudeLoss()(large, target, everywhere).item() == pytest.approx(0.5494, rel=0.01)


def test_aligned_length_of_two_pixels() -> None:
    # Truth (0.6, 0.8) of length 1: (1, 0) has 0.6 along it, (-0.6, -0.8) has -1.
    nuclei = torch.ones(1, 1, 1, 2)
    target = torch.tensor([0.6, 0.8]).reshape(1, 2, 1, 1).expand(1, 2, 1, 2)
    maps = torch.tensor([[1.0, -0.6], [0.0, -0.8]]).reshape(1, 2, 1, 2)
    expected = ((1 - 0.6) ** 2 + (1 + 1) ** 2) / 2
    assert HVAlignedLoss()(maps, target, nuclei).item() == pytest.approx(expected)


@pytest.mark.parametrize("scale", [0.0, 0.3, 1.0, 2.0])
def test_aligned_length_of_a_scaled_target(scale: float) -> None:
    target, nuclei = noise(2, 2, 20, 20), two_nuclei()
    expected = (1 - scale) ** 2 * (target.square().sum(1, keepdim=True) * nuclei).sum()
    loss = HVAlignedLoss()(scale * target, target, nuclei)
    assert loss.item() == pytest.approx(expected.item() / nuclei.sum().item(), rel=1e-5)


def test_what_lies_across_the_truth_is_free_and_turning_around_is_not() -> None:
    target = noise(2, 2, 20, 20)
    across = torch.stack([-target[:, 1], target[:, 0]], dim=1)
    loss = HVAlignedLoss()
    assert loss(target + 3 * across, target, two_nuclei()).item() == pytest.approx(0.0, abs=1e-10)
    assert loss(-target, target, two_nuclei()) > loss(across, target, two_nuclei()) > 1


def test_aligned_length_of_a_center_is_free() -> None:
    target = torch.zeros(1, 2, 2, 2)
    assert HVAlignedLoss()(noise(1, 2, 2, 2), target, torch.ones(1, 1, 2, 2)) == 0


def test_magnitude_does_not_see_direction() -> None:
    target = noise(2, 2, 20, 20)
    turned = torch.stack([-target[:, 1], target[:, 0]], dim=1)
    assert HVMagnitudeLoss()(turned, target, two_nuclei()).item() == pytest.approx(0.0, abs=1e-10)
    assert HVMSELoss()(turned, target, two_nuclei()).item() > 1


@pytest.mark.parametrize("term", MASKED, ids=repr)
def test_empty_masks_cost_nothing(term: nn.Module) -> None:
    maps = noise(2, 2, 8, 8).requires_grad_()
    loss = term(maps, noise(2, 2, 8, 8, seed=1), torch.zeros(2, 1, 8, 8))
    loss.backward()
    assert loss.item() == 0
    assert maps.grad is not None
    assert torch.equal(maps.grad, torch.zeros_like(maps))


@pytest.mark.parametrize("term", [HVMSELoss(), HVMagnitudeLoss(), HVAlignedLoss()], ids=repr)
def test_pixels_outside_nuclei_have_no_influence(term: nn.Module) -> None:
    maps, target, nuclei = noise(2, 2, 20, 20), noise(2, 2, 20, 20, seed=1), two_nuclei()
    junk = maps + 50 * noise(2, 2, 20, 20, seed=2) * (1 - nuclei)
    assert torch.equal(term(maps, target, nuclei), term(junk, target, nuclei))


def test_gradient_sees_two_pixels_around_nuclei_and_no_further() -> None:
    maps, target, nuclei = noise(2, 2, 20, 20), noise(2, 2, 20, 20, seed=1), two_nuclei()
    near = torch.nn.functional.max_pool2d(nuclei, kernel_size=5, stride=1, padding=2)
    loss = HVGradientLoss()
    assert torch.equal(loss(maps, target, nuclei), loss(maps + 9 * (1 - near), target, nuclei))
    assert not torch.equal(
        loss(maps, target, nuclei), loss(maps + 9 * (near - nuclei), target, nuclei)
    )


@pytest.mark.parametrize("term", MASKED, ids=repr)
def test_padding_has_no_influence(term: nn.Module) -> None:
    maps, target, nuclei = noise(2, 2, 20, 20), noise(2, 2, 20, 20, seed=1), two_nuclei()
    padded = [nn.functional.pad(x, (0, 7, 3, 0)) for x in (maps, target, nuclei)]
    torch.testing.assert_close(term(*padded), term(maps, target, nuclei))


@pytest.mark.parametrize("term", TERMS, ids=repr)
@pytest.mark.parametrize("level", [0.0, 1e4, 1e-30])
def test_gradients_are_finite(term: nn.Module, level: float) -> None:
    maps = torch.full((2, 2, 20, 20), level, requires_grad=True)
    for target in (torch.zeros(2, 2, 20, 20), noise(2, 2, 20, 20)):
        (slope,) = torch.autograd.grad(term(maps, target, two_nuclei()), maps)
        assert slope.isfinite().all()


@pytest.mark.parametrize("term", TERMS, ids=repr)
def test_gradcheck(term: nn.Module) -> None:
    maps = noise(2, 2, 6, 5).double().requires_grad_()
    nuclei = (noise(2, 1, 6, 5, seed=2) > 0).double()
    target = noise(2, 2, 6, 5, seed=1).double()
    assert torch.autograd.gradcheck(lambda x: term(x, target, nuclei), maps)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("term", TERMS, ids=repr)
def test_half_precision_does_not_overflow(term: nn.Module, dtype: torch.dtype) -> None:
    maps = torch.full((4, 2, 64, 64), 300.0).to(dtype).requires_grad_()
    target = noise(4, 2, 64, 64).clamp(-1, 1)
    nuclei = torch.ones(4, 1, 64, 64)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = term(maps, target, nuclei)
    loss.backward()
    assert loss.dtype == torch.float32
    assert maps.grad is not None
    assert maps.grad.isfinite().all()
    torch.testing.assert_close(loss, term(maps.float(), target, nuclei))
