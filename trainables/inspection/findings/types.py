"""Classes of nuclei that are rare, missing or unknown."""

from __future__ import annotations

from collections.abc import Iterator

from sweeper.protocol import DataFinding
from trainables.inspection.subject import Subject
from trainables.inspection.wording import share

__all__ = ["find_in_types"]

#: A class below this share of the training nuclei is hardly seen: cross entropy gains more from any
#: other class.
RARE_FRAC = 0.01
#: The PQ of a class is a ratio of counts: with fewer nuclei single ones move it by points.
FEW_NUCLEI = 20
#: Nuclei without a class teach the types nothing.
UNKNOWN_FRAC = 0.5


def find_in_types(subject: Subject) -> Iterator[DataFinding]:
    """Findings about classes; none where nuclei have no types."""
    if not subject.type_names:
        return
    for split in subject.splits:
        yield from _unknown(subject, split.name)
        total = sum(subject.facts[f"{split.name}/nuclei/{name}"] for name in subject.type_names)
        for name in subject.type_names if total else ():
            yield from _rare(subject, split.name, name, total)


def _unknown(subject: Subject, split: str) -> Iterator[DataFinding]:
    unknown, nuclei = (subject.facts[f"{split}/{fact}"] for fact in ("nuclei/unknown", "nuclei"))
    if unknown <= UNKNOWN_FRAC * nuclei:
        return
    yield DataFinding(
        severity="severe" if unknown == nuclei and split == "train" else "warning",
        subject=f"{split}: unknown classes",
        sentence=f"{unknown:.0f} of {nuclei:.0f} nuclei ({share(unknown, nuclei)}) have no class",
        consequence="the head for the types learns from the others alone, and is scored on them",
    )


def _rare(subject: Subject, split: str, name: str, total: float) -> Iterator[DataFinding]:
    count = subject.facts[f"{split}/nuclei/{name}"]
    in_train = subject.facts.get(f"train/nuclei/{name}", 0.0)
    if split == "train":
        if count >= max(FEW_NUCLEI, RARE_FRAC * total):
            return
        consequence = "it will hardly be learnt: weigh or merge it, or label more"
    elif count == 0:
        consequence = f"{split}/pq/{name} can't be measured; split the images by class"
    elif in_train == 0:
        consequence = "no training nucleus has this class, so every one of these is an error"
    elif count < FEW_NUCLEI:
        consequence = f"{split}/pq/{name} rests on so few that single nuclei decide it"
    else:
        return
    yield DataFinding(
        severity="note" if count > 0 and split != "train" and in_train else "warning",
        subject=f"{split}: class {name}",
        sentence=f"{count:.0f} of {total:.0f} classified nuclei ({share(count, total)}) are {name}",
        consequence=consequence,
    )
