"""What is wrong with a data set, and what it looks like, before anything is trained. No torch."""

from trainables.inspection.montage import draw_montage
from trainables.inspection.report import inspect, inspect_once

__all__ = ["draw_montage", "inspect", "inspect_once"]
