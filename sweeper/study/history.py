"""What a study has done so far, for judging changes of its spec."""

from __future__ import annotations

import optuna
from optuna.trial import TrialState

from sweeper.parameters import file_value
from sweeper.spec import SweepSpec
from sweeper.spec.changes import History
from sweeper.study.budget import read_budget

__all__ = ["GIVEN", "read_history"]

#: Where Optuna keeps the values that a trial was queued with.
GIVEN = "fixed_params"


def read_history(study: optuna.Study, spec: SweepSpec) -> History:
    """The history, in the values of the file.

    Args:
        study: Of the sweep.
        spec: What it runs with.
    """
    trials = study.get_trials(deepcopy=False)
    begun = [trial for trial in trials if trial.state is not TrialState.WAITING]
    attrs = study.user_attrs
    return History(
        max_trials=read_budget(study, spec).trials,
        max_hours=attrs.get("hours", spec.budget.hours),
        spent_hours=attrs.get("spent_s", 0.0) / 3600,
        num_begun=len(begun),
        num_queued=len(trials) - len(begun),
        values={
            name: {
                trial.number: file_value(parameter, trial.params[name])
                for trial in begun
                if name in trial.params
            }
            for name, parameter in spec.space.items()
        },
        started={
            trial.number: {
                name: file_value(spec.space[name], value) for name, value in given.items()
            }
            for trial in begun
            if (given := trial.system_attrs.get(GIVEN))
        },
    )
