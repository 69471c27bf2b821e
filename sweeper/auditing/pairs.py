"""Trials of the study beside their runs in MLflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sweeper.auditing.case import Case
from sweeper.study.events import State
from sweeper.study.records import SweepRecord, TrialRecord
from sweeper.tracking.inspection import Inspection, StoredRun

__all__ = ["Mirrored", "pair_up"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrored:
    """A trial that has begun, and its runs.

    Attributes:
        trial: What the study holds.
        runs: One, if all is well.
        waits: Why MLflow may know less than the study: `running`, `unsent` or `interrupted`; empty
            if it must know all.
    """

    trial: TrialRecord
    runs: Sequence[StoredRun]
    waits: str

    @property
    def where(self) -> str:
        """Its name in findings."""
        return f"trial {self.trial.number}"


def pair_up(
    case: Case, record: SweepRecord, inspection: Inspection, waiting: Mapping[int, int]
) -> list[Mirrored]:
    """The trials that have begun, each with its runs.

    Args:
        case: The sweep.
        record: The study, read after MLflow.
        inspection: What MLflow holds.
        waiting: Reports that wait to be sent, by trial.
    """
    paired = []
    for trial in record.trials:
        if trial.state is State.QUEUED:
            continue
        waits = ""
        if case.is_driven:
            waits = "running"
        elif waiting.get(trial.number):
            waits = "unsent"
        elif trial.state is State.RUNNING:
            waits = "interrupted"
        runs = [run for run in inspection.runs if run.trial == trial.number]
        paired.append(Mirrored(trial=trial, runs=runs, waits=waits))
    return paired
