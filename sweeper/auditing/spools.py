"""Reports that were not sent to MLflow yet: late, not lost."""

from __future__ import annotations

from collections.abc import Mapping

from sweeper.auditing.case import Case
from sweeper.auditing.results import Check, note
from sweeper.auditing.wording import named
from sweeper.study.events import State
from sweeper.study.records import SweepRecord, TrialRecord
from sweeper.tracking.address import Address
from sweeper.tracking.lines import Amended, Judged
from sweeper.tracking.spool import Spool, spools, unsent

__all__ = ["check_spools", "count_waiting"]


def count_waiting(case: Case, record: SweepRecord, address: Address) -> dict[int, int]:
    """Reports that MLflow has not acknowledged, by trial; trials without such are left out.

    Args:
        case: The sweep.
        record: Its study. An ending, amendment or verdict that the study holds and the spool does
            not, because its driver died in between, is a report that waits too.
        address: The store that is to have them.
    """
    # A store in the home moves with it, and then has another address than it had.
    waiting = unsent(case.paths, None if address.home else address.uri)
    for number, spool in spools(case.paths):
        if number >= len(record.trials):
            continue
        trial = record.trials[number]
        if trial.state not in {State.QUEUED, State.RUNNING} and not _tells_end(spool, trial):
            waiting[number] = 1 + waiting.get(number, 0)
    return waiting


def _tells_end(spool: Spool, trial: TrialRecord) -> bool:
    """Whether the spool goes on to the ending, the newest amendment and the newest verdict.

    What these say does not matter here.
    """
    found = spool.ending()
    amended = max((line.index for line in found if isinstance(line, Amended)), default=0)
    judged = max((line.index for line in found if isinstance(line, Judged)), default=0)
    return bool(found) and (amended, judged) == (
        max((amendment.index for amendment in trial.amendments), default=0),
        trial.judged.index if trial.judged is not None else 0,
    )


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
