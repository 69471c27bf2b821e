"""What is wrong with a data set, and what it looks like, before anything is trained. No torch."""

from trainables.inspection.report import inspect, inspect_once

__all__ = ["inspect", "inspect_once"]
