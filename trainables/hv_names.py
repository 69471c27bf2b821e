"""Every metric that the 2-D trainable reports. No torch."""

from __future__ import annotations

from trainables.instance_scores import SCORE_NAMES
from trainables.losses import TERMS

__all__ = ["METRIC_NAMES"]

_MAPS = (
    "hv_magnitude",
    "hv_magnitude_target",
    "hv_magnitude_aligned",
    "hv_mse",
    "hv_mse_ratio",
)
_TRAINING = (
    "train/pred_mean",
    "train/target_mean",
    "lr",
    "grad_norm",
    "epoch",
    "time/train_s",
    "gpu/peak_gib",
    "cost/gpu_s",
)
_EVALUATION = ("val/pred_mean", "target_mean", "time/eval_s", "time/decode_s", "val/aji_pooled")


def _loss_names(split: str) -> list[str]:
    raw = [f"{split}/loss/{term}" for term in TERMS]
    weighted = [f"{split}/weighted/{term}" for term in TERMS]
    return [f"{split}/loss", *raw, *weighted]


METRIC_NAMES = frozenset(
    [
        *_loss_names("train"),
        *_loss_names("val"),
        *(f"val/{name}" for name in (*SCORE_NAMES, *_MAPS)),
        *_TRAINING,
        *_EVALUATION,
    ]
)
