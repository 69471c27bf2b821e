"""Scores that somebody else on PyPI computes too, each beside ours of the same definition."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from skimage.metrics import adapted_rand_error, variation_of_information

import trainables.metrics as ours

__all__ = ["Peer", "Values", "find_peers"]

Values = Mapping[str, float]

PEERS_DIR = Path(__file__).resolve().parents[1] / "build" / "peers"
INSTALL = "python -m pip install --no-deps --target build/peers -r benchmarks/peers.txt"
ABOVE_HALF = 0.5 + 1e-6


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A score that somebody else computes too: on what, how, and how exactly."""

    name: str
    score: str
    compute: Callable[..., Values]
    ours: Callable[..., Values]
    prepare: Callable = np.asarray
    tolerance: float = 1e-9
    max_ndim: int = 3
    why_not_more: str = ""


def our_rand(true, pred) -> Values:
    rand = ours.adapted_rand_error(true, pred, "skimage")
    return {"error": rand.error, "precision": rand.precision, "recall": rand.recall}


def their_rand(true, pred) -> Values:
    error, recall, precision = adapted_rand_error(true, pred)
    return {"error": error, "precision": precision, "recall": recall}


def our_information(true, pred) -> Values:
    found = ours.variation_of_information(true, pred)
    return {"split": found.split, "merge": found.merge}


def their_information(true, pred) -> Values:
    split, merge = variation_of_information(true, pred, ignore_labels=(0,))
    return {"split": split, "merge": merge}


def our_quality(true, pred) -> Values:
    quality = ours.panoptic_quality(true, pred)
    return {"pq": quality.pq, "sq": quality.sq, "dq": quality.dq}


def our_pq(true, pred) -> Values:
    return {"pq": ours.panoptic_quality(true, pred).pq}


def our_detection(true, pred) -> Values:
    found = ours.detection(true, pred, ABOVE_HALF)
    return {"precision": found.precision, "recall": found.recall, "f1": found.f1}


def skimage_peers() -> list[Peer]:
    rand = Peer(name="scikit-image", score="ARE", compute=their_rand, ours=our_rand)
    information = Peer(
        name="scikit-image", score="VOI", compute=their_information, ours=our_information
    )
    return [rand, information]


def stardist_peers() -> list[Peer]:
    from stardist.matching import matching

    def compute(true, pred) -> Values:
        found = matching(true, pred, thresh=ABOVE_HALF)
        return {"precision": found.precision, "recall": found.recall, "f1": found.f1}

    return [Peer(name="stardist", score="F1", compute=compute, ours=our_detection, tolerance=1e-6)]


def torchmetrics_peers() -> list[Peer]:
    import torch
    from torchmetrics.functional.detection import panoptic_quality

    def prepare(labels):
        ids = torch.from_numpy(labels.astype(np.int64)).reshape(1, -1)
        return torch.stack([(ids > 0).long(), ids], dim=-1)

    def compute(true, pred) -> Values:
        found = panoptic_quality(
            pred, true, things={1}, stuffs={0}, return_per_class=True, return_sq_and_rq=True
        )
        return dict(zip(("pq", "sq", "dq"), found[0].tolist(), strict=True))

    torchmetrics = Peer(
        name="torchmetrics",
        score="PQ",
        compute=compute,
        ours=our_quality,
        prepare=prepare,
        tolerance=1e-6,
    )
    return [torchmetrics]


def monai_peers() -> list[Peer]:
    import torch
    from monai.metrics.panoptic_quality import compute_panoptic_quality

    def compute(true, pred) -> Values:
        return {"pq": float(compute_panoptic_quality(pred, true, smooth_numerator=1e-12))}

    monai = Peer(
        name="MONAI",
        score="PQ",
        compute=compute,
        ours=our_pq,
        prepare=torch.from_numpy,
        tolerance=1e-6,
        max_ndim=2,
        why_not_more="it keeps an int32 mask of the whole volume per object, 200 GB here",
    )
    return [monai]


def find_peers() -> list[Peer]:
    sys.path.append(str(PEERS_DIR))
    import torch

    torch.set_num_threads(1)
    peers = []
    for find in (skimage_peers, stardist_peers, torchmetrics_peers, monai_peers):
        try:
            peers += find()
        except ImportError as error:
            print(f"{find.__name__.removesuffix('_peers')} is skipped: {error}; {INSTALL}")
    return peers
