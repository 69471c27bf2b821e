"""What may vary, for Optuna: proposals, samplers, and the configuration that follows from them.

A parameter has two forms. In the study lists and mappings of a choice stand as JSON, because Optuna
keeps scalars only, and parameters with a fixed value do not stand at all. Everywhere else
parameters have the values that the space file gives them. Functions here take either form.
"""

from __future__ import annotations

from sweeper.space.configuration import build_config
from sweeper.space.grid import GridSampler, grid_size
from sweeper.space.params import active_params, enqueue_values, file_value, suggest, suggest_rest
from sweeper.space.representatives import representative_params
from sweeper.space.sampling import build_sampler
from sweeper.space.seeds import derive_seed

__all__ = [
    "GridSampler",
    "active_params",
    "build_config",
    "build_sampler",
    "derive_seed",
    "enqueue_values",
    "file_value",
    "grid_size",
    "representative_params",
    "suggest",
    "suggest_rest",
]
