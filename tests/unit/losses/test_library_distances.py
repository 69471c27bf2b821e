"""Boundary and Hausdorff losses: signs, spacing, empty masks and schedules."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from trainables.losses import CompoundLoss, build_loss
from trainables.losses.distances import distance_fields
from trainables.losses.leaf_config import BoundaryConfig, HausdorffDTConfig
from trainables.losses.single import build_single_loss


def boundary(spacing: list[float] | None = None) -> torch.nn.Module:
    return build_single_loss(BoundaryConfig(spacing=spacing))


def sure(mask: Tensor) -> Tensor:
    """Logits of a prediction that is the mask."""
    return 60 * mask - 30


def block() -> Tensor:
    """A row of 9 pixels of which 5 are inside: signed distances 2 1 0 -1 -2 -1 0 1 2."""
    mask = torch.zeros(1, 1, 1, 9)
    mask[..., 2:7] = 1
    return mask


def test_distances_are_negative_inside() -> None:
    # All of it, nothing else: the sum of what is inside, over 9 pixels.
    assert boundary()(sure(block()), block()).item() == pytest.approx(-4 / 9)
    everything, nothing = torch.ones_like(block()), torch.zeros_like(block())
    assert boundary()(sure(everything), block()).item() == pytest.approx((-4 + 6) / 9)
    assert boundary()(sure(nothing), block()).item() == pytest.approx(0.0, abs=1e-6)


def test_the_slope_asks_for_the_inside_and_against_the_outside() -> None:
    logits = torch.zeros(1, 1, 1, 9, requires_grad=True)
    (slope,) = torch.autograd.grad(boundary()(logits, block()), logits)
    distances = torch.tensor([2.0, 1, 0, -1, -2, -1, 0, 1, 2])
    torch.testing.assert_close(slope.flatten(), 0.25 * distances / 9)


def test_far_errors_cost_more_than_near_ones() -> None:
    near, far = block(), block()
    near[..., 7] = 1
    far[..., 8] = 1
    assert boundary()(sure(far), block()) > boundary()(sure(near), block())


@pytest.mark.parametrize("spacing", [[30.0, 8.0, 8.0], [3.75, 1.0, 1.0]])
def test_spacing_in_units_of_the_smallest_side(spacing: list[float]) -> None:
    sets = torch.zeros(1, 1, 5, 7, 7)
    sets[..., 1:4, 1:6, 1:6] = 1
    inside, outside = distance_fields(sets, spacing)
    # One slice above the block, and one column beside it.
    assert outside[0, 0, 0, 3, 3].item() == pytest.approx(3.75)
    assert outside[0, 0, 2, 3, 0].item() == pytest.approx(1.0)
    # In the middle slices are nearer by number, columns by length.
    assert inside[0, 0, 2, 3, 3].item() == pytest.approx(3.0)
    assert inside[0, 0, 1, 3, 3].item() == pytest.approx(3.0)
    assert distance_fields(sets, None)[0][0, 0, 1, 3, 3].item() == pytest.approx(1.0)


def test_with_spacing_the_boundary_stays_at_zero_and_nothing_inside_is_positive() -> None:
    mask = torch.zeros(1, 1, 6, 9, 9)
    mask[..., 1:5, 2:7, 2:7] = 1
    for pixel in ((2, 2, 4), (3, 6, 6)):
        logits = torch.zeros(1, 1, 6, 9, 9, requires_grad=True)
        (slope,) = torch.autograd.grad(boundary([30, 8, 8])(logits, mask), logits)
        assert slope[0, 0][pixel] == 0
        assert (slope[mask > 0] <= 0).all()
        assert (slope[mask == 0] > 0).all()


def test_an_error_across_thick_slices_costs_more() -> None:
    mask = torch.zeros(1, 1, 6, 12, 12)
    mask[..., 2:4, 4:8, 4:8] = 1
    above, beside = mask.clone(), mask.clone()
    above[..., 1, 4:8, 4:8] = 1
    beside[..., 2:4, 4:8, 8] = 1
    beside[..., 2:4, 4:8, 3] = 1
    assert above.sum() == beside.sum() == mask.sum() + 16
    for kind in (BoundaryConfig, HausdorffDTConfig):
        equal, thick = (
            build_single_loss(kind(spacing=spacing)) for spacing in ([1, 1, 1], [4, 1, 1])
        )
        assert equal(sure(above), mask).item() == pytest.approx(equal(sure(beside), mask).item())
        assert thick(sure(above), mask) > thick(sure(beside), mask)


def test_spacing_of_another_number_of_axes() -> None:
    with pytest.raises(ValueError, match="one number for each of 2 axes"):
        boundary([30, 8, 8])(torch.zeros(1, 1, 9, 9), torch.eye(9)[None, None])


def test_masks_that_are_empty_or_full_are_no_operation() -> None:
    target = torch.cat([torch.zeros(1, 1, 1, 9), torch.ones(1, 1, 1, 9), block()])
    logits = torch.zeros(3, 1, 1, 9, requires_grad=True)
    (slope,) = torch.autograd.grad(boundary()(logits, target), logits)
    assert not slope[:2].any()
    assert slope[2].any()


def test_hausdorff_by_hand() -> None:
    # One pixel too much: the distances of the two boundaries there are 1 and 1.
    too_much = block()
    too_much[..., 7] = 1
    loss = build_loss({"type": "hausdorff_dt", "alpha": 2.0})
    assert loss(sure(too_much), block()).item() == pytest.approx((1 + 1) / 9, rel=1e-5)
    # Two of them: 1 and 2 from the truth, 2 and 1 (the border of the image is none) from outside.
    too_much[..., 8] = 1
    truth = (2 - 1, 3 - 1)
    expected = (truth[0] ** 2 + truth[1] ** 2 + 6**2 + 7**2) / 9
    assert loss(sure(too_much), block()).item() == pytest.approx(expected, rel=1e-5)


def test_hausdorff_on_an_empty_truth_pushes_against_what_is_found() -> None:
    logits = sure(block()).mul(0.05).requires_grad_()
    loss = build_loss("hausdorff_dt")(logits, torch.zeros_like(block()))
    (slope,) = torch.autograd.grad(loss, logits)
    assert loss > 0
    assert (slope >= 0).all()
    assert slope.any()


def rising(num_epochs: int) -> CompoundLoss:
    schedules = {"boundary": {"start": 0.01, "end": 1.0}, "dice": {"start": 1.0, "end": 0.01}}
    loss = build_loss(
        {
            "type": "compound",
            "terms": ["dice", {"type": "boundary", "weight": 2.0}],
            "balance": {"type": "scheduled", "schedules": schedules},
        }
    )
    loss.set_epoch(1, num_epochs)
    return loss


def test_the_weight_rises_from_epoch_to_epoch() -> None:
    loss = rising(100)
    found = []
    for epoch in (1, 2, 50, 100, 101):
        loss.set_epoch(epoch, 100)
        report = loss.report(sure(block()), block())
        found.append(report.weights["boundary"].item())
        assert report.weighted["boundary"].item() == pytest.approx(-4 / 9 * found[-1])
        assert report.weights["dice"].item() == pytest.approx(1.01 - found[-1] / 2)
    assert found == pytest.approx([0.02, 0.04, 1.0, 2.0, 2.0])


def test_without_an_epoch_it_stands_at_its_start() -> None:
    schedule = {"start": 0.25, "end": 1.0, "first_epoch": 3, "last_epoch": 5}
    balance = {"type": "scheduled", "schedules": {"boundary": schedule}}
    loss = build_loss({"type": "compound", "terms": ["dice", "boundary"], "balance": balance})
    weights = [loss.report(sure(block()), block()).weights["boundary"].item()]
    for epoch in range(1, 8):
        loss.set_epoch(epoch, 10)
        weights.append(loss.report(sure(block()), block()).weights["boundary"].item())
    assert weights == [0.25, 0.25, 0.25, 0.25, 0.625, 1, 1, 1]


def test_schedules_reach_compounds_within_compounds() -> None:
    balance = {"type": "scheduled", "schedules": {"boundary": {"start": 0.0, "end": 1.0}}}
    inner = {"type": "compound", "terms": ["dice", "boundary"], "balance": balance}
    loss = build_loss(["bce", inner])
    costs = []
    for epoch in (1, 11):
        loss.set_epoch(epoch, 11)
        costs.append(loss.report(sure(block()), block()).raw["compound"].item())
    assert costs == pytest.approx([0, -4 / 9], abs=1e-3)
