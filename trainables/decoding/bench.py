"""One image, many decodings: what thresholds do not change is computed once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trainables.decoding.islands import Islands
from trainables.decoding.vectors import vectors_of_mask

__all__ = ["BenchDecoder", "Decoded", "DecodingBench"]

_MIB = 1 << 20
# Settings of decoders, from what costs most when it changes to what costs least; then all others.
_SHARED_STAGES = ("sobel_px", "smooth_px", "step_px", "steps", "join_px", "seed_depth_px")


class Stage(Protocol):
    """A result that is worth keeping."""

    @property
    def nbytes(self) -> int:
        """How much memory it takes."""


StageT = TypeVar("StageT", bound=Stage)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decoded:
    """The nuclei of one image.

    Attributes:
        islands: The mask.
        values: For each of its pixels the nucleus, above 0, with gaps; or 0.
        is_cut: The maps made more markers than the decoder allows, and the smaller ones were given
            up: hopeless maps, or too low a limit.
    """

    islands: Islands
    values: NDArray[np.int32]
    is_cut: bool

    @property
    def pixels(self) -> NDArray[np.intp]:
        """The mask's pixels as flat indices, ascending; all others are background."""
        return self.islands.pixels

    @property
    def labels(self) -> NDArray[np.int32]:
        """Shape (H, W) int32: 0 background, nuclei 1 .. n without gaps; painted anew each time."""
        return self.islands.put_back(self.values)


class BenchDecoder(ABC):
    """A decoder that can share its stages with others: a frozen dataclass of numbers.

    Nothing is shared between two values of `np_threshold`, the least probability of foreground.
    """

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, Any]]
    np_threshold: float

    def decode(self, outputs: Mapping[str, ArrayLike]) -> NDArray[np.int32]:
        """Finds the nuclei of one image.

        Args:
            outputs: `np`, the probability of foreground, shape (H, W), NaN is background; and, for
                decoders that read it, `hv`, the horizontal and vertical map, shape (2, H, W), any
                scale; what is NaN or infinite there is filled from around it. Any float dtype.
                Neither is written to.

        Returns:
            Shape (H, W) int32: 0 background, nuclei 1 .. n without gaps.

        Raises:
            ValueError: The shapes do not belong together.
        """
        return self.decode_on(DecodingBench(outputs)).labels

    @abstractmethod
    def decode_on(self, bench: DecodingBench) -> Decoded:
        """Finds the nuclei of a bench's image, see `DecodingBench.decode`."""


class DecodingBench:
    """One image's outputs, and the stages of their decodings, most recently used ones first kept.

    Labels are those of `decoder.decode(outputs)`, whatever was decoded before and in which order:
    what a stage answers follows from the outputs and from the settings that it is kept under, even
    where it remembers its last answer to find the next one quicker. Decodings in the order of
    `order_key` share most. For one thread at a time.
    """

    def __init__(self, outputs: Mapping[str, ArrayLike], *, max_bytes: int = 128 * _MIB) -> None:
        """Holds on to the outputs, without a copy; they must not change afterwards.

        Args:
            outputs: `np` and, for decoders that read them, `hv`; see the decoders.
            max_bytes: What all kept stages together may take. The one that is in use is not
                counted.

        Raises:
            ValueError: The shapes do not belong together.
        """
        self.probability = np.asarray(outputs["np"])
        self._maps = np.asarray(outputs["hv"]) if "hv" in outputs else None
        self._stages: OrderedDict[Hashable, Any] = OrderedDict()
        self._max_bytes = max_bytes
        self._num_bytes = 0
        shape = self.probability.shape
        if len(shape) != 2 or (self._maps is not None and self._maps.shape != (2, *shape)):
            raise ValueError(
                "np must have shape (H, W) and hv (2, H, W), "
                f"got {shape} and {None if self._maps is None else self._maps.shape}"
            )

    @property
    def maps(self) -> NDArray[np.floating]:
        """The HoVer maps, shape (2, H, W).

        Raises:
            ValueError: The outputs have none.
        """
        if self._maps is None:
            raise ValueError("this decoder needs the maps hv, outputs have np alone")
        return self._maps

    def decode(self, decoder: BenchDecoder) -> Decoded:
        """Finds the nuclei, with what earlier calls have left.

        Args:
            decoder: Any of `Decoder`.

        Raises:
            ValueError: The outputs lack a map that the decoder reads.
        """
        return decoder.decode_on(self)

    @staticmethod
    def order_key(decoder: BenchDecoder) -> tuple[float, str, tuple[float, ...]]:
        """Sorts decodings so that those that share stages come together.

        Args:
            decoder: Any of `Decoder`.

        Returns:
            A key for `sorted`. The order changes no label, only the time and the memory.
        """
        names = [field.name for field in fields(decoder) if field.name != "np_threshold"]
        names.sort(key=lambda name: (name not in _SHARED_STAGES, _rank(name), name))
        values = tuple(float(getattr(decoder, name)) for name in names)
        return decoder.np_threshold, type(decoder).__name__, values

    def islands(self, np_threshold: float, gap_px: int) -> Islands:
        """The components of `np >= np_threshold`, `gap_px` or a little more apart."""
        gap = 4
        while gap < gap_px:
            gap *= 2
        return self.keep(
            ("islands", np_threshold, gap),
            lambda: Islands.from_mask(self.probability >= np_threshold, gap),
        )

    def vectors(self, np_threshold: float) -> NDArray[np.float64]:
        """The HoVer maps at `Islands.pixels`, shape (2, n), see `vectors_of_mask`."""
        return self.keep(
            ("vectors", np_threshold),
            lambda: vectors_of_mask(self.islands(np_threshold, 0), self.maps),
        )

    def keep(self, key: Hashable, compute: Callable[[], StageT]) -> StageT:
        """What was kept under a key, else what `compute` returns; that is kept.

        Args:
            key: Everything that the result depends on but the outputs.
            compute: Must not return anything that the caller writes to.
        """
        if key in self._stages:
            self._stages.move_to_end(key)
        else:
            stage = compute()
            self._stages[key] = stage
            self._num_bytes += stage.nbytes
            while self._num_bytes > self._max_bytes and len(self._stages) > 1:
                self._num_bytes -= self._stages.popitem(last=False)[1].nbytes
        kept: StageT = self._stages[key]
        return kept


def _rank(name: str) -> int:
    return _SHARED_STAGES.index(name) if name in _SHARED_STAGES else 0
