from __future__ import annotations

import math
import pickle
import warnings

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState

from sweeper.pruning import AnyOf, OnMetric

_PRUNERS = optuna.pruners


def _patient(wrapped, patience, min_delta=0.0):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return _PRUNERS.PatientPruner(wrapped, patience, min_delta)


def _median(**settings):
    return _PRUNERS.MedianPruner(**{"n_startup_trials": 2, **settings})


def _halving(**settings):
    return _PRUNERS.SuccessiveHalvingPruner(
        **{"min_resource": 1, "reduction_factor": 2, **settings}
    )


@pytest.mark.parametrize("directions", [["maximize"], ["minimize"], ["minimize", "maximize"]])
@pytest.mark.parametrize(
    ("pruner", "goal", "earlier", "curve", "stop"),
    [
        (
            _median,
            "maximize",
            [[0.30, 0.40], [0.30, 0.44], [0.30, 0.60]],
            [0.20, 0.21],
            (1, "x 0.20 is below the median 0.30 of 3 earlier trials"),
        ),
        (
            _median,
            "maximize",
            [[0.30, 0.40], [0.30, 0.50]],
            [0.44, 0.21],
            (2, "x 0.44 (its best, at epoch 1) is below the median 0.45 of 2 earlier trials"),
        ),
        (
            _median,
            "minimize",
            [[0.30], [0.50]],
            [0.401],
            (1, "x 0.401 is above the median 0.400 of 2 earlier trials"),
        ),
        (_median, "maximize", [[0.30], [0.50]], [0.40], None),
        (_median, "maximize", [[0.30]], [0.10], None),  # too few trials yet
        # Measured in every third epoch: compared at the same epoch, and judged there only.
        (
            _median,
            "maximize",
            [[None, None, 0.4, None, None, 0.8], [None, None, 0.1, None, None, 0.8]],
            [None, None, 0.3, None, None, 0.5, None],
            (6, "x 0.50 is below the median 0.80 of 2 earlier trials"),
        ),
        (_median, "maximize", [[0.4, None], [0.4, None]], [None, 0.1], None),  # nobody has epoch 2
        (_median, "maximize", [[0.4], [0.4]], [math.nan], None),
        (_median, "maximize", [[0.4, 0.4], [0.4, 0.4]], [None, None], None),
        (_median, "minimize", [[math.inf], [0.1]], [9.0], None),  # no median there
        (
            lambda: _PRUNERS.PercentilePruner(25.0, n_startup_trials=1),
            "maximize",
            [[0.1], [0.2], [0.3], [0.4], [0.5]],
            [0.3],
            (1, "x 0.30 is below 0.40, the limit of the best 25 % of 5 earlier trials"),
        ),
        (
            _halving,
            "maximize",
            [[0.5], [0.4]],
            [0.3],
            (1, "x 0.30 is below 0.50, reached by the best 1 trial of 3 at this rung"),
        ),
        (_halving, "minimize", [[0.5], [0.4]], [0.3], None),
        (
            lambda: _halving(bootstrap_count=4),
            "maximize",
            [],
            [0.3],
            (1, "SuccessiveHalvingPruner stopped it at x 0.30"),
        ),
        (
            lambda: _patient(None, 1, 0.05),
            "maximize",
            [],
            [0.5, 0.5, 0.46, 0.44, 0.44],
            (5, "x has been more than 0.05 below its best 0.50 for 2 measurements"),
        ),
        (
            lambda: _patient(_median(), 1),
            "minimize",
            [[0.3, 0.3, 0.3], [0.3, 0.3, 0.3]],
            [0.4, 0.5, 0.6],
            (
                3,
                "x has been above its best 0.40 for 2 measurements; "
                "x 0.40 (its best, at epoch 1) is above the median 0.30 of 2 earlier trials",
            ),
        ),
        (
            lambda: _PRUNERS.ThresholdPruner(lower=0.1),
            "maximize",
            [],
            [0.2, 0.09],
            (2, "x 0.09 below 0.10"),
        ),
        (_PRUNERS.NopPruner, "maximize", [[0.5]], [0.1], None),
    ],
)
def test_table(feed, directions, pruner, goal, earlier, curve, stop):
    study = optuna.create_study(directions=directions)
    rule = OnMetric(pruner(), "x", goal=goal)
    for values in earlier:
        feed(_Ignored(rule), {"x": values}, study)
    expected = stop and (stop[0], f"pruned at epoch {stop[0]}: {stop[1]}")
    assert feed(rule, {"x": curve, "lr": [0.1] * len(curve)}, study) == expected


class _Ignored:
    """Asks a rule and goes on all the same."""

    def __init__(self, rule):
        self.rule = rule

    def decide(self, study, trial):
        self.rule.decide(study, trial)


def test_hyperband_names_the_limit_within_its_bracket(feed):
    rule = OnMetric(_PRUNERS.HyperbandPruner(1, 9, 3), "x", goal="maximize")
    study = optuna.create_study(study_name="hv", directions=["maximize", "maximize"])
    stops = [feed(rule, {"x": [0.9 - 0.01 * number] * 9}, study) for number in range(20)]
    reasons = [stop[1] for stop in stops if stop is not None]
    assert reasons
    assert all(reason.endswith("at this rung") for reason in reasons)
    brackets = [
        rule.pruner._get_bracket_id(study, trial) for trial in study.get_trials(deepcopy=False)
    ]
    assert len(set(brackets)) > 1
    # The first trial of each bracket is its best, since every trial is worse than the one before.
    assert all(stops[brackets.index(bracket)] is None for bracket in set(brackets))


