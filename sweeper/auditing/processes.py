"""Who trains the trials of a sweep now."""

from __future__ import annotations

from collections.abc import Mapping

from sweeper.auditing.case import Case
from sweeper.auditing.results import Check, wrong
from sweeper.study.workers import Worker

__all__ = ["check_processes"]


def check_processes(case: Case, workers: Mapping[int, Worker]) -> Check:
    """Whether nobody trains without a driver.

    Args:
        case: The sweep.
        workers: Those on this host that are alive, by trial.
    """
    found = [
        wrong(
            "worker-alive",
            f"trial {number}",
            f"process {worker.pid} on {worker.host} still trains it, though no driver runs",
            f"wait until it ends, or kill {worker.pid}; {case.resume} does both",
        )
        for number, worker in workers.items()
        if not case.is_driven
    ]
    title = "nobody trains without a driver"
    count = len(workers)
    return Check(area="processes", title=title, count=count, unit="workers alive", findings=found)
