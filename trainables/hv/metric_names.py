"""Every metric that the 2-D trainable can report. No torch."""

from __future__ import annotations

from collections.abc import Sequence

from trainables.data import PreparedData
from trainables.decode_search import CRITERIA
from trainables.losses import NP_TERMS, TERMS, TYPE_TERMS
from trainables.metrics.instance_scores import SCORE_NAMES
from trainables.metrics.type_scores import type_score_names

__all__ = ["METRIC_NAMES", "metric_names_on"]

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
    "train/np_bce_ratio",
    "train/np_contrast",
    "train/hv_mse_ratio",
    "train/hv_magnitude_aligned",
    "lr",
    "grad_norm",
    "epoch",
    "time/train_s",
    "gpu/peak_gib",
    "cost/gpu_s",
)
_EVALUATION = (
    "val/pred_mean",
    "target_mean",
    "val/np_bce_ratio",
    "val/np_contrast",
    "time/eval_s",
)
_POOLED = "aji_pooled"
_DECODING = (
    "val/decode_cut",
    "val/decode_optimism",
    "val/decode_planned",
    "val/decode_tried",
    "time/decode_s",
    "time/decode_wait_s",
)


def _term_names(terms: Sequence[str]) -> list[str]:
    places = ["train/loss", "train/weighted", "train/weight", "val/loss", "val/weighted"]
    return [f"{place}/{term}" for place in places for term in terms]


def _typed_names(shown: Sequence[str]) -> list[str]:
    """What is there where nuclei have types, given the classes of the validation images."""
    scores = [f"val/{name}" for name in type_score_names(shown)]
    return [*scores, *_term_names(TYPE_TERMS), "time/types_s"] if shown else []


METRIC_NAMES = frozenset(
    [
        "train/loss",
        "val/loss",
        *_term_names([*TERMS, *NP_TERMS]),
        *(f"val/{name}" for name in (*SCORE_NAMES, _POOLED, *_MAPS)),
        *(f"val/default/{name}" for name in (*SCORE_NAMES, _POOLED)),
        *(f"val/optimistic/{name}" for name in CRITERIA),
        *_TRAINING,
        *_EVALUATION,
        *_DECODING,
        *_typed_names(["*"]),
    ]
)


def metric_names_on(data: PreparedData) -> frozenset[str]:
    """Those that a trial on a data set can report: what is said of classes has their names."""
    facts = data.summary().facts
    shown = [name for name in data.type_names if facts[f"val/nuclei/{name}"]]
    return METRIC_NAMES - {*_typed_names(["*"])} | {*_typed_names(shown)}
