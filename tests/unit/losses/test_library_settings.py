"""What `build_loss` takes, how terms are called, and what it says to mistakes."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import torch
from pydantic import ValidationError

from trainables.losses import CompoundLoss, build_loss
from trainables.losses.leaf_config import FocalConfig, TverskyConfig

ALL = [
    "bce",
    "dice",
    "iou",
    "dice_ce",
    "tversky",
    "focal_tversky",
    "focal",
    "hausdorff_dt",
    "mse",
    "smooth_l1",
    "hv_gradient",
    "hv_magnitude",
    "hv_aligned",
    "combined",
]


@pytest.mark.parametrize("kind", ALL)
def test_a_name_a_mapping_and_checked_settings_mean_the_same(kind: str) -> None:
    values, target = torch.randn(2, 2, 2, 8, 8, generator=torch.Generator().manual_seed(0))
    if not kind.startswith("hv"):
        values, target = values[:, :1], (target[:, :1] > 0).float()
    losses = [build_loss(kind), build_loss({"type": kind}), build_loss([kind])]
    found = {loss(values, target).item() for loss in losses}
    assert len(found) == 1


def test_settings_that_are_checked_already() -> None:
    loss = build_loss(TverskyConfig(fp_weight=0.2, fn_weight=0.8))
    assert loss.loss.alpha == 0.2
    assert loss.loss.beta == 0.8
    assert isinstance(build_loss([FocalConfig(gamma=1), "dice"]), CompoundLoss)


def test_compounds_of_fixed_weights_are_taken_apart() -> None:
    inner = {"type": "compound", "terms": ["dice", {"type": "focal", "weight": 3}], "weight": 2}
    loss = build_loss({"type": "compound", "weight": 10, "terms": ["bce", inner]})
    report = loss.report(torch.zeros(1, 1, 4, 4), torch.ones(1, 1, 4, 4))
    weights = {name: weight.item() for name, weight in report.weights.items()}
    assert weights == {"bce": 10, "dice": 20, "focal": 60}


def test_names_tell_terms_of_one_type_apart() -> None:
    named = {"type": "combined", "name": "all"}
    loss = build_loss(["bce", {"type": "bce", "name": "again", "pos_weight": 3}, named])
    report = loss.report(torch.zeros(1, 1, 4, 4), torch.ones(1, 1, 4, 4))
    assert list(report.raw) == ["bce", "again", "all_bce", "all_dice", "all_focal"]
    assert report.raw["again"].item() == pytest.approx(3 * report.raw["bce"].item())


def test_a_compound_whose_weights_change_stays_one_term() -> None:
    inner = {"type": "compound", "terms": ["dice", "bce"], "balance": "softmax", "weight": 0.5}
    loss = build_loss(["focal", inner])
    logits, target = torch.zeros(1, 1, 4, 4), torch.ones(1, 1, 4, 4)
    report = loss.report(logits, target)
    assert list(report.raw) == ["focal", "compound"]
    both = build_loss("dice")(logits, target) + build_loss("bce")(logits, target)
    assert report.raw["compound"].item() == pytest.approx(both.item())
    assert report.weighted["compound"].item() == pytest.approx(0.5 * both.item())
    assert len(list(loss.parameters())) == 1


def test_the_weight_of_a_single_loss_counts() -> None:
    logits, target = torch.zeros(1, 1, 4, 4), torch.ones(1, 1, 4, 4)
    doubled = build_loss({"type": "bce", "weight": 2})(logits, target)
    assert doubled.item() == pytest.approx(2 * build_loss("bce")(logits, target).item())


def test_combined_is_the_sum_of_three() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 1, 6, 6, generator=generator)
    target = (torch.rand(2, 1, 6, 6, generator=generator) > 0.5).float()
    bce, dice, focal = (build_loss(kind)(logits, target) for kind in ("bce", "dice", "focal"))
    expected = 0.4 * bce + 0.4 * dice + 0.2 * focal
    torch.testing.assert_close(build_loss("combined")(logits, target), expected)


def test_a_term_of_weight_zero_is_measured_and_does_not_train() -> None:
    logits = torch.zeros(1, 1, 4, 4, requires_grad=True)
    loss = build_loss(["dice", {"type": "bce", "weight": 0}])
    report = loss.report(logits, torch.ones(1, 1, 4, 4))
    assert report.raw["bce"] > 0
    assert report.weighted["bce"] == report.weights["bce"] == 0
    alone = build_loss("dice")(logits, torch.ones(1, 1, 4, 4))
    slopes = [torch.autograd.grad(total, logits)[0] for total in (report.total, alone)]
    assert torch.equal(*slopes)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ("dyce", "'dyce'.*'bce', 'dice'"),
        ({"weight": 2}, "type"),
        ({"type": "focal", "gama": 2}, "gama"),
        ({"type": "focal", "gamma": -1}, "gamma"),
        ({"type": "focal", "gamma": "2"}, "gamma"),
        ({"type": "focal", "alpha": 1.5}, "alpha"),
        ({"type": "bce", "weight": -1}, "weight"),
        ({"type": "bce", "weight": float("nan")}, "weight"),
        ({"type": "bce", "name": "Cross entropy"}, "small letters"),
        ({"type": "tversky", "alpha": 0.3}, "alpha"),
        ({"type": "tversky", "fp_weight": 0, "fn_weight": 0}, "no error would cost anything"),
        ({"type": "smooth_l1", "beta": 0}, "beta"),
        ({"type": "boundary", "spacing": [1, 0]}, "spacing"),
        ([], "at least 1 item"),
        (["dice", "dice"], "2 terms are called 'dice'.*`name`"),
        (["dice", "combined"], "2 terms are called 'dice'.*compounds"),
        ([{"type": "dice", "weight": 0}], "all weights are 0"),
        ("boundary", "boundary can't be trained on alone"),
        (["boundary"], "boundary can't be trained on alone"),
        ([["boundary"], {"type": "dice", "weight": 0}], "boundary can't be trained on alone"),
        ({"type": "compound", "terms": ["dice"], "balance": "softmx"}, "softmx.*'softmax'"),
        (
            {
                "type": "compound",
                "terms": ["dice", "bce"],
                "balance": {"type": "scheduled", "schedules": {"bse": {}}},
            },
            "schedules.bse is of no term, known are dice, bce",
        ),
        (
            {"type": "compound", "terms": ["dice", "boundary"], "balance": "uncertainty"},
            "boundary can be negative",
        ),
        (
            {"type": "compound", "terms": ["dice", "bce"], "balance": {"type": "scheduled"}},
            "schedules",
        ),
    ],
)
def test_mistakes_are_named(settings: Any, reason: str) -> None:
    with pytest.raises(ValidationError, match=rf"(?s){reason}"):
        build_loss(settings)


def test_settings_load_no_torch() -> None:
    code = (
        "import sys, trainables.losses, trainables.losses.library_config;"
        "sys.exit(any(name in sys.modules for name in ('torch', 'monai', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
