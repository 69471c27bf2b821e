"""Starts and ends a Ray of our own; never joins or stops anybody else's."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sweeper.engine.environment import set_environment

__all__ = ["Cluster", "local_ray"]

_OBJECT_STORE_BYTES = 150 * 2**20


@dataclass(frozen=True, slots=True)
class Cluster:
    """What Ray has to give."""

    cpus: float
    gpus: float


@contextmanager
def local_ray() -> Iterator[Cluster]:
    """Ray on this machine while the block runs; one that this process has already is used."""
    set_environment()
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
