"""What holds for the collapse rule on any curves of a loss ratio and a contrast."""

from __future__ import annotations

import optuna
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.pruning import CollapsePruner
from sweeper.study.curves import report_metrics

optuna.logging.set_verbosity(optuna.logging.WARNING)

_RATIOS = st.floats(0.5, 3.0).map(lambda value: round(value, 2))
_CONTRASTS = st.floats(-0.1, 0.2).map(lambda value: round(value, 3))
_EPOCHS = st.lists(st.none() | st.tuples(_RATIOS, _CONTRASTS), max_size=10)


def _verdicts(rule, epochs):
    """The verdict after each epoch of a trial that goes on whatever is said."""
    study = optuna.create_study()
    trial = study.ask()
    verdicts = []
    for epoch, found in enumerate(epochs, start=1):
        measured = {"val/pred_mean": 0.02, "target_mean": 0.02}
        if found is not None:
            measured |= {"val/np_bce_ratio": found[0], "val/np_contrast": found[1]}
        report_metrics(trial, epoch, measured if found is not None else {})
        verdicts.append(rule.decide(study, study.get_trials(deepcopy=False)[0]))
    return verdicts


def _first(rule, epochs):
    return next((epoch for epoch, why in enumerate(_verdicts(rule, epochs), 1) if why), None)


@settings(deadline=None)
@given(epochs=_EPOCHS, later=_EPOCHS)
def test_no_verdict_depends_on_what_comes_after_it(epochs, later):
    rule = CollapsePruner(patience=2)
    assert _verdicts(rule, epochs + later)[: len(epochs)] == _verdicts(rule, epochs)


@settings(deadline=None)
@given(epochs=_EPOCHS, patience=st.integers(1, 3), warmup=st.integers(0, 3))
def test_a_trial_is_stopped_only_after_as_many_blind_evaluations(epochs, patience, warmup):
    rule = CollapsePruner(patience=patience, warmup_epochs=warmup)
    stop = _first(rule, epochs)
    if stop is None:
        return
    judged = [found for found in epochs[warmup:stop] if found is not None]
    assert len(judged) >= patience
    assert all(ratio >= 0.95 and contrast < 0.05 for ratio, contrast in judged[-patience:])


@settings(deadline=None)
@given(epochs=_EPOCHS, patience=st.integers(1, 3), warmup=st.integers(0, 3))
def test_more_patience_or_a_longer_warm_up_never_stops_earlier(epochs, patience, warmup):
    stop = _first(CollapsePruner(patience=patience, warmup_epochs=warmup), epochs)
    for patient in (
        CollapsePruner(patience=patience + 1, warmup_epochs=warmup),
        CollapsePruner(patience=patience, warmup_epochs=warmup + 1),
    ):
        later = _first(patient, epochs)
        assert later is None or (stop is not None and stop <= later)


@settings(deadline=None)
@given(
    start=st.floats(1.0, 50.0),
    falls=st.lists(st.floats(0.3, 0.94), min_size=1, max_size=9),
    contrast=_CONTRASTS,
)
def test_a_ratio_that_keeps_falling_stops_nothing(start, falls, contrast):
    ratios = [start]
    for fall in falls:
        ratios.append(ratios[-1] * fall)
    rule = CollapsePruner(patience=2, warmup_epochs=0)
    assert _first(rule, [(ratio, contrast) for ratio in ratios]) is None


@settings(deadline=None)
@given(ratio=st.floats(0.95, 400.0), contrast=st.floats(-1.0, 0.049), patience=st.integers(1, 4))
def test_the_same_blind_answer_all_the_time_is_always_stopped(ratio, contrast, patience):
    rule = CollapsePruner(patience=patience)
    assert _first(rule, [(ratio, contrast)] * 8) == patience + 1
