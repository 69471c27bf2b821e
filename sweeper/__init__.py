"""Sweeps for instance segmentation, with Ray Tune, Optuna and MLflow.

`sweeper.run`, `sweeper.resume` and `sweeper.load_spec` are loaded when they are first used, so that
`import sweeper` stays light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sweeper.spec import load_spec
    from sweeper.sweep import resume, run

__all__ = ["load_spec", "resume", "run"]

_HOMES = {"run": "sweeper.sweep", "resume": "sweeper.sweep", "load_spec": "sweeper.spec"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sweeper' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
