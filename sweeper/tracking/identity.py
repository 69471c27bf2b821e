"""What the MLflow runs of a sweep have in common. Does not import mlflow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sweeper.spec import SweepSpec

__all__ = ["SweepIdentity", "identify"]


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


def identify(attrs: Mapping[str, Any], spec: SweepSpec) -> SweepIdentity:
    """The identity of a sweep.

    Args:
        attrs: Of its study.
        spec: What was asked for.
    """
    return SweepIdentity(
        sweep_id=attrs["sweep_id"],
        name=spec.name,
        family=spec.family,
        tags={f"sweeper.{key}": str(value) for key, value in attrs["facts"].items()},
    )
