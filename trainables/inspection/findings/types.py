"""Classes of nuclei that are rare, missing or unknown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

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
        yield from _rare(subject, split.name)


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


def _rare(subject: Subject, split: str) -> Iterator[DataFinding]:
    counts = {name: subject.facts[f"{split}/nuclei/{name}"] for name in subject.type_names}
    if not any(counts.values()):
        return
    if split == "train":
        yield from _hardly_learnt(counts)
    else:
        in_train = {n: subject.facts.get(f"train/nuclei/{n}", 0.0) for n in subject.type_names}
        yield from _hardly_scored(split, counts, in_train)


def _hardly_learnt(counts: Mapping[str, float]) -> Iterator[DataFinding]:
    total = sum(counts.values())
    rare = [name for name in counts if counts[name] < max(FEW_NUCLEI, RARE_FRAC * total)]
    if rare:
        yield DataFinding(
            severity="warning",
            subject="train: rare classes",
            sentence=_listed(rare, counts),
            consequence="hardly learnt: weigh up (loss.nt_rarity_power), merge, or label more",
        )


def _hardly_scored(
    split: str, counts: Mapping[str, float], in_train: Mapping[str, float]
) -> Iterator[DataFinding]:
    absent = [name for name in counts if not counts[name]]
    if absent:
        yield DataFinding(
            severity="warning",
            subject=f"{split}: absent classes",
            sentence=_listed(absent, counts),
            consequence=f"their {split}/pq can't be measured; split the images by class",
        )
    unseen = [name for name in counts if counts[name] and not in_train[name]]
    if unseen:
        yield DataFinding(
            severity="warning",
            subject=f"{split}: classes that train lacks",
            sentence=_listed(unseen, counts),
            consequence="no training nucleus has such a class, so each of these is an error",
        )
    few = [name for name in counts if counts[name] < FEW_NUCLEI]
    rare = [name for name in few if name not in {*absent, *unseen}]
    if rare:
        yield DataFinding(
            severity="note",
            subject=f"{split}: rare classes",
            sentence=_listed(rare, counts),
            consequence=f"their {split}/pq rests on so few that single nuclei decide it",
        )


def _listed(names: Sequence[str], counts: Mapping[str, float]) -> str:
    """`2 mitosis, 5 dead of 120 classified nuclei`, the rarest first."""
    order = sorted(names, key=lambda name: counts[name])
    shown = ", ".join(f"{counts[name]:.0f} {name}" for name in order)
    return f"{shown} of {sum(counts.values()):.0f} classified nuclei"
