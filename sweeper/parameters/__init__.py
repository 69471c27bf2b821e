"""What may vary: kinds of parameters, their conditions and constraints, and their values.

Below everything else, so that a sweep and a search inside a trial describe a space in one way.
Knows nothing of sweeps, Ray, MLflow or images.
"""

from __future__ import annotations

from sweeper.parameters.checks import check_constraints, check_when
from sweeper.parameters.conditions import is_active, parents_first
from sweeper.parameters.constraints import Constraint, parse_constraint
from sweeper.parameters.draws import active_params, file_value, study_value, suggest
from sweeper.parameters.fields import MistakesError, ParameterPath, Section
from sweeper.parameters.grid import count_grid, list_grid
from sweeper.parameters.kinds import (
    ChoiceParameter,
    FixedParameter,
    FloatParameter,
    IntParameter,
    Parameter,
    Space,
)
from sweeper.parameters.narrowing import Narrowing, Span

__all__ = [
    "ChoiceParameter",
    "Constraint",
    "FixedParameter",
    "FloatParameter",
    "IntParameter",
    "MistakesError",
    "Narrowing",
    "Parameter",
    "ParameterPath",
    "Section",
    "Space",
    "Span",
    "active_params",
    "check_constraints",
    "check_when",
    "count_grid",
    "file_value",
    "is_active",
    "list_grid",
    "parents_first",
    "parse_constraint",
    "study_value",
    "suggest",
]
