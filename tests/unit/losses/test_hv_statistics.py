"""HVStatistics on vectors that can be added up by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from trainables.losses import HVMSELoss, HVStatistics


def maps_of(*vectors: tuple[float, float]) -> Tensor:
    """One row of pixels (2, 1, W)."""
    return torch.tensor(vectors).T[:, None]


def test_by_hand() -> None:
    target = maps_of((1.0, 0.0), (0.0, 0.5), (0.0, 0.0), (1.0, 1.0))
    maps = maps_of((0.6, 0.8), (0.0, -0.5), (3.0, 4.0), (9.0, 9.0))
    nuclei = torch.tensor([[[1.0, 1.0, 1.0, 0.0]]])
    statistics = HVStatistics.from_maps(maps, target, nuclei)
    assert statistics.num_px == 3
    assert statistics.hv_magnitude == pytest.approx((1 + 0.5 + 5) / 3)
    assert statistics.hv_magnitude_target == pytest.approx((1 + 0.5 + 0) / 3)
    assert statistics.hv_magnitude_aligned == pytest.approx((0.6 - 0.5 + 0) / 3)
    squared_error = (0.16 + 0.64) + 1.0 + 25
    assert statistics.hv_mse == pytest.approx(squared_error / 6)
    assert statistics.hv_mse_ratio == pytest.approx(squared_error / 1.25)


def test_predicting_zero_has_ratio_one() -> None:
    target = torch.rand(2, 8, 8)
    statistics = HVStatistics.from_maps(torch.zeros(2, 8, 8), target, torch.ones(1, 8, 8))
    assert statistics.hv_mse_ratio == pytest.approx(1.0)
    assert statistics.hv_magnitude == 0
    assert statistics.hv_magnitude_aligned == 0


def test_perfect_maps() -> None:
    target = torch.rand(2, 8, 8)
    statistics = HVStatistics.from_maps(target, target, torch.ones(1, 8, 8))
    assert statistics.hv_mse_ratio == 0
    assert statistics.hv_magnitude_aligned == pytest.approx(statistics.hv_magnitude)
    assert statistics.hv_magnitude_target == pytest.approx(statistics.hv_magnitude)


def test_nothing_seen_gives_no_metric() -> None:
    empty = HVStatistics.from_maps(torch.rand(2, 4, 4), torch.zeros(2, 4, 4), torch.zeros(1, 4, 4))
    assert empty == HVStatistics()
    assert empty.hv_magnitude is empty.hv_mse is empty.hv_mse_ratio is None
    assert empty.as_metrics() == {}


def test_targets_of_zero_give_no_ratio() -> None:
    # A nucleus of one pixel: its only offset is 0.
    lone = HVStatistics.from_maps(torch.ones(2, 1, 1), torch.zeros(2, 1, 1), torch.ones(1, 1, 1))
    assert lone.as_metrics() == {
        "hv_magnitude": pytest.approx(2**0.5),
        "hv_magnitude_target": 0.0,
        "hv_magnitude_aligned": 0.0,
        "hv_mse": 1.0,
    }


def test_half_precision_is_summed_in_double() -> None:
    maps = torch.full((2, 300, 300), 0.5, dtype=torch.float16)
    statistics = HVStatistics.from_maps(maps, maps, torch.ones(1, 300, 300))
    assert statistics.hv_magnitude == pytest.approx(0.5**0.5, rel=1e-7)


def test_agrees_with_the_loss() -> None:
    generator = torch.Generator().manual_seed(0)
    maps, target = torch.randn(2, 3, 2, 9, 9, generator=generator)
    nuclei = (torch.rand(3, 1, 9, 9, generator=generator) > 0.5).float()
    loss = HVMSELoss()(maps, target, nuclei).item()
    assert HVStatistics.from_maps(maps, target, nuclei).hv_mse == pytest.approx(loss)
