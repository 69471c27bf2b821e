"""The sweep that is audited."""

from __future__ import annotations

from dataclasses import dataclass

from sweeper.paths import Home, SweepPaths
from sweeper.spec import SweepSpec

__all__ = ["Case"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What all checks need to know.

    Attributes:
        home: Where the sweep lives.
        paths: Its folder.
        spec: What was asked for.
        is_driven: Whether a driver holds it now.
    """

    home: Home
    paths: SweepPaths
    spec: SweepSpec
    is_driven: bool

    @property
    def resume(self) -> str:
        """The command that goes on with the sweep."""
        return f"sweeper resume {self.paths.name}{self.home.option}"

    @property
    def sync(self) -> str:
        """The command that sends what MLflow lacks."""
        return f"sweeper sync {self.paths.name}{self.home.option}"

    @property
    def resync(self) -> str:
        """The command that sends everything once more."""
        return f"{self.sync} --rebuild"
