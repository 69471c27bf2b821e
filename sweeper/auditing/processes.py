"""Which processes of a sweep run though no driver does."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

import psutil

from sweeper.auditing.case import Case
from sweeper.auditing.results import Check, Finding, wrong
from sweeper.auditing.wording import named
from sweeper.study.workers import Worker, living_workers, stray_processes

__all__ = ["check_processes"]

# Those of a driver that has just ended need a moment.
_PATIENCE_S = 5.0
_PAUSE_S = 0.25


def check_processes(case: Case) -> Check:
    """Whether nobody works for the sweep unattended; of processes on this host."""
    workers, strays = _alive(case)
    return Check(
        area="processes",
        title="nobody works for the sweep without a driver",
        count=len({worker.pid for worker in workers.values()} | {p.pid for p in strays}),
        unit="processes",
        findings=[*_unattended(case, workers), *_left_over(case, workers, strays)],
    )


def _alive(case: Case) -> tuple[Mapping[int, Worker], Sequence[psutil.Process]]:
    if case.is_driven:
        return {}, []
    deadline_s = time.monotonic() + _PATIENCE_S
    while True:
        workers, strays = living_workers(case.paths), stray_processes(case.paths)
        if (not workers and not strays) or time.monotonic() > deadline_s:
            return workers, strays
        time.sleep(_PAUSE_S)


def _unattended(case: Case, workers: Mapping[int, Worker]) -> Iterator[Finding]:
    for number, worker in workers.items():
        sentence = f"process {worker.pid} on {worker.host} still trains it, though no driver runs"
        yield wrong("worker-alive", f"trial {number}", sentence, f"{case.resume} ends it")


def _left_over(
    case: Case, workers: Mapping[int, Worker], strays: Sequence[psutil.Process]
) -> Iterator[Finding]:
    known = {worker.pid for worker in workers.values()}
    others = [process.pid for process in strays if process.pid not in known]
    if others:
        sentence = f"a driver that is gone left {named('process', others)} behind"
        yield wrong("process-alive", "processes", sentence, f"{case.resume} ends them")
