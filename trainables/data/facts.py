"""Counts what a split holds, and says it in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label as find_pieces

from trainables.data.nucleus_types import UNKNOWN_NAME, no_types

__all__ = ["SplitFacts", "SplitTally", "describe", "find_touching"]


def find_touching(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Ids of the nuclei that touch another one, corners included, ascending.

    Args:
        labels: (H, W); 0 background.
    """
    touching = []
    for one, other in (
        (labels[:, :-1], labels[:, 1:]),
        (labels[:-1], labels[1:]),
        (labels[:-1, :-1], labels[1:, 1:]),
        (labels[:-1, 1:], labels[1:, :-1]),
    ):
        differ = (one != other) & (one > 0) & (other > 0)
        touching += [one[differ], other[differ]]
    return np.unique(np.concatenate(touching))


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitFacts:
    """What a split holds; all numbers are 0 for a split without images.

    Attributes:
        images: Number of images.
        empty_images: Images without a nucleus.
        nuclei: Number of ids, over all images.
        pieces: Connected pieces (8-neighbours) of nuclei; above `nuclei`, ids are in pieces.
        touching: Nuclei that touch another one.
        foreground_px: Pixels of nuclei.
        pixels: All pixels.
        smallest_px: Height and width of the image with the fewest pixels.
        largest_px: Height and width of the image with the most pixels.
        median_diameter_px: Of a disc with the area of the median nucleus; 0 without nuclei.
        nuclei_by_type: Nuclei of unknown type, of type 1, 2, ...; empty without types.
    """

    images: int
    empty_images: int
    nuclei: int
    pieces: int
    touching: int
    foreground_px: int
    pixels: int
    smallest_px: tuple[int, int]
    largest_px: tuple[int, int]
    median_diameter_px: float
    nuclei_by_type: tuple[int, ...] = ()

    @property
    def looks_like_masks(self) -> bool:
        """Whether no image has more than one id, and the ids lie in many pieces."""
        return 0 < self.nuclei == self.images - self.empty_images and self.pieces > 3 * self.nuclei

    def numbers(self, type_names: Sequence[str] = ()) -> Mapping[str, float]:
        """The facts as finite numbers by name; the classes' as `nuclei/NAME`."""
        return {
            "images": float(self.images),
            "empty_images": float(self.empty_images),
            "nuclei": float(self.nuclei),
            "pixels": float(self.pixels),
            "foreground_frac": self.foreground_px / max(1, self.pixels),
            "touching_frac": self.touching / max(1, self.nuclei),
            "median_diameter_px": self.median_diameter_px,
            "min_side_px": float(min(self.smallest_px)),
            "max_side_px": float(max(self.largest_px)),
            **{
                f"nuclei/{name}": float(count)
                for name, count in self.nuclei_of_types(type_names).items()
            },
        }

    def nuclei_of_types(self, type_names: Sequence[str]) -> Mapping[str, int]:
        """Nuclei of each class by name, and those of `unknown` type last; empty without types."""
        if not self.nuclei_by_type:
            return {}
        unknown, *counts = self.nuclei_by_type
        return {**dict(zip(type_names, counts, strict=True)), UNKNOWN_NAME: unknown}


@dataclass(slots=True, kw_only=True)
class SplitTally:
    """Counts label maps one by one.

    Attributes:
        num_types: Classes of nuclei; 0: nuclei have no types.
    """

    num_types: int = 0
    _shapes: list[tuple[int, int]] = field(default_factory=list)
    _areas_px: list[NDArray[np.int64]] = field(default_factory=list)
    _pieces: int = 0
    _touching: int = 0
    _types: list[NDArray[np.int32]] = field(default_factory=list)

    def add(self, labels: NDArray[np.int32], types: NDArray[np.int32] | None = None) -> None:
        """Counts one label map, (H, W), with the types of its nuclei, (K, 2)."""
        _, areas_px = np.unique(labels[labels > 0], return_counts=True)
        height, width = labels.shape
        self._shapes.append((height, width))
        self._areas_px.append(areas_px)
        self._pieces += int(find_pieces(labels, background=0, connectivity=2).max(initial=0))
        self._touching += len(find_touching(labels))
        self._types.append(no_types() if types is None else types)

    def facts(self) -> SplitFacts:
        """The facts about all label maps so far."""
        areas_px = np.concatenate([*self._areas_px, np.zeros(0, np.int64)])
        shapes = sorted(self._shapes, key=lambda shape: (shape[0] * shape[1], shape)) or [(0, 0)]
        median_px = float(np.median(areas_px)) if len(areas_px) else 0.0
        return SplitFacts(
            images=len(self._shapes),
            empty_images=sum(len(areas) == 0 for areas in self._areas_px),
            nuclei=len(areas_px),
            pieces=self._pieces,
            touching=self._touching,
            foreground_px=int(areas_px.sum()),
            pixels=sum(height * width for height, width in self._shapes),
            smallest_px=shapes[0],
            largest_px=shapes[-1],
            median_diameter_px=2.0 * float(np.sqrt(median_px / np.pi)),
            nuclei_by_type=self._count_types() if self.num_types else (),
        )

    def _count_types(self) -> tuple[int, ...]:
        types = np.concatenate([*self._types, no_types()])[:, 1]
        return tuple(np.bincount(types, minlength=self.num_types + 1).tolist())


def describe(split: str, facts: SplitFacts, type_names: Sequence[str] = ()) -> str:
    """Says in one line what a split holds."""
    if facts.images == 0:
        return f"{split}: no images"
    smallest, largest = (f"{h}x{w}" for h, w in (facts.smallest_px, facts.largest_px))
    sizes = largest if smallest == largest else f"{smallest} to {largest}"
    parts = [
        f"{split}: {_count(facts.images, 'image')} {sizes} px",
        f"{_count(facts.nuclei, 'nucleus', 'nuclei')} ({facts.nuclei / facts.images:.0f} an image)",
    ]
    if facts.nuclei:
        parts += [
            f"{facts.foreground_px / facts.pixels:.0%} foreground",
            f"{facts.touching / facts.nuclei:.0%} of nuclei touch another",
            f"median nucleus {facts.median_diameter_px:.0f} px across",
        ]
    parts.append(f"{_count(facts.empty_images, 'image')} without nuclei")
    of_types = facts.nuclei_of_types(type_names)
    parts += [
        f"{count} {name}" for name, count in of_types.items() if count or name != UNKNOWN_NAME
    ]
    return ", ".join(parts)


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
