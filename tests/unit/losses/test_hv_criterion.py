"""The six terms together: names, weights, what is logged and what trains."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from trainables.losses import NP_TERMS, TERMS, HVLossConfig, HVMSELoss, build_criterion, build_loss


@pytest.fixture
def outputs() -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        "np": torch.randn(2, 1, 12, 12, generator=generator).requires_grad_(),
        "hv": torch.randn(2, 2, 12, 12, generator=generator).requires_grad_(),
    }


@pytest.fixture
def targets() -> dict[str, Tensor]:
    nuclei = torch.zeros(2, 1, 12, 12)
    nuclei[:, :, 3:8, 4:9] = 1
    maps = torch.rand(2, 2, 12, 12, generator=torch.Generator().manual_seed(1)) * nuclei
    return {"np": nuclei, "hv": maps}


def test_every_term_is_logged_and_weighted(
    outputs: dict[str, Tensor], targets: dict[str, Tensor]
) -> None:
    config = HVLossConfig(
        np_bce=0.5,
        np_dice=2,
        hv_mse=3,
        hv_gradient=0.25,
        hv_magnitude=4,
        lambda_np=10,
        lambda_hv=7,
        hv_aligned=0.5,
    )
    report = build_criterion(config)(outputs, targets)
    factors = dict(zip(TERMS, [5, 20, 21, 1.75, 28, 3.5], strict=True))
    assert tuple(report.raw) == tuple(report.weighted) == TERMS
    for name, factor in factors.items():
        assert report.weighted[name].item() == pytest.approx(factor * report.raw[name].item())
        assert report.weights[name].item() == factor
    total = sum(value.item() for value in report.weighted.values())
    assert report.total.item() == pytest.approx(total)


def test_raw_terms_do_not_depend_on_the_weights(
    outputs: dict[str, Tensor], targets: dict[str, Tensor]
) -> None:
    plain = build_criterion(HVLossConfig())(outputs, targets)
    other = build_criterion(HVLossConfig(np_dice=0, hv_mse=0, hv_magnitude=9, lambda_hv=3))(
        outputs, targets
    )
    assert plain.raw == other.raw
    torch.testing.assert_close(plain.raw["np_bce"], build_loss("bce")(outputs["np"], targets["np"]))
    mse = HVMSELoss()(outputs["hv"], targets["hv"], targets["np"])
    torch.testing.assert_close(plain.raw["hv_mse"], mse)


def test_a_term_of_weight_zero_is_logged_and_does_not_train(
    outputs: dict[str, Tensor], targets: dict[str, Tensor]
) -> None:
    report = build_criterion(HVLossConfig(lambda_hv=0))(outputs, targets)
    report.total.backward()
    assert report.raw["hv_mse"] > 0
    assert report.weighted["hv_mse"] == 0
    assert outputs["hv"].grad is None
    assert outputs["np"].grad is not None


def test_what_is_logged_holds_no_graph(
    outputs: dict[str, Tensor], targets: dict[str, Tensor]
) -> None:
    report = build_criterion(HVLossConfig())(outputs, targets)
    assert report.total.requires_grad
    logged = [*report.raw.values(), *report.weighted.values(), *report.weights.values()]
    assert not any(value.requires_grad for value in logged)


def test_gradients_are_weighted_sums(
    outputs: dict[str, Tensor], targets: dict[str, Tensor]
) -> None:
    def slope(**weights: float) -> Tensor:
        off = dict.fromkeys(TERMS, 0.0)
        total = build_criterion(HVLossConfig(**off | weights))(outputs, targets).total
        return torch.autograd.grad(total, outputs["hv"])[0]

    both = slope(hv_mse=2, hv_magnitude=3)
    torch.testing.assert_close(both, 2 * slope(hv_mse=1) + 3 * slope(hv_magnitude=1))


def test_an_overflow_without_weight_leaves_the_total_alone(
    outputs: dict[str, Tensor], targets: dict[str, Tensor]
) -> None:
    outputs["hv"] = torch.full((2, 2, 12, 12), 1e30)
    report = build_criterion(HVLossConfig(lambda_hv=0))(outputs, targets)
    assert not report.raw["hv_mse"].isfinite()
    assert report.total.isfinite()


def test_a_batch_without_nuclei_still_trains_the_background(outputs: dict[str, Tensor]) -> None:
    targets = {"np": torch.zeros(2, 1, 12, 12), "hv": torch.zeros(2, 2, 12, 12)}
    report = build_criterion(HVLossConfig(hv_magnitude=1))(outputs, targets)
    report.total.backward()
    assert report.total == report.raw["np_bce"] > 0
    assert all(maps.grad is not None and maps.grad.isfinite().all() for maps in outputs.values())


def test_totals_are_single_precision_in_autocast(
    outputs: dict[str, Tensor], targets: dict[str, Tensor]
) -> None:
    half = {name: maps.detach().bfloat16() for name, maps in outputs.items()}
    wide = {name: maps.float() for name, maps in half.items()}
    criterion = build_criterion(HVLossConfig(hv_magnitude=1))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        report = criterion(half, targets)
    assert report.total.dtype == torch.float32
    assert report.raw == criterion(wide, targets).raw


def test_the_region_reaches_the_squared_error(
    outputs: dict[str, Tensor], targets: dict[str, Tensor]
) -> None:
    report = build_criterion({"hv_region": "image"})(outputs, targets)
    expected = (outputs["hv"] - targets["hv"]).square().mean()
    torch.testing.assert_close(report.raw["hv_mse"], expected.detach())


def test_losses_of_the_library_take_the_place_of_the_foreground_terms(
    outputs: dict[str, Tensor], targets: dict[str, Tensor]
) -> None:
    np: list[Any] = [{"type": "focal", "weight": 3, "gamma": 1}, {"type": "bce", "weight": 0.5}]
    report = build_criterion({"np": np, "lambda_np": 2})(outputs, targets)
    assert list(report.raw) == ["np_dice", "np_focal", "np_bce", *TERMS[2:]]
    weights = {name: report.weights[name].item() for name in ("np_dice", "np_focal", "np_bce")}
    assert weights == {"np_dice": 0, "np_focal": 6, "np_bce": 1}
    focal = build_loss({"type": "focal", "gamma": 1})(outputs["np"], targets["np"])
    torch.testing.assert_close(report.raw["np_focal"], focal.detach())
    # Measured, so that trials with other losses can be compared.
    plain = build_criterion({})(outputs, targets)
    assert report.raw["np_dice"] == plain.raw["np_dice"]


def test_the_plain_terms_are_those_of_the_library(
    outputs: dict[str, Tensor], targets: dict[str, Tensor]
) -> None:
    named = build_criterion({"np": ["bce", "dice"]})(outputs, targets)
    plain = build_criterion({})(outputs, targets)
    assert named.total == plain.total
    slopes = [torch.autograd.grad(report.total, outputs["np"])[0] for report in (named, plain)]
    assert torch.equal(*slopes)


def test_every_type_of_foreground_loss_has_a_known_name() -> None:
    for name in NP_TERMS:
        kind = name.removeprefix("np_")
        np = [kind, "bce"] if kind == "boundary" else kind
        assert name in HVLossConfig(np=np).weights
    assert not {f"np_{kind}" for kind in ("mse", "hv_aligned")} & {*NP_TERMS}


@pytest.mark.parametrize("balance", ["softmax", "uncertainty"])
def test_learnt_balances_weigh_all_terms(
    outputs: dict[str, Tensor], targets: dict[str, Tensor], balance: str
) -> None:
    criterion = build_criterion({"balance": balance, "lambda_hv": 3, "hv_gradient": 0.5})
    (learnt,) = criterion.parameters()
    # Two terms weigh nothing: hv_magnitude and hv_aligned.
    assert learnt.shape == (4,)
    report = criterion(outputs, targets)
    start = {"softmax": 1.0, "uncertainty": 0.5}[balance]
    weights = [report.weights[name].item() for name in TERMS]
    expected = [start * weight for weight in (1, 1, 3, 1.5, 0, 0)]
    assert weights == pytest.approx(expected)
    report.total.backward()
    assert learnt.grad is not None
    assert learnt.grad.all()


def test_types_are_balanced_with_the_rest(
    outputs: dict[str, Tensor], targets: dict[str, Tensor]
) -> None:
    criterion = build_criterion({"balance": "uncertainty"}, type_counts=[5, 2])
    outputs["nt"] = torch.randn(2, 3, 12, 12)
    targets["nt"] = targets["np"] * 2
    report = criterion(outputs, targets)
    assert report.weights["nt_ce"] == report.weights["nt_dice"] == 0.5


def test_the_criterion_has_no_state_to_save() -> None:
    criterion = build_criterion(HVLossConfig())
    assert not criterion.state_dict()
    assert not list(criterion.parameters())


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"hv_mse": -1}, "hv_mse"),
        ({"hv_mse": float("nan")}, "hv_mse"),
        ({"hv_mse": float("inf")}, "hv_mse"),
        ({"hv_magnitud": 1}, "hv_magnitud"),
        ({"hv_region": "cells"}, "hv_region"),
        ({"lambda_np": 0, "lambda_hv": 0}, "all weights are 0"),
        ({"lambda_np": 0, "hv_mse": 0, "hv_gradient": 0}, "all weights are 0"),
        ({"np": ["boundary"]}, "boundary can't be trained on alone"),
        ({"np": "hv_aligned"}, "hv_aligned is no loss of probabilities"),
        ({"np": [{"type": "focal", "name": "bce"}]}, "a focal loss can't be called 'bce'"),
        ({"np": [["bce", {"type": "mse"}]]}, "mse is no loss of probabilities"),
        ({"np": "dice", "np_bce": 2}, "np_bce has no effect beside np.*type: bce, weight: 2"),
        (
            {"np": {"type": "compound", "terms": ["bce", "dice"], "balance": "softmax"}},
            "loss.balance",
        ),
        (
            {"balance": {"type": "scheduled", "schedules": {"np_focal": {}}}},
            "schedules.np_focal is of no term, known are np_bce, np_dice, hv_mse",
        ),
        ({"np": ["dice", "boundary"], "balance": "uncertainty"}, "np_boundary can be negative"),
    ],
)
def test_wrong_settings_name_their_field(settings: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        build_criterion(settings)


def test_settings_load_no_torch() -> None:
    code = (
        "import sys, trainables.losses, trainables.losses.config;"
        "sys.exit(any(name in sys.modules for name in ('torch', 'monai', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_unknown_name_is_no_attribute() -> None:
    import trainables.losses as losses

    with pytest.raises(AttributeError, match="no_such"):
        _ = losses.no_such
