"""What may vary, for Optuna: proposals, samplers, and the configuration that follows from them.

`sweeper.parameters` says what a parameter is and in which two forms its values stand.
"""

from __future__ import annotations

from sweeper.space.configuration import build_config
from sweeper.space.grid import GridSampler
from sweeper.space.params import enqueue_values, suggest_rest
from sweeper.space.representatives import representative_params
from sweeper.space.sampling import build_sampler
from sweeper.space.seeds import derive_seed

__all__ = [
    "GridSampler",
    "build_config",
    "build_sampler",
    "derive_seed",
    "enqueue_values",
    "representative_params",
    "suggest_rest",
]
