"""Laws that the HV losses and statistics keep for any maps and masks."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from trainables.losses import (
    HVAlignedLoss,
    HVGradientLoss,
    HVMagnitudeLoss,
    HVMSELoss,
    HVStatistics,
)

MASKED: list[nn.Module] = [HVMSELoss(), HVGradientLoss(), HVMagnitudeLoss(), HVAlignedLoss()]


@st.composite
def batches(draw: st.DrawFn) -> tuple[Tensor, Tensor, Tensor]:
    """Maps, target and nuclei of 1-3 images; masks from empty to full."""
    shape = draw(st.tuples(*[st.integers(1, size) for size in (3, 9, 9)]))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10_000)))
    num, height, width = shape
    scale = draw(st.sampled_from([0.0, 1e-6, 0.1, 1.0, 50.0]))
    filled_frac = draw(st.sampled_from([0.0, 0.1, 0.5, 1.0]))
    maps, target = torch.randn(2, num, 2, height, width, generator=generator).double()
    nuclei = torch.rand(num, 1, height, width, generator=generator) < filled_frac
    return scale * maps, target * nuclei, nuclei.double()


@pytest.mark.parametrize("term", MASKED, ids=repr)
@given(batch=batches())
@settings(deadline=None, max_examples=40)
def test_losses_are_finite_and_never_negative(
    term: nn.Module, batch: tuple[Tensor, Tensor, Tensor]
) -> None:
    maps, target, nuclei = batch
    maps.requires_grad_()
    loss = term(maps, target, nuclei)
    (slope,) = torch.autograd.grad(loss, maps)
    assert loss >= 0
    assert loss.isfinite()
    assert slope.isfinite().all()
    assert term(target, target, nuclei) == 0


@given(batch=batches())
@settings(deadline=None, max_examples=60)
def test_twice_the_error_is_magnitude_plus_direction(
    batch: tuple[Tensor, Tensor, Tensor],
) -> None:
    maps, target, nuclei = batch
    dot = (maps * target).sum(dim=1, keepdim=True)
    lengths = maps.norm(dim=1, keepdim=True) * target.norm(dim=1, keepdim=True)
    direction = (2 * (lengths - dot) * nuclei).sum() / nuclei.sum().clamp(min=1)
    error = 2 * HVMSELoss()(maps, target, nuclei)
    magnitude = HVMagnitudeLoss()(maps, target, nuclei)
    torch.testing.assert_close(error, magnitude + direction, rtol=1e-3, atol=1e-3)


@given(batch=batches())
@settings(deadline=None, max_examples=60)
def test_twice_the_error_is_the_part_along_the_truth_and_the_part_across(
    batch: tuple[Tensor, Tensor, Tensor],
) -> None:
    maps, target, nuclei = batch
    across = torch.stack([-target[:, 1], target[:, 0]], dim=1)
    across = across / target.norm(dim=1, keepdim=True).clamp(min=1e-12)
    part = ((maps * across).sum(dim=1, keepdim=True).square() * nuclei).sum()
    error = 2 * HVMSELoss()(maps, target, nuclei)
    aligned = HVAlignedLoss()(maps, target, nuclei)
    torch.testing.assert_close(error, aligned + part / nuclei.sum().clamp(min=1))


@given(batch=batches(), turns=st.integers(0, 3))
@settings(deadline=None, max_examples=40)
def test_turning_image_and_vectors_changes_nothing(
    batch: tuple[Tensor, Tensor, Tensor], turns: int
) -> None:
    maps, target, nuclei = batch

    def turned(field: Tensor) -> Tensor:
        for _ in range(turns):
            field = torch.rot90(field, dims=(2, 3))
            field = torch.stack([field[:, 1], -field[:, 0]], dim=1)
        return field

    around = torch.rot90(nuclei, k=turns, dims=(2, 3))
    for term in MASKED:
        torch.testing.assert_close(
            term(turned(maps), turned(target), around), term(maps, target, nuclei)
        )


@given(batch=batches())
@settings(deadline=None, max_examples=60)
def test_statistics_of_images_add_up_to_those_of_the_batch(
    batch: tuple[Tensor, Tensor, Tensor],
) -> None:
    singles = [HVStatistics.from_maps(*image) for image in zip(*batch, strict=True)]
    together = sum(singles, HVStatistics()).as_metrics()
    assert together == pytest.approx(HVStatistics.from_maps(*batch).as_metrics())


@given(batch=batches())
@settings(deadline=None, max_examples=60)
def test_the_aligned_part_is_never_longer_than_the_vectors(
    batch: tuple[Tensor, Tensor, Tensor],
) -> None:
    statistics = HVStatistics.from_maps(*batch)
    if statistics.num_px:
        assert statistics.hv_magnitude_aligned <= statistics.hv_magnitude * (1 + 1e-12)
        assert statistics.hv_magnitude_aligned >= -statistics.hv_magnitude * (1 + 1e-12)
