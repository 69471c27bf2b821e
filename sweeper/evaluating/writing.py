"""What an evaluation leaves behind: a folder of its own, never written again."""

from __future__ import annotations

import csv
import datetime
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sweeper.evaluating.subject import Subject, Wish
from sweeper.protocol import DataSummary, Estimate, NetworkScores, SplitScores

__all__ = ["score_names", "summary_of", "write_scores"]


def write_scores(folder: Path, summary: Mapping[str, Any], scores: NetworkScores) -> None:
    """Writes the summary and the scores of every image beside the pictures.

    Raises:
        OSError: The disk is full, or the like.
    """
    text = json.dumps(summary, indent=2, ensure_ascii=False, default=str)
    (folder / "summary.json").write_text(text + "\n", encoding="utf-8")
    names = score_names(scores)
    with (folder / "images.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["split", "image", "picture", *names])
        for split in scores.splits:
            for image in split.images:
                values = [image.scores.get(name, "") for name in names]
                writer.writerow([split.name, image.name, image.picture or "", *values])


def score_names(scores: NetworkScores) -> list[str]:
    """All scores of all images, those that a person looks at first in front."""
    names = dict.fromkeys(scores.headline)
    for split in scores.splits:
        for image in split.images:
            names |= dict.fromkeys(image.scores)
    found = {name for split in scores.splits for image in split.images for name in image.scores}
    return [name for name in names if name in found]


def summary_of(
    subject: Subject, wish: Wish, data: DataSummary, scores: NetworkScores
) -> dict[str, Any]:
    """Everything but the scores of single images, as JSON values."""
    network, decoding = subject.network, subject.decoding
    at = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    return {
        "network": network.title,
        "sweep": network.sweep.name if network.sweep else None,
        "trial": network.trial.number if network.trial else None,
        "epoch": network.checkpoint.epoch,
        "at": at,
        "judgement": list(scores.judgement),
        "notes": list(scores.notes),
        "decoding": {
            "origin": decoding.origin,
            "words": decoding.words,
            "settings": dict(decoding.settings),
        },
        "interval": scores.interval,
        "splits": {split.name: _split(split) for split in scores.splits},
        "worst_by": scores.worst_by,
        "reported": dict(network.checkpoint.metrics),
        "data_option": None if wish.data is None else str(wish.data.expanduser().absolute()),
        "overrides": list(wish.overrides),
        "data": {"fingerprint": data.fingerprint, "found": list(data.lines)},
        "trainable": subject.training.trainable,
        "seed": subject.training.seed,
        "config": dict(subject.training.config),
    }


def _split(split: SplitScores) -> dict[str, Any]:
    return {
        "num_images": len(split.images),
        "levels": dict(split.levels),
        "mean": _estimates(split.mean),
        "pooled": _estimates(split.pooled),
    }


def _estimates(estimates: Mapping[str, Estimate]) -> dict[str, Any]:
    return {name: asdict(estimate) for name, estimate in estimates.items()}
