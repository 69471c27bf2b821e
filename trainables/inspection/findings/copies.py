"""Images that come twice: in two splits, or in one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sweeper.protocol import DataFinding
from trainables.data.copies import Copy
from trainables.inspection.findings.grading import grade
from trainables.inspection.measures import SplitMeasures
from trainables.inspection.subject import Subject
from trainables.inspection.wording import counted, share

__all__ = ["find_copied"]

#: Of equal images; what looks nearly equal may be another section of the same tissue.
#: A tenth of known images moves a mean score by more than good settings differ.
LEAKED_SEVERE = 0.1
#: A few copies within a split change nothing; at a tenth the split is smaller than it looks.
REPEATED_WARNING = 0.1


def find_copied(subject: Subject) -> Iterator[DataFinding]:
    """Findings about copies."""
    for split in subject.splits:
        of_split = [one for one in subject.copies if one.split == split.name]
        leaked = [one for one in of_split if one.of_split != split.name]
        leaked_names = {one.name for one in leaked}
        repeated = [
            one for one in of_split if one.of_split == split.name and one.name not in leaked_names
        ]
        if leaked:
            yield _leaked(split, leaked)
        if repeated:
            yield _repeated(split, repeated)


def _leaked(split: SplitMeasures, copies: Sequence[Copy]) -> DataFinding:
    num_equal = sum(one.is_equal for one in copies)
    others = " and ".join(sorted({one.of_split for one in copies}, key=["train", "val"].index))
    return DataFinding(
        severity=grade(num_equal / split.num_images, warning=0.0, severe=LEAKED_SEVERE),
        subject=f"{split.name}: images of another split",
        sentence=f"{_of(split, copies)} in {others} as well",
        consequence="scores on them flatter: the network was trained or chosen on them; "
        "remove them, or split by slide or patient (data.splits)",
        worst=_pairs(copies),
    )


def _repeated(split: SplitMeasures, copies: Sequence[Copy]) -> DataFinding:
    return DataFinding(
        severity=grade(len(copies) / split.num_images, warning=REPEATED_WARNING),
        subject=f"{split.name}: images that come twice",
        sentence=f"{_of(split, copies)} in {split.name} before",
        consequence="they count twice, and the split is smaller than it looks; remove copies, and "
        "keep frames of one film and sections of one block in one split",
        worst=_pairs(copies),
    )


def _of(split: SplitMeasures, copies: Sequence[Copy]) -> str:
    """`3 of 120 images (2.5%, 2 equal, 1 nearly equal) are`."""
    num_equal = sum(one.is_equal for one in copies)
    kinds = [f"{num_equal} equal"] if num_equal else []
    kinds += [f"{len(copies) - num_equal} nearly equal"] if num_equal < len(copies) else []
    return (
        f"{len(copies)} of {counted(split.num_images, 'image')} "
        f"({', '.join([share(len(copies), split.num_images), *kinds])}) "
        f"{'is' if len(copies) == 1 else 'are'}"
    )


def _pairs(copies: Sequence[Copy]) -> Sequence[str]:
    """The equal ones first."""
    ordered = sorted(copies, key=lambda one: not one.is_equal)
    return [f"{one.name} like {one.of_split}/{one.of_name}" for one in ordered]
