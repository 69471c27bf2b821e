"""NPStatistics on a handful of pixels, and on networks that are right in some way."""

from __future__ import annotations

import math

import pytest
import torch

from trainables.losses import NPStatistics, build_loss


def logits_of(*probabilities: float) -> torch.Tensor:
    return torch.tensor(probabilities, dtype=torch.float64).logit()


def entropy(share: float) -> float:
    return -share * math.log(share) - (1 - share) * math.log(1 - share)


def test_by_hand() -> None:
    found = NPStatistics.from_logits(logits_of(0.9, 0.5, 0.2, 0.1), torch.tensor([1, 0, 0, 0]))
    assert found.pred_mean == pytest.approx(1.7 / 4)
    assert found.target_mean == 0.25
    assert found.np_contrast == pytest.approx(0.9 - 0.8 / 3)
    cost = -(math.log(0.9) + math.log(0.5) + math.log(0.8) + math.log(0.9)) / 4
    assert found.np_bce_ratio == pytest.approx(cost / entropy(0.25))


@pytest.mark.parametrize("share", [0.002, 0.02, 0.5, 0.9])
def test_the_best_constant_has_the_right_mean_ratio_one_and_no_contrast(share: float) -> None:
    nuclei = torch.zeros(1, 1, 20, 50)
    nuclei.view(-1)[: round(share * 1000)] = 1
    best = NPStatistics.from_logits(torch.full_like(nuclei, share).double().logit(), nuclei)
    assert best.pred_mean == pytest.approx(best.target_mean) == pytest.approx(share)
    assert best.np_bce_ratio == pytest.approx(1.0)
    assert best.np_contrast == pytest.approx(0.0, abs=1e-12)
    for other in (0.5 * share, 0.5 + 0.5 * share):
        worse = NPStatistics.from_logits(torch.full_like(nuclei, other).double().logit(), nuclei)
        assert worse.np_bce_ratio > 1
        assert worse.np_contrast == pytest.approx(0.0, abs=1e-12)


def test_over_sparse_nuclei_the_mean_is_as_small_when_right_as_when_collapsed() -> None:
    nuclei = torch.zeros(1, 1, 100, 100)
    nuclei[..., 3:8, 4:12] = 1
    right = NPStatistics.from_logits(torch.where(nuclei > 0, 2.0, -7.0), nuclei)
    collapsed = NPStatistics.from_logits(torch.full_like(nuclei, -5.3), nuclei)
    assert right.pred_mean == pytest.approx(collapsed.pred_mean, abs=1e-3)
    assert right.np_contrast > 0.8
    assert right.np_bce_ratio < 0.1
    assert collapsed.np_contrast == pytest.approx(0.0, abs=1e-9)
    assert collapsed.np_bce_ratio == pytest.approx(1.0, abs=0.01)


def test_a_network_without_calibration_may_cost_more_than_a_constant_and_still_know() -> None:
    nuclei = torch.zeros(1, 1, 100, 100)
    nuclei[..., 3:8, 4:12] = 1
    focal = NPStatistics.from_logits(torch.where(nuclei > 0, 0.5, -2.0), nuclei)
    assert focal.np_bce_ratio > 3
    assert focal.np_contrast > 0.5


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_where_all_pixels_are_the_same_there_is_nothing_to_tell_apart(value: float) -> None:
    same = NPStatistics.from_logits(torch.zeros(2, 1, 4, 4), torch.full((2, 1, 4, 4), value))
    assert same.as_metrics() == {"pred_mean": 0.5, "target_mean": value}


def test_nothing_seen_gives_no_metric() -> None:
    empty = NPStatistics.from_logits(torch.zeros(0, 1, 4, 4), torch.zeros(0, 1, 4, 4))
    assert empty == NPStatistics()
    assert empty.as_metrics() == {}


def test_sure_and_wrong_costs_much_and_stays_finite() -> None:
    wrong = NPStatistics.from_logits(torch.tensor([-90.0, 90.0]), torch.tensor([1.0, 0.0]))
    assert wrong.np_bce_ratio == pytest.approx(90 / math.log(2))
    assert wrong.np_contrast == pytest.approx(-1.0)


def test_images_add_up_to_their_pixels() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(5, 1, 8, 8, generator=generator)
    nuclei = (torch.rand(5, 1, 8, 8, generator=generator) > 0.7).float()
    nuclei[1] = 0
    added = NPStatistics()
    for image in range(5):
        added += NPStatistics.from_logits(logits[image], nuclei[image])
    together = NPStatistics.from_logits(logits, nuclei).as_metrics()
    assert len(together) == 4
    assert added.as_metrics() == pytest.approx(together)


def test_agrees_with_the_loss_in_any_precision() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(3, 1, 9, 9, generator=generator)
    nuclei = (torch.rand(3, 1, 9, 9, generator=generator) > 0.7).float()
    share = float(nuclei.mean())
    for dtype, rel in ((torch.float32, 1e-6), (torch.bfloat16, 1e-2)):
        found = NPStatistics.from_logits(logits.to(dtype), nuclei)
        expected = build_loss("bce")(logits, nuclei).item() / entropy(share)
        assert found.np_bce_ratio == pytest.approx(expected, rel=rel)
