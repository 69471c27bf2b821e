"""Volumes drawn from a seed, so that 3-D work can be tried without a download."""

from trainables.data.volumes.layout import VesicleLayout, draw_vesicles
from trainables.data.volumes.micrograph import draw_micrograph

__all__ = ["VesicleLayout", "draw_micrograph", "draw_vesicles"]
