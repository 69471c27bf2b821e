"""Losses of the HV head: where in its nucleus is this pixel?

Maps are (B, 2, H, W): channel 0 is the offset along x, channel 1 along y. Each loss is a scalar,
at least 0, and 0 where there are no nuclei.
"""

from __future__ import annotations

from typing import Final, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainables.losses.precision import in_full_precision
from trainables.losses.sets import masked_mean

__all__ = ["HVAlignedLoss", "HVGradientLoss", "HVMSELoss", "HVMagnitudeLoss"]

_KERNEL_PX: Final = 5
_MAGNITUDE_EPS: Final = 1e-8
_SMALLEST_LENGTH: Final = 1e-12


class HVMSELoss(nn.Module):
    """Mean squared error of the maps, over pixels and both channels.

    Predicting 0 everywhere costs about 0.27 over nuclei.

    Differs from HoVer-Net, which averages over the image, by default: there the background, which
    decoding cuts away, has most of the weight.
    """

    def __init__(self, region: Literal["nuclei", "image"] = "nuclei") -> None:
        super().__init__()
        self.region = region

    def extra_repr(self) -> str:
        """Returns what `repr` shows between the brackets."""
        return f"region={self.region!r}"

    @in_full_precision
    def forward(self, maps: Tensor, target: Tensor, nuclei: Tensor | None = None) -> Tensor:
        """Returns the scalar.

        Args:
            maps: Predicted maps (B, 2, H, W).
            target: True maps (B, 2, H, W).
            nuclei: (B, 1, H, W), 1 in nuclei, else 0; not used with region `image`.
        """
        if self.region == "image":
            return functional.mse_loss(maps, target)
        return masked_mean((maps - target).square(), nuclei)


class HVGradientLoss(nn.Module):
    """Mean squared error of d(horizontal)/dx and d(vertical)/dy over nuclei (MSGE).

    The slope at a pixel is a 5 x 5 correlation with offset / distance^2, which answers 12 a to a
    ramp of slope a per pixel; it sees up to 2 pixels beyond the nuclei. Beyond the image the error
    of its last row and column goes on, so that a constant error costs nothing.

    Differs: HoVer-Net's own code swaps the axes of the two kernels; MONAI's `HoVerNetLoss` uses a
    Sobel kernel that answers a to that ramp, so its values are 144 times smaller there.

    Source: Graham et al. 2019, doi:10.1016/j.media.2019.101563.
    """

    kernels: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("kernels", _slope_kernels(), persistent=False)

    @in_full_precision
    def forward(self, maps: Tensor, target: Tensor, nuclei: Tensor | None = None) -> Tensor:
        """Returns the scalar.

        Args:
            maps: Predicted maps (B, 2, H, W).
            target: True maps (B, 2, H, W).
            nuclei: (B, 1, H, W), 1 in nuclei, else 0; None: 1 everywhere.
        """
        error = functional.pad(maps - target, [_KERNEL_PX // 2] * 4, mode="replicate")
        slopes = functional.conv2d(error, self.kernels.to(error), groups=2)
        return masked_mean(slopes.square(), nuclei)


class HVMagnitudeLoss(nn.Module):
    """Mean over nuclei of (|pred| - |target|)^2 with |x| = sqrt(h^2 + v^2 + 1e-8).

    It is blind to direction: 2 MSE = this + 2 |pred| |target| (1 - cos), so that lengths can be
    bought with it while the vectors point anywhere.
    """

    @in_full_precision
    def forward(self, maps: Tensor, target: Tensor, nuclei: Tensor | None = None) -> Tensor:
        """Returns the scalar.

        Args:
            maps: Predicted maps (B, 2, H, W).
            target: True maps (B, 2, H, W).
            nuclei: (B, 1, H, W), 1 in nuclei, else 0; None: 1 everywhere.
        """
        return masked_mean((_length(maps) - _length(target)).square(), nuclei)


class HVAlignedLoss(nn.Module):
    """Mean over nuclei of (pred . target / |target| - |target|)^2: the length along the truth.

    The magnitude loss that asks for the right direction: a vector that points elsewhere has no
    length here, one that points away a negative one. What the vector does across the truth is
    free: 2 MSE = this + the mean square of that part. Pixels with |target| = 0 cost nothing.
    """

    @in_full_precision
    def forward(self, maps: Tensor, target: Tensor, nuclei: Tensor | None = None) -> Tensor:
        """Returns the scalar.

        Args:
            maps: Predicted maps (B, 2, H, W).
            target: True maps (B, 2, H, W).
            nuclei: (B, 1, H, W), 1 in nuclei, else 0; None: 1 everywhere.
        """
        # A CPU takes ten times as long for the same by `norm`.
        length = target.square().sum(dim=1, keepdim=True).sqrt().clamp(min=_SMALLEST_LENGTH)
        along = ((maps - target) * target).sum(dim=1, keepdim=True) / length
        return masked_mean(along.square(), nuclei)


def _length(maps: Tensor) -> Tensor:
    # The epsilon is inside the root: the root's slope at 0 is infinite.
    return maps.square().sum(dim=1, keepdim=True).add(_MAGNITUDE_EPS).sqrt()


def _slope_kernels() -> Tensor:
    """(2, 1, 5, 5): d/dx for the horizontal map, d/dy for the vertical one."""
    offset = torch.arange(_KERNEL_PX, dtype=torch.float64) - _KERNEL_PX // 2
    along_y, along_x = torch.meshgrid(offset, offset, indexing="ij")
    distance2 = (along_x.square() + along_y.square()).clamp(min=1)
    return torch.stack([along_x / distance2, along_y / distance2])[:, None]
