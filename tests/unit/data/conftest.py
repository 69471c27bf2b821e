"""A small folder of images to read, and to spoil."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Write = Callable[..., None]


@pytest.fixture
def write() -> Write:
    """Writes `array` as PNG, making the folder."""

    def write_png(path: Path, array: np.ndarray) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(array).save(path)

    return write_png


@pytest.fixture
def folder(tmp_path: Path, write: Write) -> Path:
    """Three training images and two validation images, gray, with two nuclei each."""
    root = tmp_path / "cells"
    labels = np.zeros((10, 12), np.uint16)
    labels[1:4, 1:5] = 1
    labels[6:9, 6:11] = 700
    for split, count in (("train", 3), ("val", 2)):
        for index in range(count):
            image = np.full((10, 12), (10 if split == "train" else 50) + index, np.uint8)
            image[labels > 0] = 200
            write(root / split / "images" / f"{split}_{index}.png", image)
            write(root / split / "labels" / f"{split}_{index}.png", labels)
    return root
