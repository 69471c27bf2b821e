"""What an audit finds, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Audit", "Check", "Finding", "Severity", "note", "wrong"]


class Severity(StrEnum):
    """How bad a finding is."""

    WRONG = "wrong"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is not as it should be, or is worth knowing.

    Attributes:
        kind: A fixed name for machines, like `run-doubled`.
        severity: A note is no fault.
        where: What it is about: `trial 3`, `MLflow`, a file.
        sentence: What was found, without a final stop.
        todo: What to do about it; empty if nothing has to be done.
    """

    kind: str
    severity: Severity
    where: str
    sentence: str
    todo: str = ""


def wrong(kind: str, where: str, sentence: str, todo: str) -> Finding:
    """Something that is not as it should be."""
    return Finding(kind=kind, severity=Severity.WRONG, where=where, sentence=sentence, todo=todo)


def note(kind: str, where: str, sentence: str, todo: str = "") -> Finding:
    """Something worth knowing."""
    return Finding(kind=kind, severity=Severity.NOTE, where=where, sentence=sentence, todo=todo)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at.

    Attributes:
        area: `study`, `MLflow`, `disk` or `processes`.
        title: What holds if nothing is found.
        count: How many things were looked at.
        unit: What they are, in the plural.
        findings: What was found.
        unchecked: Why it could not be checked; empty if it was.
    """

    area: str
    title: str
    count: int = 0
    unit: str = ""
    findings: Sequence[Finding] = ()
    unchecked: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether there is more than notes."""
        return any(finding.severity is Severity.WRONG for finding in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The result of an audit.

    Attributes:
        name: Of the sweep.
        is_driven: Whether a driver held the sweep meanwhile; then only what must hold at every
            moment was checked.
        checks: In the order in which they are shown.
        num_trials: Trials that have begun.
        num_runs: Their runs in MLflow; None if MLflow could not be read.
        num_epochs: Epochs that the study holds.
    """

    name: str
    is_driven: bool
    checks: Sequence[Check]
    num_trials: int
    num_runs: int | None
    num_epochs: int

    @property
    def findings(self) -> Sequence[Finding]:
        """All findings: wrong ones first, else in the order of the checks."""
        found = [finding for check in self.checks for finding in check.findings]
        return sorted(found, key=lambda finding: finding.severity is not Severity.WRONG)

    @property
    def num_wrong(self) -> int:
        """Findings that are more than notes."""
        return sum(finding.severity is Severity.WRONG for finding in self.findings)

    @property
    def unchecked(self) -> Sequence[str]:
        """Why parts could not be checked, each reason once."""
        return list(dict.fromkeys(check.unchecked for check in self.checks if check.unchecked))

    @property
    def is_in_order(self) -> bool:
        """Whether everything was checked and nothing is wrong."""
        return not self.num_wrong and not self.unchecked
