"""CoNSeP and other data sets with HoVer-Net's .mat files: `inst_map`, `inst_type`, `type_map`."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sweeper.protocol import DataError, Problem
from trainables.data.digests import Digests
from trainables.data.image_file import UnusableFileError, check_labels
from trainables.data.readers.item import Found
from trainables.data.readers.pair_reading import read_pair
from trainables.data.readers.pairs import Pair, find_pairs
from trainables.data.readers.settings import ReaderConfig
from trainables.data.source import Sample

__all__ = ["LAYOUT", "CoNSePConfig", "find_consep"]

LAYOUT = (
    "expected are Train/ and Test/ (val/ if you like), each with Images/*.png and Labels/*.mat "
    "of the same stems"
)
#: The names in CoNSeP's README, for the types 1 to 7.
_TYPES = (
    "other",
    "inflammatory",
    "healthy_epithelial",
    "malignant_epithelial",
    "fibroblast",
    "muscle",
    "endothelial",
)
#: What the HoVer-Net paper makes of them.
_MERGED = ("other", "inflammatory", "epithelial", "spindle-shaped")
_MERGED_TYPES = (0, 1, 2, 3, 3, 4, 4, 4)
_MAT_ERRORS = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    OverflowError,
    EOFError,
    MemoryError,
    struct.error,
    zlib.error,
)


class CoNSePConfig(ReaderConfig):
    """CoNSeP's (and HoVer-Net's) layout: `Train/Images/*.png` with `Train/Labels/*.mat`.

    A .mat file holds `inst_map` (H, W), 0 background and one id a nucleus, and the types as
    `inst_type` (one a nucleus, in the order of the ids) or `type_map` (H, W). Kumar and CPM-17 in
    the same layout have no types. `Train` is to train on, `Test` to test; where there is no `Val`
    folder, training images are held out, see `splits`.

    Attributes:
        path: The folder that holds `Train/` and `Test/`.
        merge_types: CoNSeP's seven types become four, as in the HoVer-Net paper: 3 and 4 are
            epithelial; 5, 6 and 7 are spindle-shaped.
        type_names: Names of the types 1, 2, ... of other data; None: CoNSeP's. An empty list
            leaves types out.
    """

    source: Literal["consep"]
    merge_types: bool = False
    type_names: list[str] | None = None


def find_consep(config: CoNSePConfig, digests: Digests) -> Found:
    """Finds images and .mat files; mistakes are in the result's `problems`."""
    problems: list[Problem] = []
    if config.merge_types and config.type_names is not None:
        reason = "merges CoNSeP's own seven types; leave type_names out"
        problems.append(Problem(where="data.merge_types", reason=reason))
    pairs = find_pairs(config.path, (".mat",), LAYOUT, problems)
    names = _type_names(config)
    read = partial(_read, names=names, merge_types=config.merge_types)
    return Found(
        items=[pair.item(config.path, digests, partial(read, pair)) for pair in pairs],
        problems=problems,
        notes=[f"images with .mat labels from {config.path}"],
        settings={"merge_types": config.merge_types, "type_names": list(names)},
        type_names=lambda: names if any(_has_types(pair.label_path) for pair in pairs) else (),
    )


def _type_names(config: CoNSePConfig) -> tuple[str, ...]:
    if config.type_names is not None:
        return tuple(config.type_names)
    return _MERGED if config.merge_types else _TYPES


def _read(pair: Pair, *, names: tuple[str, ...], merge_types: bool) -> Sample:
    image, file = read_pair(pair, _load)
    try:
        labels = check_labels(file["inst_map"], may_be_floats=True)
        if labels.shape != image.shape[:2]:
            sizes = ["x".join(map(str, shape[:2])) for shape in (labels.shape, image.shape)]
            raise UnusableFileError(f"inst_map is {sizes[0]} px, its image is {sizes[1]} px")
        types = _types_of(labels, file) if names else {}
        if merge_types:
            types = {label: _merge(one) for label, one in types.items()}
    except UnusableFileError as error:
        raise DataError([Problem(where=str(pair.label_path), reason=str(error))]) from error
    return Sample(image=image, labels=labels, types=types)


def _load(path: Path) -> Mapping[str, NDArray[Any]]:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        names = ["inst_map", "inst_type", "type_map"]
        file = loadmat(path, variable_names=names, appendmat=False)
    except NotImplementedError as error:
        raise UnusableFileError("is a MATLAB 7.3 file; save it with save(..., '-v7')") from error
    except (OSError, *_MAT_ERRORS, MatReadError) as error:
        if isinstance(error, OSError) and error.strerror:
            raise UnusableFileError(f"can't be opened ({error.strerror})") from error
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UnusableFileError(f"can't be read as .mat ({reason}); copy it again") from error
    if "inst_map" not in file:
        raise UnusableFileError("holds no inst_map; HoVer-Net's .mat files do")
    return {name: np.asarray(value) for name, value in file.items() if name in names}


def _has_types(path: Path) -> bool:
    """Whether a file lists types; False if it can't be read, which will come up elsewhere."""
    from scipy.io import whosmat
    from scipy.io.matlab import MatReadError

    try:
        names = {name for name, *_ in whosmat(path, appendmat=False)}
    except (OSError, NotImplementedError, *_MAT_ERRORS, MatReadError):
        return False
    return not names.isdisjoint(("inst_type", "type_map"))


def _types_of(labels: NDArray[np.int32], file: Mapping[str, NDArray[Any]]) -> dict[int, int]:
    """The type of each id; of none if the file tells no types."""
    ids = np.unique(labels[labels > 0])
    listed = file.get("inst_type", np.zeros(0)).reshape(-1)
    if len(listed) == len(ids):
        types = listed
    elif len(ids) and len(listed) == ids[-1]:
        types = listed[ids - 1]
    elif "type_map" in file:
        types = _majority(labels, ids, file["type_map"])
    elif not len(listed):
        return {}
    else:
        raise UnusableFileError(
            f"inst_type has {len(listed)} entries for {len(ids)} nuclei of inst_map"
        )
    whole = check_labels(types.reshape(1, -1), may_be_floats=True).reshape(-1)
    return dict(zip(ids.tolist(), whole.tolist(), strict=True))


def _majority(
    labels: NDArray[np.int32], ids: NDArray[np.int32], type_map: NDArray[Any]
) -> NDArray[np.int64]:
    """The most frequent type of each id's pixels that have one; the lower type if two are even."""
    types = check_labels(type_map, may_be_floats=True)
    if types.shape != labels.shape:
        raise UnusableFileError("type_map and inst_map differ in size; export them again")
    inside = labels > 0
    place = np.searchsorted(ids, labels[inside])
    top = int(types.max(initial=0))
    if top > 255:
        raise UnusableFileError(f"type_map holds the type {top}; export it again")
    counts = np.bincount(place * (top + 1) + types[inside], minlength=len(ids) * (top + 1))
    counts = counts.reshape(len(ids), top + 1)
    counts[:, 0] = 0
    return np.argmax(counts, axis=1)


def _merge(one: int) -> int:
    if one >= len(_MERGED_TYPES):
        raise UnusableFileError(f"holds the type {one}; CoNSeP's are 1 to 7: leave merge_types out")
    return _MERGED_TYPES[one]
