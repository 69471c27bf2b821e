"""The images of the magnitude study: whole ones to train on, central cuts to score on."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from skimage.io import imread, imsave

__all__ = ["CUT_PX", "cut_data"]

CUT_PX = 256
LEAST_NUCLEI = 3


def cut_data(source: Path, target: Path) -> Path:
    """Lays out a folder of data whose validation images are at most `CUT_PX` high and wide.

    Large images would take most of the time of a short training, and weigh no more in a mean over
    images. A cut that shows fewer than `LEAST_NUCLEI` nuclei is left out.

    Args:
        source: Holds train/ and val/, each with images/ and labels/.
        target: Made if it is not there.

    Returns:
        `target`.
    """
    if target.is_dir():
        return target
    draft = target.with_name(f"{target.name}.draft.{os.getpid()}")
    for kind in ("images", "labels"):
        (draft / "val" / kind).mkdir(parents=True)
    (draft / "train").symlink_to((source / "train").resolve(), target_is_directory=True)
    for path in sorted((source / "val" / "labels").iterdir()):
        labels = _center(imread(path))
        if np.count_nonzero(np.unique(labels)) >= LEAST_NUCLEI:
            image = _center(imread(source / "val" / "images" / path.name))
            imsave(draft / "val" / "labels" / path.name, labels, check_contrast=False)
            imsave(draft / "val" / "images" / path.name, image, check_contrast=False)
    draft.rename(target)
    return target


def _center(array: np.ndarray) -> np.ndarray:
    top, left = (max(0, side - CUT_PX) // 2 for side in array.shape[:2])
    return array[top : top + CUT_PX, left : left + CUT_PX]
