"""The shape of one drawn nucleus: an ellipse with a wavy rim."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Outline", "draw_outline"]

_WAVES = np.arange(2, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """Where a nucleus lies and how it is shaped.

    Attributes:
        y_px: Row of the centre.
        x_px: Column of the centre.
        long_px: Half the long axis.
        short_px: Half the short axis.
        angle_rad: Direction of the long axis, from x towards y.
        wave_amplitudes: Relative height of the waves 2 to 5 along the rim, (4,).
        wave_phases: Their phases in radians, (4,).
    """

    y_px: float
    x_px: float
    long_px: float
    short_px: float
    angle_rad: float
    wave_amplitudes: NDArray[np.float64]
    wave_phases: NDArray[np.float64]

    @property
    def reach_px(self) -> float:
        """Distance from the centre that no pixel of the nucleus exceeds."""
        return self.long_px * (1.0 + float(np.abs(self.wave_amplitudes).sum()))

    def relative_radius(
        self, y_px: NDArray[np.float64], x_px: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Distance from the centre as a share of the rim's distance: 0 centre, 1 rim."""
        dy, dx = y_px - self.y_px, x_px - self.x_px
        cos, sin = np.cos(self.angle_rad), np.sin(self.angle_rad)
        along = (dx * cos + dy * sin) / self.long_px
        across = (dy * cos - dx * sin) / self.short_px
        theta = np.arctan2(across, along)
        rim = 1.0 + sum(
            amplitude * np.cos(wave * theta + phase)
            for wave, amplitude, phase in zip(
                _WAVES, self.wave_amplitudes, self.wave_phases, strict=True
            )
        )
        return np.hypot(along, across) / rim

    def rim_distance_px(self, direction_rad: float) -> float:
        """Distance from the centre to the rim in a direction."""
        unit = self.relative_radius(
            np.array(self.y_px + np.sin(direction_rad)), np.array(self.x_px + np.cos(direction_rad))
        )
        return 1.0 / float(unit)


def draw_outline(rng: np.random.Generator, *, radius_px: float, elongation: float) -> Outline:
    """Draws a shape around (0, 0).

    Args:
        rng: Source of randomness.
        radius_px: Geometric mean of the two half axes.
        elongation: Long axis over short axis, at least 1.
    """
    stretch = np.sqrt(elongation)
    return Outline(
        y_px=0.0,
        x_px=0.0,
        long_px=float(radius_px * stretch),
        short_px=float(radius_px / stretch),
        angle_rad=float(rng.uniform(0.0, np.pi)),
        wave_amplitudes=rng.normal(0.0, [0.05, 0.035, 0.025, 0.015]),
        wave_phases=rng.uniform(0.0, 2 * np.pi, len(_WAVES)),
    )
