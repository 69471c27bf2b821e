"""Feeds curves to rules, epoch by epoch, as a training would."""

from __future__ import annotations

import optuna
import pytest

from sweeper.study.curves import report_metrics


@pytest.fixture(autouse=True)
def _quiet_optuna():
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    yield
    optuna.logging.set_verbosity(before)


@pytest.fixture
def feed():
    """Runs one trial: `feed(rule, curves, study=None)` gives (epoch, reason) or None.

    `curves` maps a metric to its values, one an epoch from 1; None: not measured in that epoch.
    The metric "" goes to `trial.report`. A trial that gets through is told its last values.
    """

    def run(rule, curves, study=None, *, ending=0.0):
        study = study or optuna.create_study()
        trial = study.ask()
        for epoch, values in enumerate(zip(*curves.values(), strict=True), start=1):
            measured = {
                metric: value
                for metric, value in zip(curves, values, strict=True)
                if value is not None
            }
            if "" in measured:
                trial.report(measured.pop(""), step=epoch)
            report_metrics(trial, epoch, measured)
            reason = rule.decide(study, study.get_trials(deepcopy=False)[trial.number])
            if reason is not None:
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
                return epoch, reason
        study.tell(trial, [ending] * len(study.directions))
        return None

    return run
