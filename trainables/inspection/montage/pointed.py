"""The samples that the findings name first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sweeper.protocol import DataFinding
from trainables.data import Split
from trainables.inspection.montage.samples import Sample, whole_sample

__all__ = ["Pointed", "find_pointed"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pointed:
    """A sample and why it is shown.

    Attributes:
        finding: What names it.
        sample: All of the image.
    """

    finding: DataFinding
    sample: Sample


def find_pointed(
    findings: Sequence[DataFinding], splits: Mapping[str, Split], count: int
) -> Sequence[Pointed]:
    """The first sample of each of the first findings that name some, at most `count`."""
    found = []
    for finding in findings:
        for split_name, index in _places(finding, splits):
            sample = whole_sample(split_name, splits[split_name], index)
            found.append(Pointed(finding=finding, sample=sample))
    return found[:count]


def _places(finding: DataFinding, splits: Mapping[str, Split]) -> Iterator[tuple[str, int]]:
    """Split and index of the first sample; subjects begin with the split, copies name two."""
    split_name = finding.subject.partition(":")[0]
    if split_name not in splits or not finding.worst:
        return
    worst = finding.worst[0]
    for index, name in enumerate(splits[split_name].names):
        if worst == name or worst.startswith(f"{name} like "):
            yield split_name, index
            return
