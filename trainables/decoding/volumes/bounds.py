"""What a voxel's outputs must be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["MAPS", "Bounds"]

#: The maps that bounds are on, each of shape (Z, Y, X).
MAPS = ("binary", "boundary", "edt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Limits that outputs must keep, all of them; NaN keeps none.

    Attributes:
        binary: `binary` is above it; minus infinity: it is not asked.
        boundary: `boundary` is below it; infinity: it is not asked.
        edt: `edt` is above it; minus infinity: it is not asked.
    """

    binary: float = -math.inf
    boundary: float = math.inf
    edt: float = -math.inf

    def asked(self) -> tuple[str, ...]:
        """The maps that are asked."""
        return tuple(name for name in MAPS if math.isfinite(getattr(self, name)))

    def hold(self, outputs: Mapping[str, NDArray[np.floating]]) -> NDArray[np.bool_]:
        """Where all limits are kept.

        Args:
            outputs: The maps that are asked, all of one shape, at least one.
        """
        kept = [
            outputs[name] < self.boundary
            if name == "boundary"
            else outputs[name] > getattr(self, name)
            for name in self.asked()
        ]
        return np.logical_and.reduce(kept)

    def looser(self, other: Bounds) -> Bounds:
        """What is kept wherever one of the two is."""
        return Bounds(
            binary=min(self.binary, other.binary),
            boundary=max(self.boundary, other.boundary),
            edt=min(self.edt, other.edt),
        )
