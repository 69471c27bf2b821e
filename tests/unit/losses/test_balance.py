"""Weights that are learnt: where they start, where they go, and what stops them."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from trainables.losses import CompoundLoss, build_criterion, build_loss
from trainables.losses.balance import Balance, LearntShares, build_balance
from trainables.losses.balance_config import (
    FixedBalance,
    Schedule,
    SoftmaxBalance,
    UncertaintyBalance,
)
from trainables.losses.report import LossReport, add_up

#: Three terms of very different size, none of which can be made smaller.
LOSSES = {"easy": 0.01, "middling": 0.5, "hard": 4.0}
WEIGHTS = {"easy": 1.0, "middling": 2.0, "hard": 1.0}


def added(balance: Balance, weights: dict[str, float] = WEIGHTS) -> LossReport:
    terms = {name: lambda loss=loss: torch.tensor(loss) for name, loss in LOSSES.items()}
    return add_up(terms, weights, balance)


def learnt(balance: Balance, steps: int, rate: float = 1e-2) -> list[LossReport]:
    optimizer = torch.optim.Adam(balance.parameters(), lr=rate)
    reports = []
    for _ in range(steps):
        optimizer.zero_grad()
        report = added(balance)
        report.total.backward()
        optimizer.step()
        reports.append(report)
    return reports


def entropy_frac(shares: Tensor) -> float:
    return float(-(shares * shares.log()).sum() / math.log(len(shares)))


def shares_of(balance: LearntShares) -> Tensor:
    factors = torch.stack(list(balance.factors().values())).detach()
    return factors / len(factors)


def test_fixed_weights_stay() -> None:
    report = added(build_balance(FixedBalance(), WEIGHTS))
    assert {name: weight.item() for name, weight in report.weights.items()} == WEIGHTS
    assert report.total.item() == pytest.approx(0.01 + 2 * 0.5 + 4)


def test_learnt_shares_start_at_the_weights() -> None:
    report = added(build_balance(SoftmaxBalance(), WEIGHTS))
    for name, weight in WEIGHTS.items():
        assert report.weights[name].item() == pytest.approx(weight)


@pytest.mark.parametrize("floor", [0.5, 0.9, 0.99])
def test_shares_never_run_to_the_easiest_loss(floor: float) -> None:
    balance = build_balance(SoftmaxBalance(entropy_floor=floor), WEIGHTS)
    learnt(balance, steps=3000)
    shares = shares_of(balance)
    assert shares.argmax() == 0
    assert entropy_frac(shares) >= floor - 1e-6
    # As far as the floor lets them.
    assert entropy_frac(shares) < floor + 0.01
    assert shares.sum().item() == pytest.approx(1.0)


def test_without_a_floor_they_do() -> None:
    balance = build_balance(SoftmaxBalance(entropy_floor=0.0), WEIGHTS)
    learnt(balance, steps=3000)
    assert shares_of(balance)[0] > 0.99


def test_a_floor_of_one_keeps_the_weights() -> None:
    reports = learnt(build_balance(SoftmaxBalance(entropy_floor=1.0), WEIGHTS), steps=50)
    assert {n: w.item() for n, w in reports[-1].weights.items()} == pytest.approx(WEIGHTS)


def test_a_single_term_has_nothing_to_share_with() -> None:
    balance = build_balance(SoftmaxBalance(), {"hard": 3.0})
    assert balance.factors()["hard"].item() == 1.0


def test_uncertainty_is_half_of_the_scaled_loss_plus_half_of_its_logarithm() -> None:
    balance = build_balance(UncertaintyBalance(), WEIGHTS)
    with torch.no_grad():
        balance.log_variances.copy_(torch.tensor([0.0, 1.0, -2.0]))
    report = added(balance)
    for name, s in zip(LOSSES, (0.0, 1.0, -2.0), strict=True):
        factor = 0.5 * math.exp(-s)
        expected = WEIGHTS[name] * (factor * LOSSES[name] + 0.5 * s)
        assert report.weighted[name].item() == pytest.approx(expected)
        assert report.weights[name].item() == pytest.approx(WEIGHTS[name] * factor)
    total = sum(value.item() for value in report.weighted.values())
    assert report.total.item() == pytest.approx(total)


def test_the_best_scale_is_one_over_the_loss() -> None:
    balance = build_balance(UncertaintyBalance(), WEIGHTS)
    report = learnt(balance, steps=3000)[-1]
    for name, loss in LOSSES.items():
        assert report.weights[name].item() == pytest.approx(0.5 * WEIGHTS[name] / loss, rel=0.01)
    scales = torch.exp(-balance.log_variances.detach())
    torch.testing.assert_close(scales, 1 / torch.tensor([*LOSSES.values()]), rtol=0.01, atol=0)


@pytest.mark.parametrize("config", [SoftmaxBalance(), UncertaintyBalance()])
def test_nothing_is_learnt_for_terms_without_weight(config: Any) -> None:
    weights = {**WEIGHTS, "middling": 0.0}
    balance = build_balance(config, weights)
    assert [parameter.shape for parameter in balance.parameters()] == [(2,)]
    report = added(balance, weights)
    assert report.weighted["middling"] == report.weights["middling"] == 0


@pytest.mark.parametrize("balance", ["softmax", "uncertainty"])
def test_what_is_logged_holds_no_graph_and_the_total_does(balance: str) -> None:
    loss = build_loss({"type": "compound", "terms": ["dice", "bce"], "balance": balance})
    assert isinstance(loss, CompoundLoss)
    logits, target = torch.randn(2, 1, 6, 6), torch.ones(2, 1, 6, 6)
    report = loss.report(logits, target)
    logged = [*report.raw.values(), *report.weighted.values(), *report.weights.values()]
    assert not any(value.requires_grad for value in logged)
    (slope,) = torch.autograd.grad(report.total, list(loss.parameters()))
    assert slope.any()


def test_an_evaluation_without_gradients_works() -> None:
    criterion = build_criterion({"balance": "uncertainty"})
    maps = {"np": torch.randn(1, 1, 8, 8), "hv": torch.randn(1, 2, 8, 8)}
    with torch.inference_mode():
        report = criterion(maps, {"np": torch.ones(1, 1, 8, 8), "hv": torch.rand(1, 2, 8, 8)})
    # Terms of weight 0 are measured.
    assert report.weights["hv_magnitude"] == 0
    assert report.weights["hv_mse"] == 0.5


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Schedule(start=0.0, end=1.0), [0, 0.25, 0.5, 0.75, 1]),
        (Schedule(start=1.0, end=0.5, last_epoch=3), [1, 0.75, 0.5, 0.5, 0.5]),
        (Schedule(start=0.0, end=1.0, first_epoch=3), [0, 0, 0, 0.5, 1]),
        (Schedule(start=0.0, end=1.0, first_epoch=3, last_epoch=3), [0, 0, 1, 1, 1]),
        (Schedule(start=0.0, end=1.0, first_epoch=9, last_epoch=2), [0, 1, 1, 1, 1]),
    ],
)
def test_schedules(schedule: Schedule, expected: list[float]) -> None:
    assert [schedule.at(epoch, 5) for epoch in range(1, 6)] == expected


def test_a_schedule_at_zero_measures_without_training() -> None:
    schedules = {"hv_mse": {"start": 0.0, "first_epoch": 2}}
    criterion = build_criterion(
        {
            "lambda_np": 0,
            "hv_gradient": 0,
            "hv_aligned": 1,
            "balance": {"type": "scheduled", "schedules": schedules},
        }
    )
    maps = nn.Parameter(torch.randn(1, 2, 8, 8))
    outputs = {"np": torch.zeros(1, 1, 8, 8), "hv": maps}
    targets = {"np": torch.ones(1, 1, 8, 8), "hv": torch.rand(1, 2, 8, 8)}
    slopes = []
    for epoch in (1, 4):
        criterion.set_epoch(epoch, 4)
        report = criterion(outputs, targets)
        slopes.append(torch.autograd.grad(report.total, maps)[0])
        assert report.raw["hv_mse"] > 0
    aligned = build_loss("hv_aligned")(maps, targets["hv"], targets["np"])
    torch.testing.assert_close(slopes[0], torch.autograd.grad(aligned, maps)[0])
    assert not torch.equal(*slopes)
