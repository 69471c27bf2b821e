"""Numbers that no training comes back from."""

from __future__ import annotations

from collections.abc import Collection

from sweeper.protocol import DivergedError
from trainables.training.history import StepHistory

__all__ = ["diverged", "require_finite"]


def diverged(epoch: int, what: str) -> DivergedError:
    """The error of a trial that can't be trained on, like "diverged at epoch 3: loss is nan"."""
    return DivergedError(
        f"diverged at epoch {epoch}: {what}",
        hint="lower optim.lr, lengthen optim.warmup_epochs or set optim.clip_norm",
    )


def require_finite(history: StepHistory, epoch: int, *, ignored: Collection[str]) -> None:
    """Looks at the steps since the last look.

    Args:
        history: Of the epoch.
        epoch: For the words of the error.
        ignored: Scalars that may be infinite.

    Raises:
        DivergedError: A scalar that is not ignored is NaN or infinite.
    """
    for name, value in history.not_finite().items():
        if name not in ignored:
            raise diverged(epoch, f"{name.removeprefix('train/')} is {value}")
