"""What a predicted nuclei probability is worth, in sums that can be added up image by image."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Self

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["NPStatistics"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NPStatistics:
    """Sums over pixels, and what follows from them: does the prediction know where nuclei are?

    The mean prediction alone can't tell: a constant equal to the share of nuclei pixels has the
    right mean and knows nothing, and over sparse nuclei the right mean is nearly 0.

    Attributes:
        num_px: Pixels.
        nuclei_px: Those in nuclei.
        pred_sum: Of the predicted probability p.
        pred_on_nuclei_sum: Of p over the pixels in nuclei.
        cross_entropy_sum: Of -ln p over the pixels in nuclei and -ln(1 - p) over the others.
    """

    num_px: float = 0.0
    nuclei_px: float = 0.0
    pred_sum: float = 0.0
    pred_on_nuclei_sum: float = 0.0
    cross_entropy_sum: float = 0.0

    @classmethod
    def from_logits(cls, logits: Tensor, nuclei: Tensor) -> Self:
        """Measures an image or a batch; waits for the device once.

        Args:
            logits: Of the probability, any shape and floating type.
            nuclei: Mask of the same shape; other than 0 in nuclei.
        """
        return cls.from_sums(cls.sums(logits, nuclei).tolist())

    @staticmethod
    def sums(logits: Tensor, nuclei: Tensor) -> Tensor:
        """The five sums (5,) in float64 on the device, which is not waited for."""
        mask = nuclei != 0
        wide = logits.detach().to(torch.promote_types(logits.dtype, torch.float32))
        pred = wide.sigmoid()
        costs = functional.softplus(torch.where(mask, -wide, wide))
        parts = (mask, pred, pred.masked_fill(~mask, 0.0), costs)
        added = [part.sum(dtype=torch.float64) for part in parts]
        # Filled there; a number that is copied from the host would be waited for.
        return torch.stack([torch.full_like(added[0], mask.numel()), *added])

    @classmethod
    def from_sums(cls, sums: Iterable[float]) -> Self:
        """Takes the five sums in their order."""
        return cls(**dict(zip(cls.__slots__, sums, strict=True)))

    def __add__(self, other: NPStatistics) -> NPStatistics:
        pairs = zip(astuple(self), astuple(other), strict=True)
        return NPStatistics.from_sums(ours + theirs for ours, theirs in pairs)

    @property
    def pred_mean(self) -> float | None:
        """Mean probability; `None` without pixels."""
        return self.pred_sum / self.num_px if self.num_px else None

    @property
    def target_mean(self) -> float | None:
        """Share of the pixels that are in nuclei; `None` without pixels."""
        return self.nuclei_px / self.num_px if self.num_px else None

    @property
    def np_bce_ratio(self) -> float | None:
        """Cross-entropy as a fraction of that of the best constant prediction.

        The best constant is the target mean t, and costs -t ln t - (1 - t) ln(1 - t) a pixel. So 0
        is perfect, and 1 or more is no better than a constant. Losses that do not calibrate
        (focal, Dice) leave it above 1 for networks that find every nucleus; see `np_contrast`.
        `None` where all pixels are in nuclei, or none.
        """
        if not 0 < self.nuclei_px < self.num_px:
            return None
        target = self.nuclei_px / self.num_px
        constant = -target * math.log(target) - (1 - target) * math.log1p(-target)
        return self.cross_entropy_sum / (self.num_px * constant)

    @property
    def np_contrast(self) -> float | None:
        """Mean probability on nuclei less that on background: 1 is perfect, 0 knows nothing.

        Any constant has 0. For a calibrated network it is the share of the target's variance that
        is explained. `None` where all pixels are in nuclei, or none.

        Source: Tjur 2009, the coefficient of discrimination, doi:10.1198/tast.2009.08210.
        """
        if not 0 < self.nuclei_px < self.num_px:
            return None
        elsewhere = (self.pred_sum - self.pred_on_nuclei_sum) / (self.num_px - self.nuclei_px)
        return self.pred_on_nuclei_sum / self.nuclei_px - elsewhere

    def as_metrics(self) -> dict[str, float]:
        """Returns the four by name, without those that are `None`."""
        found = {
            "pred_mean": self.pred_mean,
            "target_mean": self.target_mean,
            "np_bce_ratio": self.np_bce_ratio,
            "np_contrast": self.np_contrast,
        }
        return {name: value for name, value in found.items() if value is not None}
