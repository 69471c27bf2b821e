"""What the findings are drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trainables.data.copies import Copy
from trainables.inspection.measures import SplitMeasures

__all__ = ["Subject"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A data set as measured, and what a configuration wants of it.

    Attributes:
        splits: Those that have images, in the order train, val, test.
        facts: Counted over all images, see `PreparedData.summary`.
        copies: Images that show what an earlier one shows.
        type_names: Classes of nuclei; empty: nuclei have no types.
        crop_px: Side of a training crop.
        min_object_px: What the decoding drops.
        decoder: Name of the decoding.
    """

    splits: Sequence[SplitMeasures]
    facts: Mapping[str, float]
    copies: Sequence[Copy] = ()
    type_names: Sequence[str] = ()
    crop_px: int
    min_object_px: int
    decoder: str

    def split(self, name: str) -> SplitMeasures | None:
        """A split by name; None if it has no images."""
        return next((one for one in self.splits if one.name == name), None)