def test_a_verdict_is_written_to_the_trial_and_ends_with_it(feed):
    rule = OnMetric(_halving(), "val/aji", goal="maximize")
    study = optuna.create_study()
    feed(rule, {"val/aji": [0.5, 0.6]}, study)
    feed(rule, {"val/aji": [0.4, 0.6]}, study)
    kept = [
        (key.split("/", 2)[2], value)
        for trial in study.trials
        for key, value in trial.system_attrs.items()
    ]
    reason = (
        "pruned at epoch 1: val/aji 0.40 is below 0.50, reached by the best 1 trial of 2 "
        "at this rung"
    )
    assert kept == [
        (
            "maximize/val/aji",
            {
                "epoch": 2,
                "reason": None,
                "rungs": {"completed_rung_0": 0.5, "completed_rung_1": 0.6},
            },
        ),
        (
            "maximize/val/aji",
            {"epoch": 1, "reason": reason, "rungs": {"completed_rung_0": 0.4}},
        ),
    ]
    assert OnMetric(_halving(), "val/aji", goal="maximize").decide(study, study.trials[1]) == reason


def test_two_rules_of_one_kind_keep_apart(feed):
    study = optuna.create_study()
    ones = [
        OnMetric(_halving(), "x", goal="maximize"),
        OnMetric(_halving(), "y", goal="maximize"),
        OnMetric(_halving(), "x", goal="minimize"),
        OnMetric(_halving(reduction_factor=3), "x", goal="maximize"),
        OnMetric(_patient(_halving(), 0), "x", goal="maximize"),
        OnMetric(_patient(_halving(reduction_factor=3), 0), "x", goal="maximize"),
    ]
    for rule in ones:
        trial = study.ask()
        trial.set_user_attr("epoch/1", {"metrics": {"x": 0.5, "y": 0.5}, "at_ms": 0})
        rule.decide(study, study.trials[-1])
    keys = [tuple(trial.system_attrs) for trial in study.trials]
    assert len(set(keys)) == len(ones)


def test_asking_about_an_ended_trial_writes_nothing(feed):
    study = optuna.create_study(direction="maximize")
    for value in (0.4, 0.6, 0.1):
        feed(AnyOf(), {"x": [value]}, study)
    reason = OnMetric(_median(), "x", goal="maximize").decide(study, study.trials[2])
    assert reason == "pruned at epoch 1: x 0.10 is below the median 0.50 of 2 earlier trials"
    assert study.trials[2].system_attrs == {}


def test_a_trial_that_the_study_does_not_hold_is_judged_against_it(feed):
    study = optuna.create_study(direction="maximize")
    for value in (0.4, 0.6):
        feed(AnyOf(), {"": [value]}, study)
    stranger = optuna.trial.create_trial(
        state=TrialState.RUNNING, intermediate_values={1: 0.1}, user_attrs={}
    )
    stranger.number = 2
    reason = OnMetric(_median(), goal="maximize").decide(study, stranger)
    assert reason is not None
    assert reason.endswith("is below the median 0.50 of 2 earlier trials")


def test_one_rule_serves_several_studies(feed):
    rule = OnMetric(_median(), "x", goal="maximize")
    high, low = (optuna.create_study(study_name="same") for _ in range(2))
    for _ in range(2):
        assert feed(rule, {"x": [0.9]}, high) is None
        assert feed(rule, {"x": [0.1]}, low) is None
    assert feed(rule, {"x": [0.5]}, low) is None
    assert feed(rule, {"x": [0.5]}, high) is not None


def test_a_rule_travels_with_its_pickled_study(feed):
    rule = OnMetric(_median(), "x", goal="maximize")
    study = optuna.create_study(pruner=rule)
    for _ in range(2):
        feed(rule, {"x": [0.9]}, study)
    twin = pickle.loads(pickle.dumps(study))  # noqa: S301 - made one line above
    assert feed(twin.pruner, {"x": [0.5]}, twin) == feed(rule, {"x": [0.5]}, study)


def test_numbers_of_numpy_are_numbers(feed):
    rule = OnMetric(_halving(), "x", goal="maximize")
    study = optuna.create_study()
    assert feed(rule, {"x": [np.float32(0.5), 1]}, study) is None
    assert isinstance(next(iter(study.trials[0].system_attrs.values()))["rungs"], dict)


@pytest.mark.parametrize(
    "pruner",
    [
        _PRUNERS.SuccessiveHalvingPruner(),
        _PRUNERS.HyperbandPruner(),
        _patient(_PRUNERS.SuccessiveHalvingPruner(), 1),
    ],
)
def test_a_resource_that_would_be_guessed_is_refused(pruner):
    with pytest.raises(ValueError, match="a number of epochs"):
        OnMetric(pruner, "x", goal="maximize")


def test_wilcoxon_is_refused():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        pruner = _PRUNERS.WilcoxonPruner()
    with pytest.raises(TypeError, match="final values"):
        OnMetric(pruner, "x", goal="maximize")


def test_a_rule_prints_what_it_looks_at():
    rule = OnMetric(_median(), "val/aji", goal="maximize")
    assert repr(rule) == "OnMetric(MedianPruner, 'val/aji', goal='maximize')"


def test_an_unknown_goal_is_refused():
    with pytest.raises(ValueError, match="goal must be"):
        OnMetric(_median(), "x", goal="up")


def test_a_pruner_that_writes_something_else_is_refused(feed):
    class Scribbler(_PRUNERS.BasePruner):
        def prune(self, study, trial):
            study._storage.set_trial_system_attr(trial._trial_id, "note", {"a": 1})
            return False

    with pytest.raises(TypeError, match="only rungs"):
        feed(OnMetric(Scribbler(), "x", goal="maximize"), {"x": [1.0]})
