"""Starts and ends a Ray of our own; never joins or stops anybody else's."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil

from sweeper.engine.environment import set_environment
from sweeper.errors import BackendError

__all__ = ["Cluster", "local_ray"]

logger = logging.getLogger(__name__)

_OBJECT_STORE_BYTES = 150 * 2**20


# Without one of these nothing trains; Ray itself takes half a minute to notice.
_VITAL = {"raylet", "gcs_server"}


@dataclass(frozen=True, slots=True)
class Cluster:
    """What Ray has to give.

    Attributes:
        cpus: Cores.
        gpus: GPUs.
        processes: Of Ray, which we started and can't do without.
    """

    cpus: float
    gpus: float
    processes: Sequence[psutil.Process] = ()

    @property
    def is_alive(self) -> bool:
        """Whether all vital processes live; true for a Ray that somebody else started."""
        return all(map(_lives, self.processes))


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextmanager
def local_ray() -> Iterator[Cluster]:
    """Ray on this machine while the block runs; one that this process has already is used.

    Raises:
        BackendError: Ray does not start.
    """
    set_environment()
    import ray

    _lower_voices()
    if ray.is_initialized():
        with _redirected_logs():
            yield _measure(())
        return
    before = set(psutil.Process().children())
    _start()
    started = set(psutil.Process().children()) - before
    try:
        with _redirected_logs():
            yield _measure([process for process in started if process.name() in _VITAL])
    finally:
        ray.shutdown()


def _measure(processes: Sequence[psutil.Process]) -> Cluster:
    import ray

    found = ray.cluster_resources()
    return Cluster(cpus=found.get("CPU", 1.0), gpus=found.get("GPU", 0.0), processes=processes)


@contextmanager
def _own_signals() -> Iterator[None]:
    """Keeps our handlers, and keeps Ray's processes alive when the terminal is closed.

    Ray puts a handler of its own on SIGTERM. A signal that is blocked stays so in processes that
    start meanwhile: Ray does that for SIGINT, we do it for SIGHUP, to be able to end cleanly.
    """
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if threading.current_thread() is threading.main_thread():
            for number, handler in before.items():
                signal.signal(number, handler)


def _start() -> None:
    import ray

    _catch_messages()
    try:
        with _own_signals():
            ray.init(
                address="local",
                num_cpus=len(os.sched_getaffinity(0)),
                include_dashboard=False,
                log_to_driver=False,
                configure_logging=False,
                logging_level=logging.ERROR,
                object_store_memory=_OBJECT_STORE_BYTES,
            )
    except Exception as error:  # Ray raises bare ones, for instance when a process of it is slow
        ray.shutdown()
        reason = " ".join(str(error).split())
        raise BackendError(
            f"Ray does not start: {reason[:500]}",
            hint="its logs are in /tmp/ray/session_latest/logs",
        ) from error


@contextmanager
def _redirected_logs() -> Iterator[None]:
    """What Ray complains of goes where our own log goes, not into the terminal.

    To be entered after ray.init, which sets handlers and levels of its own.
    """
    _lower_voices()
    log = logging.getLogger("ray")
    before = list(log.handlers)
    log.handlers[:] = [*logging.getLogger("sweeper").handlers, logging.NullHandler()]
    try:
        yield
    finally:
        log.handlers[:] = before


def _lower_voices() -> None:
    for name in ("ray", "ray.tune"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _catch_messages() -> None:
    """Ray prints what its processes have to say; it belongs into the log."""
    from ray._private import worker

    def log(data: Mapping[str, Any], ignore_prefix: bool = False) -> None:  # noqa: FBT001, FBT002
        del ignore_prefix
        logger.warning("Ray says: %s", "\n".join(data["lines"]))

    worker.print_to_stdstream = log
