from __future__ import annotations

import logging
import math

import optuna
import pytest

from sweeper.pruning import GatePruner

_ALIGNED = "val/hv_magnitude_aligned"
_AT_5 = GatePruner(_ALIGNED, epoch=5, min=0.10)
_BAND = GatePruner("val/x", epoch=2, min=1.0, max=2.0)
_LOSS = GatePruner("val/x", epoch=3, max=0.4)


@pytest.mark.parametrize(
    ("rule", "curve", "stop"),
    [
        (_AT_5, [0.01, 0.02, 0.03, 0.05, 0.07], (5, f"{_ALIGNED} 0.07 below 0.10")),
        (_AT_5, [0.01, 0.02, 0.03, 0.05, 0.0996], (5, f"{_ALIGNED} 0.0996 below 0.1000")),
        (_AT_5, [0.01, 0.02, 0.03, 0.05, 0.10], None),  # the bound itself is allowed
        (_AT_5, [0.01, 0.02, 0.03, 0.05], None),  # the gate is not reached
        (_AT_5, [0.01, 0.02, 0.03, 0.05, 0.30, 0.01], None),  # it looks once
        (_AT_5, [None, None, 0.05, None, None, 0.06], (6, f"{_ALIGNED} 0.06 below 0.10")),
        (_AT_5, [None, None, 0.05, None, None, None], None),  # not measured since: not judged
        (_AT_5, [0.01, 0.02, 0.03, 0.05, math.nan, 0.07], (6, f"{_ALIGNED} 0.07 below 0.10")),
        (_AT_5, [None] * 8, None),  # never measured
        (_BAND, [0.0, 1.0], None),
        (_BAND, [0.0, 2.0], None),
        (_BAND, [1.5, 0.5], (2, "val/x 0.50 below 1.00")),
        (_BAND, [1.5, 2.5], (2, "val/x 2.50 above 2.00")),
        (_LOSS, [9.0, 9.0, 0.41], (3, "val/x 0.41 above 0.40")),
        (_LOSS, [9.0, 9.0, math.inf], (3, "val/x inf above 0.40")),
        (_LOSS, [9.0, 9.0, 0.40, 9.0], None),
    ],
)
def test_gate_table(feed, rule, curve, stop):
    expected = stop and (stop[0], f"pruned at epoch {stop[0]}: {stop[1]}")
    assert feed(rule, {rule.metric: curve, "lr": [1.0] * len(curve)}) == expected


def test_a_gate_that_was_missed_still_closes():
    # A driver may die between a report and its judgement; the trial comes back one epoch later.
    study = optuna.create_study()
    trial = study.ask()
    for epoch, value in enumerate((0.2, 0.05, 0.3), start=1):
        trial.report(value, step=epoch)
    reason = GatePruner(epoch=2, min=0.1).decide(study, study.trials[0])
    assert reason == "pruned at epoch 3: the reported value 0.05 at epoch 2 below 0.10"


def test_a_metric_that_nobody_reports_is_named_in_the_log_once(feed, caplog):
    with caplog.at_level(logging.WARNING):
        feed(GatePruner("val/typo", epoch=2, min=0.1), {"val/x": [1.0, 1.0, 1.0, 1.0]})
    assert [record.getMessage() for record in caplog.records] == [
        "trial 0: val/typo was not reported by epoch 2, where a gate waits for it"
    ]


def test_a_metric_that_was_measured_before_the_gate_is_not_complained_about(feed, caplog):
    with caplog.at_level(logging.WARNING):
        feed(GatePruner("val/x", epoch=2, min=0.1), {"val/x": [1.0, None, 1.0]})
    assert not caplog.records


@pytest.mark.parametrize("bounds", [{}, {"min": 2.0, "max": 1.0}])
def test_bounds_that_make_no_gate_are_refused(bounds):
    with pytest.raises(ValueError, match="min"):
        GatePruner("val/x", epoch=1, **bounds)
