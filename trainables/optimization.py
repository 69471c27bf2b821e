"""Optimizer settings and the learning rate as a pure function of the step. No torch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, assert_never

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["LearningRate", "OptimConfig"]

Schedule = Literal["cosine", "constant"]


class OptimConfig(BaseModel):
    """AdamW with a warm-up per step, then a cosine or a constant.

    Attributes:
        lr: Highest learning rate.
        weight_decay: Decoupled; norms, biases and loss weights are not decayed.
        schedule: What follows the warm-up.
        warmup_epochs: Linear rise from near 0, in epochs (fractions allowed); 0: none.
        floor_frac: The cosine ends at this fraction of `lr`.
        clip_norm: Largest 2-norm of all gradients together; None: gradients are not clipped.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    lr: float = Field(default=3e-3, gt=0, le=1)
    weight_decay: float = Field(default=1e-4, ge=0, le=1)
    schedule: Schedule = "cosine"
    warmup_epochs: float = Field(default=0.5, ge=0)
    floor_frac: float = Field(default=0.01, ge=0, le=1)
    clip_norm: float | None = Field(default=1.0, gt=0)

    def learning_rate(self, *, steps_per_epoch: int, epochs: int) -> LearningRate:
        """The schedule in steps.

        Args:
            steps_per_epoch: At least 1.
            epochs: At least 1; the cosine reaches its floor at the last step.
        """
        return LearningRate(
            peak=self.lr,
            schedule=self.schedule,
            warmup_steps=round(self.warmup_epochs * steps_per_epoch),
            total_steps=steps_per_epoch * epochs,
            floor_frac=self.floor_frac,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningRate:
    """The learning rate of every step; nothing to save, so a resumed run can't differ.

    Source: Loshchilov and Hutter, SGDR, arXiv:1608.03983 (one half-cosine, no restart).
    """

    peak: float
    schedule: Schedule
    warmup_steps: int
    total_steps: int
    floor_frac: float

    def at(self, step: int) -> float:
        """The rate of a step.

        Args:
            step: From 0. Steps beyond the last one keep the rate of the last one.

        Returns:
            At least 0 and at most `peak`; `peak` at the end of the warm-up.
        """
        if step < self.warmup_steps:
            return self.peak * (step + 1) / self.warmup_steps
        match self.schedule:
            case "constant":
                return self.peak
            case "cosine":
                return self.peak * self._cosine_frac(step)
            case _:
                assert_never(self.schedule)

    def _cosine_frac(self, step: int) -> float:
        falling = max(1, self.total_steps - 1 - self.warmup_steps)
        progress = min(1.0, (step - self.warmup_steps) / falling)
        return self.floor_frac + (1 - self.floor_frac) * 0.5 * (1 + math.cos(math.pi * progress))
