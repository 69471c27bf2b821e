"""Environment variables that Ray, OpenMP and MLflow read when they are loaded."""

from __future__ import annotations

import os

__all__ = ["set_environment"]

_DEFAULTS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "86400",
    "TUNE_FORCE_TRIAL_CLEANUP_S": "1",
    "TUNE_WARN_EXCESSIVE_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S": "0",
    # Threads that spin while they wait slow each other down several times where cores are shared.
    "OMP_WAIT_POLICY": "PASSIVE",
    # Ray ends a process without a word when the one of this pid is gone: its raylet, for a worker,
    # which is told so. A driver that is told nothing takes a parent that is init (under nohup,
    # systemd, in containers) for a dead raylet; ours starts another one.
    "RAY_RAYLET_PID": str(os.getpid()),
}


def set_environment() -> None:
    """Sets what is not set; processes that are started later inherit it."""
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
