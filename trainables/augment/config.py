"""How strongly training images are varied. No torch."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

__all__ = ["AugmentConfig", "Preset"]

Preset = Literal["none", "some", "all"]


class AugmentConfig(BaseModel):
    """Chooses a preset.

    Attributes:
        preset: `none` leaves crops as they are; `some` flips and turns them by quarters, which is
            exact; `all` also rotates and scales them a little and varies brightness, contrast,
            noise, blur and, for colour images, the hue.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    preset: Preset = "some"
