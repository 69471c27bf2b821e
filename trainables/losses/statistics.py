"""What predicted HV maps are worth, in sums that can be added up image by image."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Self

import torch
from torch import Tensor

__all__ = ["HVStatistics"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HVStatistics:
    """Sums over nuclei pixels, and the means that follow from them.

    The means are `None` where nothing was seen to take the mean of: without nuclei, and for
    `hv_mse_ratio` also where all targets are 0.

    Attributes:
        num_px: Nuclei pixels.
        magnitude_sum: Of |pred|.
        target_magnitude_sum: Of |target|.
        aligned_sum: Of pred . target / |target|; a pixel with |target| = 0 counts 0.
        squared_error_sum: Of (pred - target)^2, over both channels.
        squared_target_sum: Of target^2, over both channels: the error of predicting 0.
    """

    num_px: float = 0.0
    magnitude_sum: float = 0.0
    target_magnitude_sum: float = 0.0
    aligned_sum: float = 0.0
    squared_error_sum: float = 0.0
    squared_target_sum: float = 0.0

    @classmethod
    def from_maps(cls, maps: Tensor, target: Tensor, nuclei: Tensor) -> Self:
        """Measures an image or a batch; waits for the device once.

        Args:
            maps: Predicted maps, (2, H, W) or (B, 2, H, W), any floating type.
            target: True maps of the same shape.
            nuclei: Mask (1, H, W) or (B, 1, H, W); other than 0 in nuclei.
        """
        return cls.from_sums(cls.sums(maps, target, nuclei).tolist())

    @staticmethod
    def sums(maps: Tensor, target: Tensor, nuclei: Tensor) -> Tensor:
        """The six sums (6,) in float64 on the device, which is not waited for."""
        mask = (nuclei != 0).movedim(-3, 0)[0]
        # Filled, not multiplied: whatever stands outside of nuclei must not be seen, NaN neither.
        pred_h, pred_v = _wide(maps).masked_fill(~mask, 0.0)
        true_h, true_v = _wide(target).masked_fill(~mask, 0.0)
        true_length = torch.hypot(true_h, true_v)
        along = pred_h * true_h + pred_v * true_v
        parts = (
            mask,
            torch.hypot(pred_h, pred_v),
            true_length,
            (along / true_length).masked_fill(true_length == 0, 0.0),
            (pred_h - true_h).square() + (pred_v - true_v).square(),
            true_length.square(),
        )
        return torch.stack([part.sum(dtype=torch.float64) for part in parts])

    @classmethod
    def from_sums(cls, sums: Iterable[float]) -> Self:
        """Takes the six sums in their order."""
        return cls(**dict(zip(cls.__slots__, sums, strict=True)))

    def __add__(self, other: HVStatistics) -> HVStatistics:
        pairs = zip(astuple(self), astuple(other), strict=True)
        return HVStatistics.from_sums(ours + theirs for ours, theirs in pairs)

    @property
    def hv_magnitude(self) -> float | None:
        """Mean length of the predicted vectors; it can grow with no regard to direction."""
        return _quotient(self.magnitude_sum, self.num_px)

    @property
    def hv_magnitude_target(self) -> float | None:
        """Mean length of the true vectors; about 0.7 for real nuclei."""
        return _quotient(self.target_magnitude_sum, self.num_px)

    @property
    def hv_magnitude_aligned(self) -> float | None:
        """Mean of the predicted vectors' part that points the true way.

        Never above `hv_magnitude`; negative where they point away.
        """
        return _quotient(self.aligned_sum, self.num_px)

    @property
    def hv_mse(self) -> float | None:
        """Mean squared error over pixels and both channels."""
        return _quotient(self.squared_error_sum, 2 * self.num_px)

    @property
    def hv_mse_ratio(self) -> float | None:
        """Error as a fraction of that of predicting 0: 0 is perfect, 1 is nothing learnt."""
        return _quotient(self.squared_error_sum, self.squared_target_sum)

    def as_metrics(self) -> dict[str, float]:
        """Returns the five means by name, without those that are `None`."""
        means = {
            "hv_magnitude": self.hv_magnitude,
            "hv_magnitude_target": self.hv_magnitude_target,
            "hv_magnitude_aligned": self.hv_magnitude_aligned,
            "hv_mse": self.hv_mse,
            "hv_mse_ratio": self.hv_mse_ratio,
        }
        return {name: mean for name, mean in means.items() if mean is not None}


def _wide(maps: Tensor) -> Tensor:
    """Maps in single precision or better, the two channels first."""
    wide = maps.detach().to(torch.promote_types(maps.dtype, torch.float32))
    return wide.movedim(-3, 0)


def _quotient(part: float, whole: float) -> float | None:
    return part / whole if whole else None
