"""All ways from maps to labels."""

from __future__ import annotations

from typing import TypeAlias

from trainables.decoding.hv_flow import HVFlow
from trainables.decoding.hv_watershed import HVWatershed
from trainables.decoding.mask_components import MaskComponents
from trainables.decoding.mask_watershed import MaskWatershed

__all__ = ["Decoder"]

Decoder: TypeAlias = HVWatershed | HVFlow | MaskWatershed | MaskComponents
