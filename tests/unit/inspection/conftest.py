"""Data sets made in memory, clean ones and spoilt ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest

from sweeper.protocol import DataFinding, DataSummary
from trainables.data import PreparedData, Split
from trainables.data.copies import find_copies, look_of
from trainables.data.facts import SplitTally
from trainables.data.normalise import normalise
from trainables.inspection import inspect

SIZE_PX = 96
ROWS, COLUMNS = np.mgrid[:SIZE_PX, :SIZE_PX]


def draw_labels(seed: int, radius_px: float = 7.0) -> np.ndarray:
    """Round nuclei anywhere, whole or cut by the border, some in pairs that touch; none is tiny."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((SIZE_PX, SIZE_PX), np.int32)
    for number in range(1, 200, 2):
        y, x = rng.uniform(0, SIZE_PX - 1, 2)
        pair = [(y, x), (y, x + 2 * radius_px - 2)][: 1 + (number % 4 == 1)]
        near = [(ROWS - y) ** 2 + (COLUMNS - x) ** 2 < (radius_px + 2) ** 2 for y, x in pair]
        if labels[np.any(near, axis=0)].any():
            continue
        for place, (y, x) in enumerate(pair):
            disc = (ROWS - y) ** 2 + (COLUMNS - x) ** 2 < radius_px**2
            labels[disc & (labels == 0)] = number + place
    ids, areas_px = np.unique(labels, return_counts=True)
    labels[np.isin(labels, ids[areas_px < 20])] = 0
    return labels


def draw_image(labels: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng([seed, 1])
    image = 40 + 110 * (labels > 0) + rng.normal(0, 12, labels.shape)
    return np.clip(image, 0, 255).astype(np.uint8)[..., None]


@dataclass
class Part:
    """A split that is being made."""

    labels: list[np.ndarray]
    images: list[np.ndarray]
    types: list[np.ndarray] = field(default_factory=list)


def make_part(count: int, seed: int) -> Part:
    labels = [draw_labels(seed + index) for index in range(count)]
    return Part(labels=labels, images=[draw_image(one, seed + i) for i, one in enumerate(labels)])


def prepare_parts(parts: dict[str, Part], type_names: Sequence[str] = ()) -> PreparedData:
    splits, facts = {}, {}
    for name in ("train", "val", "test"):
        part = parts.get(name, Part([], []))
        tally = SplitTally(num_types=len(type_names))
        for index, labels in enumerate(part.labels):
            tally.add(labels, part.types[index] if part.types else None)
        facts |= {f"{name}/{k}": v for k, v in tally.facts().numbers(type_names).items()}
        splits[name] = Split(
            names=[f"{name}_{index}" for index in range(len(part.labels))],
            channels=max((one.shape[2] for one in part.images), default=1),
            stored_images=[normalise(image) for image in part.images],
            stored_labels=part.labels,
            type_names=tuple(type_names),
            stored_types=part.types,
        )
    summary = DataSummary(lines=("made for a test",), fingerprint="f" * 64, facts=facts)
    return PreparedData(
        **splits,
        channels=1,
        fingerprint=summary.fingerprint,
        copies=find_copies(
            {
                name: [(f"{name}_{index}", look_of(one)) for index, one in enumerate(part.images)]
                for name, part in parts.items()
            }
        ),
        notes=("made for a test",),
        _summary=summary,
    )


@pytest.fixture
def parts() -> dict[str, Part]:
    """Twelve training and ten validation images that nothing is wrong with."""
    return {"train": make_part(12, 0), "val": make_part(10, 100)}


@pytest.fixture
def draw() -> SimpleNamespace:
    """Draws `labels(seed, radius_px)` and an `image(labels, seed)` of them."""
    return SimpleNamespace(labels=draw_labels, image=draw_image)


@pytest.fixture
def assemble() -> Callable[..., PreparedData]:
    """Makes a data set of parts."""
    return prepare_parts


@pytest.fixture
def look() -> Callable[..., dict[str, DataFinding]]:
    """The findings of a data set by subject."""

    def find(parts: dict[str, Part], type_names=(), crop_px: int = 64, **settings):
        report = inspect(prepare_parts(parts, type_names), crop_px=crop_px, **settings)
        return {finding.subject: finding for finding in report.findings}

    return find
