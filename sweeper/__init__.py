"""Sweeps for instance segmentation, with Ray Tune, Optuna and MLflow.

`sweeper.run`, `sweeper.resume`, `sweeper.audit` and `sweeper.load_spec` are loaded when they are
first used, so that `import sweeper` stays light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sweeper.auditing import audit
    from sweeper.spec import load_spec
    from sweeper.sweep import resume, run

__all__ = ["audit", "load_spec", "resume", "run"]

_HOMES = {
    "audit": "sweeper.auditing",
    "load_spec": "sweeper.spec",
    "resume": "sweeper.sweep",
    "run": "sweeper.sweep",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sweeper' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
