"""What the MLflow runs of a sweep have in common. Does not import mlflow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["SweepIdentity"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepIdentity:
    """What the runs of a sweep have in common.

    Attributes:
        sweep_id: Unique; survives renaming.
        name: Of the sweep.
        family: Name of the experiment.
        tags: For the parent run.
    """

    sweep_id: str
    name: str
    family: str
    tags: Mapping[str, str]
