"""From labels to the maps that a network learns, and from a network's maps to labels. No torch."""

from trainables.decoding.hv_targets import hv_targets
from trainables.decoding.hv_watershed import HVWatershed

__all__ = ["HVWatershed", "hv_targets"]
