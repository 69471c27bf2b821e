"""From labels to the maps that a network learns, and from a network's maps to labels. No torch."""

from trainables.decoding.bench import Decoded, DecodingBench
from trainables.decoding.decoders import Decoder
from trainables.decoding.hv_flow import HVFlow
from trainables.decoding.hv_targets import hv_targets
from trainables.decoding.hv_watershed import HVWatershed
from trainables.decoding.mask_components import MaskComponents
from trainables.decoding.mask_watershed import MaskWatershed
from trainables.decoding.type_votes import vote_types

__all__ = [
    "Decoded",
    "Decoder",
    "DecodingBench",
    "HVFlow",
    "HVWatershed",
    "MaskComponents",
    "MaskWatershed",
    "hv_targets",
    "vote_types",
]
