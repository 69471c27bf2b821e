"""What holds for our own rules on any curve."""

from __future__ import annotations

import math

import optuna
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.pruning import AnyOf, CollapsePruner, GatePruner, OnMetric, StallPruner
from sweeper.pruning.spelling import spell
from sweeper.study.curves import report_metrics

optuna.logging.set_verbosity(optuna.logging.WARNING)

_VALUES = st.floats(-2, 2).map(lambda value: round(value, 3))
_CURVES = st.lists(st.none() | _VALUES, max_size=12)
_STALLS = st.builds(
    StallPruner,
    st.just("x"),
    patience=st.integers(1, 4),
    min_delta=st.sampled_from([0.0, 0.01, 0.5]),
    below=st.none() | st.just(0.5),
    warmup_epochs=st.integers(0, 3),
)
_GATES = st.builds(
    GatePruner, st.just("x"), epoch=st.integers(1, 8), min=_VALUES, max=st.none() | st.just(2.0)
)
_COLLAPSES = st.builds(
    CollapsePruner, st.just("x"), target=st.just(0.3), patience=st.integers(1, 3)
)
_RULES = st.one_of(_STALLS, _GATES, _COLLAPSES)


def _verdicts(rule, curve):
    """The verdict after each epoch of a trial that goes on whatever is said."""
    study = optuna.create_study()
    trial = study.ask()
    verdicts = []
    for epoch, value in enumerate(curve, start=1):
        report_metrics(trial, epoch, {} if value is None else {"x": value})
        verdicts.append(rule.decide(study, study.get_trials(deepcopy=False)[0]))
    return verdicts


def _first_stop(rule, curve):
    verdicts = _verdicts(rule, curve)
    return next((epoch for epoch, reason in enumerate(verdicts, 1) if reason), None)


@settings(deadline=None)
@given(rule=_RULES, curve=_CURVES)
def test_a_reason_names_the_epoch_in_which_it_is_given(rule, curve):
    for epoch, reason in enumerate(_verdicts(rule, curve), start=1):
        assert reason is None or reason.startswith(f"pruned at epoch {epoch}: x ")


@settings(deadline=None)
@given(rule=_RULES, curve=_CURVES, later=_CURVES, other_later=_CURVES)
def test_no_verdict_depends_on_what_comes_after_it(rule, curve, later, other_later):
    known = len(curve)
    assert _verdicts(rule, curve + later)[:known] == _verdicts(rule, curve + other_later)[:known]


@settings(deadline=None)
@given(rule=_RULES, num_epochs=st.integers(0, 10), hole=st.sampled_from([None, math.nan]))
def test_what_was_not_measured_stops_nothing(rule, num_epochs, hole):
    assert _first_stop(rule, [hole] * num_epochs) is None


@settings(deadline=None)
@given(rule=_STALLS, start=_VALUES, steps=st.lists(st.floats(0.51, 3), max_size=10))
def test_what_rises_fast_enough_never_stalls(rule, start, steps):
    curve = [start]
    for step in steps:
        curve.append(curve[-1] + step)
    assert _first_stop(rule, curve) is None


@settings(deadline=None)
@given(
    patience=st.integers(1, 4),
    min_delta=st.sampled_from([0.0, 0.1]),
    curve=st.lists(st.floats(0.5, 9), max_size=12).map(sorted),
)
def test_what_rises_above_the_level_never_stalls(patience, min_delta, curve):
    rule = StallPruner("x", patience=patience, min_delta=min_delta, below=0.5)
    assert _first_stop(rule, curve) is None


@settings(deadline=None)
@given(rule=_STALLS, curve=_CURVES)
def test_minimizing_is_maximizing_the_negative(rule, curve):
    mirrored = StallPruner(
        "x",
        patience=rule.patience,
        min_delta=rule.min_delta,
        above=None if rule.below is None else -rule.below,
        goal="minimize",
        warmup_epochs=rule.warmup_epochs,
    )
    negative = [None if value is None else -value for value in curve]
    assert _first_stop(mirrored, negative) == _first_stop(rule, curve)


@settings(deadline=None)
@given(curve=_CURVES, patience=st.integers(1, 5))
def test_more_patience_never_stops_earlier(curve, patience):
    short = _first_stop(StallPruner("x", patience=patience), curve)
    long = _first_stop(StallPruner("x", patience=patience + 1), curve)
    assert long is None or (short is not None and short <= long)


@settings(deadline=None)
@given(rules=st.lists(_RULES, max_size=4), curve=_CURVES, order=st.randoms(use_true_random=False))
def test_any_of_stops_exactly_when_one_does(rules, curve, order):
    alone = [_verdicts(rule, curve) for rule in rules]
    together = _verdicts(AnyOf(rules), curve)
    for epoch, verdict in enumerate(together):
        reasons = [verdicts[epoch] for verdicts in alone if verdicts[epoch] is not None]
        assert verdict == (reasons[0] if reasons else None)
    shuffled = order.sample(rules, len(rules))
    assert [bool(verdict) for verdict in _verdicts(AnyOf(shuffled), curve)] == [
        bool(verdict) for verdict in together
    ]


@settings(deadline=None, max_examples=60)
@given(
    pruner=st.sampled_from(
        [
            lambda: optuna.pruners.MedianPruner(n_startup_trials=1),
            lambda: optuna.pruners.SuccessiveHalvingPruner(2, 2),
        ]
    ),
    earlier=st.lists(st.lists(_VALUES, min_size=6, max_size=6), min_size=1, max_size=5),
    curve=st.lists(_VALUES, min_size=1, max_size=3),
    later=st.lists(_VALUES, min_size=3, max_size=3),
)
def test_later_epochs_of_other_trials_do_not_count(pruner, earlier, curve, later):
    def verdicts(others):
        study = optuna.create_study()
        rule = OnMetric(pruner(), "x", goal="maximize")
        found = []
        for values in [*others, curve]:
            trial = study.ask()
            for epoch, value in enumerate(values, start=1):
                report_metrics(trial, epoch, {"x": value})
                found.append(rule.decide(study, study.get_trials(deepcopy=False)[trial.number]))
            study.tell(trial, 0.0)
        return found[-len(curve) :]

    assert verdicts(earlier) == verdicts([values[:3] + later for values in earlier])


@settings(deadline=None)
@given(
    values=st.lists(
        st.floats(allow_nan=False) | st.floats(-1, 1) | st.integers(-5, 5).map(float), min_size=1
    )
)
def test_numbers_in_print_keep_their_order(values):
    finite = [value for value in values if abs(value) < 1e5]
    texts = spell(*finite)
    for one, one_text in zip(finite, texts, strict=True):
        for other, other_text in zip(finite, texts, strict=True):
            if one < other:
                assert float(one_text) <= float(other_text)
    spell(*values)


@settings(deadline=None)
@given(value=st.floats(-100, 100), gap=st.floats(1e-9, 10))
def test_unequal_numbers_never_read_the_same(value, gap):
    low, high = spell(value, value + gap, exact=value + gap)
    assert float(low) < float(high)
