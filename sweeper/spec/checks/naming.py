"""Names: of the sweep on disk, of the objectives among each other."""

from __future__ import annotations

from collections.abc import Iterator

from sweeper.parameters.fields import Mistake
from sweeper.spec.checks.parts import Parts

__all__ = ["check_name", "check_objectives"]


def check_name(parts: Parts) -> Iterator[Mistake]:
    """A sweep's folder stands beside MLflow's files and must work on any file system."""
    if parts.name is None:
        return
    # File systems that ignore case would give the sweep MLflow's folder.
    folded = parts.name.casefold()
    if folded == "mlartifacts" or folded.startswith("mlflow.db"):
        yield ("name",), f"'{parts.name}' is the name of a file of MLflow; choose another"
    elif parts.name.endswith("."):
        yield ("name",), "a name can't end with a dot"


def check_objectives(parts: Parts) -> Iterator[Mistake]:
    """A metric is an objective once."""
    seen: set[str] = set()
    for index, objective in parts.objectives.items():
        if objective.metric in seen:
            yield ("objective", index, "metric"), f"{objective.metric} stands twice"
        seen.add(objective.metric)
