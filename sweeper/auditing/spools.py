"""Reports that were not sent to MLflow yet: late, not lost."""

from __future__ import annotations

from collections.abc import Mapping

from sweeper.auditing.case import Case
from sweeper.auditing.results import Check, note
from sweeper.auditing.wording import named
from sweeper.study.events import State
from sweeper.study.records import SweepRecord
from sweeper.tracking.address import Address
from sweeper.tracking.lines import Ended
from sweeper.tracking.spool import spools, unsent

__all__ = ["check_spools", "count_waiting"]


def count_waiting(case: Case, record: SweepRecord, address: Address) -> dict[int, int]:
    """Reports that MLflow has not acknowledged, by trial; trials without such are left out.

    Args:
        case: The sweep.
        record: Its study. An ending that the study holds and the spool does not, because its driver
            died in between, is a report that waits too.
        address: The store that is to have them.
    """
    # A store in the home moves with it, and then has another address than it had.
    waiting = unsent(case.paths, None if address.home else address.uri)
    for number, spool in spools(case.paths):
        if number >= len(record.trials):
            continue
        is_open = record.trials[number].state in {State.QUEUED, State.RUNNING}
        if not is_open and not isinstance(spool.last(), Ended):
            waiting[number] = 1 + waiting.get(number, 0)
    return waiting


def check_spools(case: Case, waiting: Mapping[int, int]) -> Check:
    """Tells what waits; while a driver runs it is about to be sent."""
    found = []
    if waiting and not case.is_driven:
        total = sum(waiting.values())
        reports = "1 report waits" if total == 1 else f"{total} reports wait"
        sentence = f"{reports} to be sent to MLflow ({named('trial', waiting)}); nothing is lost"
        found.append(note("unsent", "spool", sentence, case.sync))
    return Check(
        area="MLflow",
        title="what waits to be sent",
        count=sum(waiting.values()),
        unit="reports",
        findings=found,
    )
