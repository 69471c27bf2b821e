from __future__ import annotations

import optuna
import pytest
from pydantic import TypeAdapter

from sweeper.errors import UserError
from sweeper.pruning import (
    AnyOf,
    CollapsePruner,
    GatePruner,
    OnMetric,
    StallPruner,
    build_pruner,
)
from sweeper.spec.rules import RULES, Rule

_RULES = TypeAdapter(list[Rule])


def _build(*rules, max_epochs=9):
    return build_pruner(_RULES.validate_python(list(rules)), max_epochs)


@pytest.mark.parametrize(
    ("rule", "pruner"),
    [
        (
            {"rule": "gate", "metric": "x", "epoch": 5, "min": 0.1, "max": 0.9},
            GatePruner("x", epoch=5, min=0.1, max=0.9),
        ),
        (
            {"rule": "stall", "metric": "x", "patience": 3, "min_delta": 0.01, "below": 0.25},
            StallPruner("x", patience=3, min_delta=0.01, below=0.25),
        ),
        (
            {
                "rule": "stall",
                "metric": "x",
                "patience": 3,
                "goal": "minimize",
                "above": 0.25,
                "warmup_epochs": 2,
            },
            StallPruner("x", patience=3, above=0.25, goal="minimize", warmup_epochs=2),
        ),
        ({"rule": "collapse"}, CollapsePruner()),
        (
            {"rule": "collapse", "metric": "a", "target": "b", "low_ratio": 0.2, "patience": 3},
            CollapsePruner("a", target="b", low_ratio=0.2, patience=3),
        ),
        (
            {"rule": "collapse", "split": "train", "contrast": "off", "useless_ratio": 1.0},
            CollapsePruner(
                "train/pred_mean",
                target="train/target_mean",
                bce_ratio="train/np_bce_ratio",
                contrast=None,
                hv_ratio="train/hv_mse_ratio",
                hv_aligned="train/hv_magnitude_aligned",
                useless_ratio=1.0,
            ),
        ),
    ],
)
def test_rules_of_our_own(rule, pruner):
    assert _build(rule) == AnyOf([pruner])


_MEDIAN = {"rule": "median", "metric": "x", "goal": "maximize", "startup_trials": 1}


@pytest.mark.parametrize(
    ("rule", "earlier", "curve", "epoch"),
    [
        (_MEDIAN, [[0.5] * 4], [0.4] * 4, 1),
        ({**_MEDIAN, "goal": "minimize"}, [[0.5] * 4], [0.4] * 4, None),
        ({**_MEDIAN, "warmup_epochs": 2}, [[0.5] * 4], [0.4] * 4, 3),
        (
            {**_MEDIAN, "warmup_epochs": 1, "interval_epochs": 2},
            [[0.3, 0.3, 0.5, 0.5]],
            [0.4] * 4,
            4,
        ),
        ({**_MEDIAN, "startup_trials": 2}, [[0.5] * 4], [0.4] * 4, None),
        ({**_MEDIAN, "min_trials": 2}, [[0.5] * 4], [0.4] * 4, None),
        ({**_MEDIAN, "rule": "percentile", "percentile": 50.0}, [[0.5] * 4], [0.4] * 4, 1),
        ({**_MEDIAN, "rule": "percentile", "percentile": 99.0}, [[0.1], [0.5]], [0.2], None),
        (
            {"rule": "successive_halving", "metric": "x", "goal": "maximize", "min_epochs": 2},
            [[0.5] * 4],
            [0.4] * 4,
            2,
        ),
        (
            {
                "rule": "successive_halving",
                "metric": "x",
                "goal": "maximize",
                "reduction_factor": 3,
                "min_early_stopping_rate": 1,
            },
            [[0.5] * 4],
            [0.4] * 4,
            3,
        ),
        (
            {"rule": "patient", "patience": 1, "min_delta": 0.1, "wrapped": _MEDIAN},
            [[0.9] * 5],
            [0.5, 0.3, 0.3, 0.3, 0.3],
            3,
        ),
    ],
)
def test_rules_that_optuna_carries_out(feed, rule, earlier, curve, epoch):
    study = optuna.create_study(directions=["maximize", "minimize"])
    rules = _build(rule)
    for values in earlier:
        assert feed(rules, {"x": values}, study) is None
    stop = feed(rules, {"x": curve}, study)
    assert (stop and stop[0]) == epoch


def test_hyperband_ends_at_the_budget():
    (rule,) = _build(
        {"rule": "hyperband", "metric": "x", "goal": "maximize", "min_epochs": 2}, max_epochs=18
    ).rules
    assert isinstance(rule, OnMetric)
    settings = {name: vars(rule.pruner)[name] for name in ("_min_resource", "_max_resource")}
    assert settings == {"_min_resource": 2, "_max_resource": 18}


def test_hyperband_needs_room_below_the_budget():
    rule = {"rule": "hyperband", "metric": "x", "goal": "maximize", "min_epochs": 10}
    with pytest.raises(UserError, match="min_epochs 10 is above the 9 epochs"):
        _build(rule)


def test_every_rule_can_be_built():
    required = {
        "gate": {"metric": "x", "epoch": 1, "min": 0.0},
        "stall": {"metric": "x", "patience": 1},
        "percentile": {"goal": "maximize", "percentile": 25.0},
        "patient": {"patience": 1, "wrapped": {"rule": "hyperband", "goal": "minimize"}},
        "collapse": {},
    }
    built = _build(*({"rule": name, **required.get(name, {"goal": "maximize"})} for name in RULES))
    assert len(built.rules) == len(RULES)


def test_no_rules_stop_nothing(feed):
    assert _build() == AnyOf()
    assert feed(_build(), {"x": [0.0, -1.0]}) is None


def test_a_rule_without_a_metric_reads_what_was_reported(feed):
    study = optuna.create_study(direction="maximize")
    rules = _build({"rule": "median", "goal": "maximize", "startup_trials": 1})
    assert feed(rules, {"": [0.5]}, study) is None
    assert feed(rules, {"": [0.4]}, study) == (
        1,
        "pruned at epoch 1: the reported value 0.40 is below the median 0.50 of 1 earlier trial",
    )
