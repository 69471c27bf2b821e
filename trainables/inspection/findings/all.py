"""All findings, the severest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sweeper.protocol import DataFinding
from trainables.inspection.findings.copies import find_copied
from trainables.inspection.findings.crops import find_in_crops
from trainables.inspection.findings.images import find_in_images
from trainables.inspection.findings.masks import find_in_masks
from trainables.inspection.findings.nuclei import find_in_nuclei
from trainables.inspection.findings.separation import find_in_separation
from trainables.inspection.findings.splits import find_between_splits
from trainables.inspection.findings.types import find_in_types
from trainables.inspection.subject import Subject

__all__ = ["find_all"]

_TOPICS: Sequence[Callable[[Subject], Iterator[DataFinding]]] = (
    find_in_masks,
    find_in_nuclei,
    find_in_images,
    find_between_splits,
    find_copied,
    find_in_types,
    find_in_crops,
    find_in_separation,
)
_ORDER = ("severe", "warning", "note")


def find_all(subject: Subject) -> list[DataFinding]:
    """Asks every topic."""
    found = [finding for topic in _TOPICS for finding in topic(subject)]
    return sorted(found, key=lambda finding: _ORDER.index(finding.severity))
