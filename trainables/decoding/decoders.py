"""All ways from maps to labels."""

from __future__ import annotations

from dataclasses import fields
from typing import TypeAlias

from trainables.decoding.hv_flow import HVFlow
from trainables.decoding.hv_watershed import HVWatershed
from trainables.decoding.mask_components import MaskComponents
from trainables.decoding.mask_watershed import MaskWatershed

__all__ = ["Decoder", "order_key"]

Decoder: TypeAlias = HVWatershed | HVFlow | MaskWatershed | MaskComponents

# From what costs most when it changes to what costs least; then all others by name.
_SHARED_STAGES = ("sobel_px", "smooth_px", "step_px", "steps", "join_px", "seed_depth_px")


def order_key(decoder: Decoder) -> tuple[float, str, tuple[float, ...]]:
    """Sorts decodings so that those that share stages on a `DecodingBench` come together.

    Args:
        decoder: Any settings.

    Returns:
        A key for `sorted`. The order changes no label, only the time and the memory.
    """
    names = [field.name for field in fields(decoder) if field.name != "np_threshold"]
    names.sort(key=lambda name: (name not in _SHARED_STAGES, _rank(name), name))
    values = tuple(float(getattr(decoder, name)) for name in names)
    return decoder.np_threshold, type(decoder).__name__, values


def _rank(name: str) -> int:
    return _SHARED_STAGES.index(name) if name in _SHARED_STAGES else 0
