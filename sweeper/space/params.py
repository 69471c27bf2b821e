"""First trials and trials that were begun, in the study."""

from __future__ import annotations

from typing import Any

import optuna
from optuna.trial import FrozenTrial

from sweeper.parameters import FixedParameter, Space, active_params, study_value, suggest
from sweeper.spec import SweepSpec

__all__ = ["enqueue_values", "suggest_rest"]


def suggest_rest(study: optuna.Study, trial: FrozenTrial, space: Space) -> dict[str, Any]:
    """The parameters of a trial that was begun: those it has, and those it was not given in time.

    The sampler is asked only if some are missing, because asking leaves traces with the trial:
    CMA-ES would take its result for that of another proposal.

    Args:
        study: With the sampler for this trial.
        trial: A running trial.
        space: All parameters.

    Returns:
        Like `suggest`.
    """
    try:
        return active_params(space, trial.params)
    except ValueError:
        return suggest(optuna.Trial(study, trial._trial_id), space)


def enqueue_values(spec: SweepSpec) -> list[dict[str, Any]]:
    """The values that are tried first, each for one `study.enqueue_trial`.

    Parameters that a set leaves out are proposed by the sampler; a set that sets none is left out.
    """
    sets = [
        {
            name: study_value(spec.space[name], value)
            for name, value in values.items()
            if not isinstance(spec.space[name], FixedParameter)
        }
        for values in spec.start
    ]
    return [values for values in sets if values]
