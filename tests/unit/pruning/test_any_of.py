from __future__ import annotations

import optuna
import pytest

from sweeper.pruning import AnyOf, GatePruner, OnMetric, StallPruner

_GATE = GatePruner("x", epoch=2, min=0.5)
_STALL = StallPruner("x", patience=1)
_HIGH = GatePruner("x", epoch=3, max=0.8)


@pytest.mark.parametrize(
    ("rules", "curve", "stop"),
    [
        ([], [0.1, 0.1, 0.1], None),
        ([_GATE, _HIGH], [0.1, 0.4], (2, "x 0.40 below 0.50")),
        ([_GATE, _HIGH], [0.1, 0.6, 0.9], (3, "x 0.90 above 0.80")),
        ([_GATE, _HIGH], [0.1, 0.6, 0.7], None),
        # The first reason in the order of the rules.
        ([_GATE, _STALL], [0.1, 0.1], (2, "x 0.10 below 0.50")),
        ([_STALL, _GATE], [0.1, 0.1], (2, "x has not risen for 1 epoch and is at 0.10")),
        ([AnyOf([_HIGH]), AnyOf([_GATE])], [0.1, 0.4], (2, "x 0.40 below 0.50")),
    ],
)
def test_any_of_table(feed, rules, curve, stop):
    expected = stop and (stop[0], f"pruned at epoch {stop[0]}: {stop[1]}")
    assert feed(AnyOf(rules), {"x": curve}) == expected


@pytest.mark.parametrize(
    ("pruner", "curve", "stop"),
    [
        (optuna.pruners.NopPruner(), [0.5], None),
        (
            optuna.pruners.ThresholdPruner(lower=0.25),
            [0.5, 0.2],
            (2, "ThresholdPruner stopped it at the reported value 0.20"),
        ),
        (
            optuna.pruners.SuccessiveHalvingPruner(1, 2, bootstrap_count=5),
            [0.5],
            (1, "SuccessiveHalvingPruner stopped it at the reported value 0.50"),
        ),
    ],
)
def test_pruners_of_optuna_as_they_are(feed, pruner, curve, stop):
    expected = stop and (stop[0], f"pruned at epoch {stop[0]}: {stop[1]}")
    assert feed(AnyOf([_GATE, pruner]), {"": curve}) == expected


def test_a_pruner_that_needs_no_report():
    class Never(optuna.pruners.BasePruner):
        def prune(self, study, trial):
            return True

    study = optuna.create_study()
    study.ask()
    reason = AnyOf([Never()]).decide(study, study.trials[0])
    assert reason == "pruned before its first report by Never"


def test_every_rule_is_asked_so_that_it_sees_every_trial(feed):
    halving = OnMetric(optuna.pruners.SuccessiveHalvingPruner(2, 2), "x", goal="maximize")
    for rules in ([_GATE, halving], [halving, _GATE]):
        study = optuna.create_study()
        assert feed(AnyOf(rules), {"x": [0.1, 0.4]}, study) is not None
        (kept,) = study.trials[0].system_attrs.values()
        assert kept["rungs"] == {"completed_rung_0": 0.4}


def test_plain_optuna_prunes_through_should_prune():
    def objective(trial):
        for epoch in (1, 2, 3):
            trial.report(0.1 * trial.number, step=epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return 0.1 * trial.number

    rules = AnyOf([GatePruner(epoch=2, min=0.05), StallPruner(patience=2, below=0.15)])
    study = optuna.create_study(direction="maximize", pruner=rules)
    study.optimize(objective, n_trials=3)
    assert [(trial.state.name, trial.last_step) for trial in study.trials] == [
        ("PRUNED", 2),
        ("PRUNED", 3),
        ("COMPLETE", 3),
    ]
