"""Starts and ends a Ray of our own; never joins or stops anybody else's."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

__all__ = ["QUIET", "Cluster", "local_ray"]

#: Environment that keeps Ray and Tune quiet; read when they are imported.
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "86400",
    "TUNE_FORCE_TRIAL_CLEANUP_S": "1",
    "TUNE_WARN_EXCESSIVE_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S": "0",
}

_OBJECT_STORE_BYTES = 150 * 2**20


@dataclass(frozen=True, slots=True)
class Cluster:
    """What Ray has to give."""

    cpus: float
    gpus: float


@contextmanager
def local_ray() -> Iterator[Cluster]:
    """Ray on this machine while the block runs; one that this process has already is used."""
    os.environ.update({key: value for key, value in QUIET.items() if key not in os.environ})
    import ray

    _quiet_logging()
    ours = not ray.is_initialized()
    if ours:
        ray.init(
            address="local",
            num_cpus=len(os.sched_getaffinity(0)),
            include_dashboard=False,
            log_to_driver=False,
            configure_logging=False,
            logging_level=logging.ERROR,
            object_store_memory=_OBJECT_STORE_BYTES,
        )
    _quiet_logging()  # ray.init sets levels of its own
    try:
        found = ray.cluster_resources()
        yield Cluster(cpus=found.get("CPU", 1.0), gpus=found.get("GPU", 0.0))
    finally:
        if ours:
            ray.shutdown()


def _quiet_logging() -> None:
    for name in ("ray", "ray.tune"):
        logging.getLogger(name).setLevel(logging.ERROR)
