"""Logits and true classes as the losses take them, in two and three dimensions.

Logits are (B, C, *spatial): of the foreground if C is 1, else of C classes that exclude each other,
0 being the background. The truth is (B, 1, *spatial): 0 and 1, or the class, of any type; or one
channel of 0 and 1 for each class. A mask (B, 1, *spatial) of 0 and 1 says which pixels count.
"""

from __future__ import annotations

from typing import NamedTuple

from monai.networks import one_hot
from torch import Tensor
from torch.nn import functional

__all__ = ["Sets", "masked_mean", "pixel_entropy", "require_same_grid", "sets_of", "truth_of"]


class Sets(NamedTuple):
    """Soft and true sets of pixels, (B, C', *spatial) each; empty outside the mask."""

    predicted: Tensor
    true: Tensor


def sets_of(
    logits: Tensor, target: Tensor, mask: Tensor | None, *, include_background: bool
) -> Sets:
    """The foreground as predicted and as it is, or the classes.

    Args:
        logits: See above.
        target: See above.
        mask: See above; None: all pixels count.
        include_background: Whether class 0 of several classes is among the sets.
    """
    true = truth_of(logits, target)
    is_binary = logits.shape[1] == 1
    predicted = logits.sigmoid() if is_binary else logits.softmax(dim=1)
    if not is_binary and not include_background:
        predicted, true = predicted[:, 1:], true[:, 1:]
    if mask is not None:
        predicted, true = predicted * mask, true * mask
    return Sets(predicted, true)


def truth_of(logits: Tensor, target: Tensor) -> Tensor:
    """The truth with one channel of 0 and 1 for each channel of the logits.

    Raises:
        ValueError: The two do not fit each other.
    """
    require_same_grid(logits, target)
    num_classes = logits.shape[1]
    if target.shape[1] == num_classes:
        return target.to(logits.dtype)
    if target.shape[1] != 1:
        raise ValueError(
            f"a target of {target.shape[1]} channels does not fit logits of {num_classes}: it "
            "should have one channel of classes, or as many as the logits"
        )
    # What is not known is negative, and left out by a mask.
    return one_hot(target.clamp(min=0), num_classes, dtype=logits.dtype)


def require_same_grid(values: Tensor, target: Tensor) -> None:
    """Makes sure that two batches are of the same images.

    Raises:
        ValueError: They are not.
    """
    if values[:, 0].shape != target[:, 0].shape:
        raise ValueError(
            f"values {tuple(values.shape)} and target {tuple(target.shape)} should differ in their "
            "channels alone"
        )


def pixel_entropy(logits: Tensor, true: Tensor) -> Tensor:
    """Cross-entropy of each pixel in nats, (B, 1, *spatial).

    Args:
        logits: See above.
        true: As `truth_of` gives it.
    """
    if logits.shape[1] == 1:
        return functional.binary_cross_entropy_with_logits(logits, true, reduction="none")
    return -(logits.log_softmax(dim=1) * true).sum(dim=1, keepdim=True)


def masked_mean(values: Tensor, mask: Tensor | None) -> Tensor:
    """Mean over pixels that count and channels; 0 if none counts.

    Args:
        values: (B, C, *spatial).
        mask: See above; None: all pixels count.
    """
    if mask is None:
        return values.mean()
    num_values = mask.sum() * values.shape[1]
    return (values * mask).sum() / num_values.clamp(min=1)
