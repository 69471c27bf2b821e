"""The six terms together: names, weights, what is logged and what trains."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from trainables.losses import TERMS, HVLossConfig, HVMSELoss, build_criterion, build_loss


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
