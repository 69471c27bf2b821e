"""Drawn images as a source of samples."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from sweeper.protocol import Problem
from trainables.data.config import SyntheticConfig
from trainables.data.source import Sample, SplitName
from trainables.data.synthetic.kinds import KIND_NAMES
from trainables.data.synthetic.scene import GENERATOR_VERSION, draw_scene

__all__ = ["SyntheticSource"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticSource:
    """Images drawn from a seed.

    Attributes:
        config: Seed, look, size and numbers.
    """

    config: SyntheticConfig

    @property
    def problems(self) -> Sequence[Problem]:
        """None: nothing can be missing."""
        return ()

    @property
    def type_names(self) -> Sequence[str]:
        """The kinds of nuclei, if there are several."""
        return KIND_NAMES[: self.config.kinds] if self.config.kinds > 1 else ()

    def fingerprint(self) -> str:
        """Hash of the settings and the generator's version."""
        # Settings that are younger than cached data count only where they change something.
        fields = type(self.config).model_fields
        young = ("kinds", "crowding")
        unchanged = {name for name in young if getattr(self.config, name) == fields[name].default}
        values = self.config.model_dump(mode="json", exclude=unchanged)
        settings = json.dumps(values, sort_keys=True)
        return hashlib.sha256(f"synthetic {GENERATOR_VERSION} {settings}".encode()).hexdigest()

    def names(self, split: SplitName) -> Sequence[str]:
        """`train_000`, `train_001`, ..."""
        count = {
            "train": self.config.num_train,
            "val": self.config.num_val,
            "test": self.config.num_test,
        }[split]
        return [f"{split}_{index:03d}" for index in range(count)]

    def read(self, split: SplitName, index: int) -> Sample:
        """Draws an image; never fails."""
        return draw_scene(self.config, split, index)

    def notes(self) -> Sequence[str]:
        """How the images were drawn."""
        looks = "fluorescence and tissue looks" if self.config.look == "mixed" else self.config.look
        kinds = f", {self.config.kinds} kinds of nuclei" if self.config.kinds > 1 else ""
        crowding = (
            f", {self.config.crowding:g} of the usual nuclei" if self.config.crowding < 1 else ""
        )
        return [f"built-in images, drawn from seed {self.config.seed}: {looks}{kinds}{crowding}"]
