"""One volume, many decodings: what thresholds do not change is computed once, on few voxels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import astuple, dataclass
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trainables.decoding.volumes.bounds import MAPS, Bounds
from trainables.decoding.volumes.crate import Crate

__all__ = ["DecodedVolume", "VolumeBench", "VolumeDecoder"]

_MIB = 1 << 20

ArrayT = TypeVar("ArrayT", bound=NDArray)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DecodedVolume:
    """The instances of one volume.

    Attributes:
        shape: Of the volume.
        pixels: Voxels as flat indices, ascending; all others are background.
        values: Their instances, 1 .. n without gaps in the order of their first voxels, or 0.
        is_cut: There were more seeds than the decoder allows, and the smaller ones were given up.
    """

    shape: tuple[int, ...]
    pixels: NDArray[np.intp]
    values: NDArray[np.int32]
    is_cut: bool

    @property
    def labels(self) -> NDArray[np.int32]:
        """Shape (Z, Y, X) int32, 0 is background; painted anew each time."""
        volume = np.zeros(self.shape, np.int32)
        volume.ravel()[self.pixels] = self.values
        return volume


class VolumeDecoder(ABC):
    """A way from maps to instances: a frozen dataclass of its thresholds."""

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, Any]]

    def decode(
        self, outputs: Mapping[str, ArrayLike], spacing: tuple[float, float, float] = (1, 1, 1)
    ) -> NDArray[np.int32]:
        """Finds the instances of one volume.

        Args:
            outputs: Maps of shape (Z, Y, X), any float dtype, never written to: `binary`, the
                probability of foreground; `boundary`, that of a contour; `edt`, the distance to the
                border of the instance, in [-1, 1], -1 in the background. Those that the decoder
                asks; where one is NaN is background.
            spacing: Size of a voxel along z, y and x, in any unit; only the ratios matter.

        Returns:
            Shape (Z, Y, X) int32: 0 background, instances 1 .. n without gaps, in the order of
            their first voxels.

        Raises:
            ValueError: A map is missing, or the shapes differ.
        """
        return self.decode_on(VolumeBench(outputs, spacing=spacing)).labels

    @property
    @abstractmethod
    def foreground(self) -> Bounds:
        """What a voxel of an instance keeps at least."""

    @abstractmethod
    def decode_on(self, bench: VolumeBench) -> DecodedVolume:
        """Finds the instances of a bench's volume, see `VolumeBench.decode`."""


class VolumeBench:
    """One volume's outputs, packed for the loosest foreground that was asked for.

    Labels are those of `decoder.decode(outputs)`, whatever was decoded before. Decodings in the
    order of `order_key` share most. For one thread at a time.
    """

    def __init__(
        self,
        outputs: Mapping[str, ArrayLike],
        *,
        spacing: tuple[float, float, float] = (1, 1, 1),
        loosest: Bounds | None = None,
        max_bytes: int = 256 * _MIB,
    ) -> None:
        """Holds on to the outputs, without a copy; they must not change afterwards.

        Args:
            outputs: See `VolumeDecoder.decode`.
            spacing: The same.
            loosest: What all decodings to come keep, so that the volume is packed once.
            max_bytes: What all kept stages together may take.

        Raises:
            ValueError: The shapes differ.
        """
        self.outputs = {name: np.asarray(outputs[name]) for name in MAPS if name in outputs}
        self.spacing = spacing
        shapes = {name: one.shape for name, one in self.outputs.items()}
        if not shapes or len(set(shapes.values())) > 1 or len(next(iter(shapes.values()))) != 3:
            raise ValueError(f"{' and '.join(MAPS)} must have one shape (Z, Y, X), got {shapes}")
        self._bounds = loosest
        self._crate: Crate | None = None
        self._packed: dict[str, NDArray] = {}
        self._stages: OrderedDict[Hashable, NDArray] = OrderedDict()
        self._num_bytes = 0
        self._max_bytes = max_bytes

    def decode(self, decoder: VolumeDecoder) -> DecodedVolume:
        """Finds the instances, with what earlier calls have left.

        Raises:
            ValueError: The outputs lack a map that the decoder asks.
        """
        return decoder.decode_on(self)

    @staticmethod
    def order_key(decoder: VolumeDecoder) -> tuple[Any, ...]:
        """Sorts decodings so that those that share stages come together; all share the packing."""
        name = type(decoder).__name__
        return (0, name, astuple(decoder.foreground), str(decoder))

    def pack(self, bounds: Bounds) -> Crate:
        """Voxels among which all are that keep some bounds, the same for as many as possible.

        Raises:
            ValueError: A map is missing.
        """
        self._require(bounds)
        wider = bounds if self._bounds is None else self._bounds.looser(bounds)
        if self._crate is None or wider != self._bounds:
            self._bounds = wider
            self._stages.clear()
            self._num_bytes = 0
            asked = {name: self.outputs[name] for name in wider.asked() if name in self.outputs}
            mask = wider.hold(asked) if asked else np.ones(self._shape, bool)
            self._crate = Crate.pack(mask)
            voxels = self._crate.voxels
            self._packed = {name: one.ravel()[voxels] for name, one in self.outputs.items()}
        return self._crate

    def packed(self, name: str) -> NDArray[np.floating]:
        """A map at the packed voxels."""
        return self._packed[name]

    def holds(self, bounds: Bounds) -> NDArray[np.bool_]:
        """Which of the packed voxels keep some bounds.

        Raises:
            ValueError: A map is missing.
        """
        self._require(bounds)
        return bounds.hold(self._packed)

    def keep(self, key: Hashable, compute: Callable[[], ArrayT]) -> ArrayT:
        """What was kept under a key since the last packing, else what `compute` returns.

        Args:
            key: Everything that the result depends on but the outputs.
            compute: Must not return anything that is written to.
        """
        if key in self._stages:
            self._stages.move_to_end(key)
        else:
            self._stages[key] = compute()
            self._num_bytes += self._stages[key].nbytes
            while self._num_bytes > self._max_bytes and len(self._stages) > 1:
                self._num_bytes -= self._stages.popitem(last=False)[1].nbytes
        kept: ArrayT = self._stages[key]  # type: ignore[assignment]
        return kept

    @property
    def _shape(self) -> tuple[int, ...]:
        return next(iter(self.outputs.values())).shape

    def _require(self, bounds: Bounds) -> None:
        missing = [name for name in bounds.asked() if name not in self.outputs]
        if missing or not bounds.asked():
            there = ", ".join(self.outputs)
            raise ValueError(
                f"this decoder asks {' and '.join(missing) or 'no map'}, there: {there}"
            )
