"""OnMetric decides as Optuna's pruner does, decision by decision, whatever the driver suffers."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import optuna
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.pruners import BasePruner
from optuna.trial import TrialState

from sweeper.pruning import OnMetric
from sweeper.study.curves import report_metrics

optuna.logging.set_verbosity(optuna.logging.WARNING)
_GOALS = ("maximize", "minimize")


def _patient(wrapped: BasePruner | None, patience: int, min_delta: float) -> BasePruner:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.pruners.PatientPruner(wrapped, patience=patience, min_delta=min_delta)


@dataclass(frozen=True)
class _Report:
    """One report in the life of a study."""

    trial: int
    epoch: int
    value: float
    last: bool


@st.composite
def _factories(draw) -> Callable[[], BasePruner]:
    rank = {
        "n_startup_trials": draw(st.integers(0, 2)),
        "n_warmup_steps": draw(st.integers(0, 3)),
        "interval_steps": draw(st.integers(1, 3)),
        "n_min_trials": draw(st.integers(1, 2)),
    }
    percentile = draw(st.sampled_from([10.0, 25.0, 50.0, 80.0]))
    first, factor = draw(st.integers(1, 2)), draw(st.integers(2, 3))
    rate = draw(st.integers(0, 1))
    patience, delta = draw(st.integers(0, 2)), draw(st.sampled_from([0.0, 1.0]))
    pruners = optuna.pruners
    simple = draw(
        st.sampled_from(
            [
                lambda: pruners.MedianPruner(**rank),
                lambda: pruners.PercentilePruner(percentile, **rank),
                lambda: pruners.SuccessiveHalvingPruner(first, factor, rate),
                lambda: pruners.SuccessiveHalvingPruner(first, factor, rate, bootstrap_count=2),
                lambda: pruners.HyperbandPruner(first, 9, factor),
                lambda: pruners.ThresholdPruner(lower=1.0, upper=7.0),
            ]
        )
    )
    return draw(
        st.sampled_from(
            [
                simple,
                lambda: _patient(simple(), patience, delta),
                lambda: _patient(None, patience, delta),
            ]
        )
    )


@st.composite
def _histories(draw) -> list[_Report]:
    """Reports of up to seven trials, two or three running at a time, measured every k-th epoch."""
    every = draw(st.integers(1, 3))
    curves = draw(
        st.lists(st.lists(st.integers(0, 8), min_size=1, max_size=6), min_size=2, max_size=7)
    )
    places = draw(st.integers(1, 3))
    waiting, running, reports = list(range(len(curves))), [], []
    done = dict.fromkeys(waiting, 0)
    while waiting or running:
        while waiting and len(running) < places:
            running.append(waiting.pop(0))
        trial = draw(st.sampled_from(running))
        done[trial] += 1
        last = done[trial] == len(curves[trial])
        value = float(curves[trial][done[trial] - 1])
        reports.append(_Report(trial, done[trial] * every, value, last))
        if last:
            running.remove(trial)
    return reports


class _Life:
    """A study that lives through a history, one report at a time."""

    def __init__(self, directions: list[str]) -> None:
        self.study = optuna.create_study(study_name="hv", directions=directions)
        self.trials: dict[int, optuna.Trial] = {}
        self.stopped: set[int] = set()

    def report(self, report: _Report) -> optuna.trial.FrozenTrial:
        while report.trial not in self.trials:
            trial = self.study.ask()
            self.trials[trial.number] = trial
        trial = self.trials[report.trial]
        if len(self.study.directions) == 1:
            trial.report(report.value, step=report.epoch)
        report_metrics(trial, report.epoch, {"x": report.value})
        return self.study.get_trials(deepcopy=False)[report.trial]

    def settle(self, report: _Report, *, stop: bool) -> None:
        if stop:
            self.stopped.add(report.trial)
            self.study.tell(report.trial, state=TrialState.PRUNED)
        elif report.last:
            self.study.tell(report.trial, [report.value] * len(self.study.directions))


@settings(deadline=None, max_examples=120)
@given(
    factory=_factories(),
    history=_histories(),
    goal=st.sampled_from(_GOALS),
    obeys=st.booleans(),
)
def test_one_objective(factory, history, goal, obeys):
    life = _Life([goal])
    theirs, ours = factory(), OnMetric(factory(), goal=goal)
    for report in history:
        if report.trial in life.stopped:
            continue
        trial = life.report(report)
        stop = theirs.prune(life.study, trial)
        reason = ours.decide(life.study, trial)
        assert (reason is not None) == stop, (report, reason)
        assert reason is None or reason.startswith(f"pruned at epoch {report.epoch}: ")
        life.settle(report, stop=stop and obeys)


@settings(deadline=None, max_examples=120)
@given(
    factory=_factories(),
    history=_histories(),
    goal=st.sampled_from(_GOALS),
    other_goal=st.sampled_from(_GOALS),
    data=st.data(),
)
def test_two_objectives_with_restarts_and_epochs_reported_again(
    factory, history, goal, other_goal, data
):
    plain, life = _Life([goal]), _Life([goal, other_goal])
    theirs, ours = factory(), OnMetric(factory(), "x", goal=goal)
    for report in history:
        if report.trial in plain.stopped:
            continue
        stop = theirs.prune(plain.study, plain.report(report))
        trial = life.report(report)
        if data.draw(st.booleans(), label="the driver starts anew before the verdict"):
            ours = OnMetric(factory(), "x", goal=goal)
        reason = ours.decide(life.study, trial)
        assert (reason is not None) == stop, (report, reason)
        if data.draw(st.booleans(), label="and after it, and is told the same epoch again"):
            ours = OnMetric(factory(), "x", goal=goal)
            again = life.study.get_trials(deepcopy=False)[report.trial]
            assert ours.decide(life.study, again) == reason
        plain.settle(report, stop=stop)
        life.settle(report, stop=stop)


@settings(deadline=None, max_examples=60)
@given(
    factory=_factories(),
    history=_histories(),
    goal=st.sampled_from(_GOALS),
    data=st.data(),
)
def test_an_epoch_is_judged_once_even_if_others_have_moved_on(factory, history, goal, data):
    life = _Life([goal])
    ours = OnMetric(factory(), "x", goal=goal)
    said: dict[int, str | None] = {}
    for report in history:
        if report.trial in life.stopped:
            continue
        said[report.trial] = ours.decide(life.study, life.report(report))
        life.settle(report, stop=said[report.trial] is not None)
        returning = data.draw(st.sampled_from(sorted(said)), label="a trial that comes back")
        trial = life.study.get_trials(deepcopy=False)[returning]
        if not trial.state.is_finished():
            assert OnMetric(factory(), "x", goal=goal).decide(life.study, trial) == said[returning]
