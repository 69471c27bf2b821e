"""What may vary: kinds of parameters, their conditions, and their values.

Below everything else, so that a sweep and a search inside a trial describe a space in one way.
Knows nothing of sweeps, Ray, MLflow or images.
"""

from __future__ import annotations

from sweeper.parameters.conditions import is_active, parents_first
from sweeper.parameters.draws import active_params, file_value, study_value, suggest
from sweeper.parameters.fields import MistakesError, ParameterPath, Section
from sweeper.parameters.kinds import (
    ChoiceParameter,
    FixedParameter,
    FloatParameter,
    IntParameter,
    Parameter,
    Space,
)

__all__ = [
    "ChoiceParameter",
    "FixedParameter",
    "FloatParameter",
    "IntParameter",
    "MistakesError",
    "Parameter",
    "ParameterPath",
    "Section",
    "Space",
    "active_params",
    "file_value",
    "is_active",
    "parents_first",
    "study_value",
    "suggest",
]
