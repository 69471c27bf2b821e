"""Settings of single losses, one class for each `type`. Imports no torch."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

__all__ = [
    "BCEConfig",
    "BoundaryConfig",
    "DiceCEConfig",
    "DiceConfig",
    "FocalConfig",
    "FocalTverskyConfig",
    "HVAlignedConfig",
    "HVGradientConfig",
    "HVMagnitudeConfig",
    "HausdorffDTConfig",
    "IoUConfig",
    "LeafConfig",
    "LossSettings",
    "MSEConfig",
    "SmoothL1Config",
    "TverskyConfig",
    "Weight",
]

Weight = Annotated[float, Field(ge=0)]
_Spacing = Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=2, max_length=3)]
_Activation = Literal["none", "sigmoid", "tanh"]


class LossSettings(BaseModel):
    """What all losses have.

    Attributes:
        weight: What the loss is multiplied by.
        name: What a compound calls it; None: its type.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    weight: Weight = 1.0
    name: str | None = None

    @field_validator("name")
    @classmethod
    def _check_name(cls, name: str | None) -> str | None:
        if name is not None and not (name.isascii() and name.isidentifier() and name.islower()):
            raise ValueError("should be of small letters, digits and _, and begin with a letter")
        return name


class BCEConfig(LossSettings):
    """Cross-entropy in nats, the mean over pixels: binary, or over classes.

    Attributes:
        pos_weight: What pixels of the foreground (of all classes but 0) count.
    """

    type: Literal["bce"] = "bce"
    pos_weight: float = Field(default=1.0, gt=0)


class _Overlap(LossSettings):
    """What losses of overlapping sets have.

    Attributes:
        batch: Whether sets are taken over the batch, or an image at a time. Sets without a true
            pixel are left out: their loss is 1 whatever is predicted.
        include_background: Whether class 0 of several classes counts.
        smooth: Pixels that are added above and below the fraction line.
    """

    batch: bool = True
    include_background: bool = False
    smooth: float = Field(default=1e-3, gt=0)


class DiceConfig(_Overlap):
    """1 - soft Dice."""

    type: Literal["dice"] = "dice"


class IoUConfig(_Overlap):
    """1 - soft intersection over union."""

    type: Literal["iou"] = "iou"


class DiceCEConfig(_Overlap):
    """Dice plus cross-entropy."""

    type: Literal["dice_ce"] = "dice_ce"
    dice_weight: Weight = 1.0
    ce_weight: Weight = 1.0


class _Tversky(_Overlap):
    """How false positives and false negatives count.

    Attributes:
        fp_weight: Of false positives; the paper's alpha.
        fn_weight: Of false negatives; the paper's beta. Above `fp_weight` it favours recall.
    """

    fp_weight: Weight = 0.3
    fn_weight: Weight = 0.7

    @model_validator(mode="after")
    def _check_something_counts(self) -> Self:
        if not self.fp_weight + self.fn_weight:
            raise ValueError("fp_weight and fn_weight are 0, no error would cost anything")
        return self


class TverskyConfig(_Tversky):
    """1 - TP / (TP + fp_weight FP + fn_weight FN); with 0.5 and 0.5 it is Dice."""

    type: Literal["tversky"] = "tversky"


class FocalTverskyConfig(_Tversky):
    """The Tversky loss to a power.

    Attributes:
        exponent: The paper's 1 / gamma, 3/4 for its best gamma of 4/3; below 1 it pushes on when
            the loss is small already.
    """

    type: Literal["focal_tversky"] = "focal_tversky"
    exponent: float = Field(default=0.75, gt=0, le=5)


class FocalConfig(LossSettings):
    """Cross-entropy that counts a pixel the less, the surer the right answer is: (1 - p)^gamma.

    Its best answer is not the probability: thresholds of decoding have to be searched with it.

    Attributes:
        gamma: 0 is the cross-entropy.
        alpha: Of the foreground, 1 - alpha of the background: 0.25 makes the foreground quieter,
            whatever its share. A list: one for each class. None: all count alike.
    """

    type: Literal["focal"] = "focal"
    gamma: float = Field(default=2.0, ge=0, le=10)
    alpha: Annotated[float, Field(ge=0, le=1)] | list[Weight] | None = None


class _Distance(LossSettings):
    """What losses of distances have.

    Attributes:
        spacing: Size of a pixel along each axis of the tensors, any unit: distances are in units
            of the smallest. None: equal.
        include_background: Whether class 0 of several classes counts.
    """

    spacing: _Spacing | None = None
    include_background: bool = False


class BoundaryConfig(_Distance):
    """Mean of probability times signed distance to the boundary, negative inside.

    It can be negative, and its minimum is no segmentation: it is added to another loss, with a
    weight that rises.
    """

    type: Literal["boundary"] = "boundary"


class HausdorffDTConfig(_Distance):
    """Squared error times the distances to both boundaries, to the power of alpha."""

    type: Literal["hausdorff_dt"] = "hausdorff_dt"
    alpha: float = Field(default=2.0, gt=0, le=4)


class MSEConfig(LossSettings):
    """Mean squared error of values, after an activation if they come without one."""

    type: Literal["mse"] = "mse"
    activation: _Activation = "none"


class SmoothL1Config(LossSettings):
    """Squared error below `beta`, absolute error above.

    Attributes:
        beta: Error at which they meet, with equal slopes.
        activation: What the values come without.
    """

    type: Literal["smooth_l1"] = "smooth_l1"
    beta: float = Field(default=0.1, gt=0)
    activation: _Activation = "none"


class HVGradientConfig(LossSettings):
    """Squared error of the HV maps' slopes."""

    type: Literal["hv_gradient"] = "hv_gradient"


class HVMagnitudeConfig(LossSettings):
    """Squared error of the vectors' lengths; blind to direction."""

    type: Literal["hv_magnitude"] = "hv_magnitude"


class HVAlignedConfig(LossSettings):
    """Squared error of the vectors' lengths along the true direction."""

    type: Literal["hv_aligned"] = "hv_aligned"


LeafConfig = (
    BCEConfig
    | DiceConfig
    | IoUConfig
    | DiceCEConfig
    | TverskyConfig
    | FocalTverskyConfig
    | FocalConfig
    | BoundaryConfig
    | HausdorffDTConfig
    | MSEConfig
    | SmoothL1Config
    | HVGradientConfig
    | HVMagnitudeConfig
    | HVAlignedConfig
)
