"""Types of nuclei: which class each id has, as rows and as a map. No torch."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "UNKNOWN",
    "UNKNOWN_NAME",
    "UNKNOWN_PX",
    "list_types",
    "no_types",
    "paint_types",
    "plain_names",
]

#: The type of a nucleus that nobody has classified.
UNKNOWN = 0
UNKNOWN_NAME = "unknown"
#: Its pixels in a map of types, where 0 is the background.
UNKNOWN_PX = -1

_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_.-]+")


def no_types() -> NDArray[np.int32]:
    """The rows of an image without types, (0, 2)."""
    return np.zeros((0, 2), np.int32)


def list_types(
    labels: NDArray[np.int32], types: Mapping[int, int], num_types: int
) -> NDArray[np.int32]:
    """The type of every nucleus of a label map.

    Args:
        labels: (H, W); 0 background.
        types: By id, from 1 to `num_types`, or 0 for unknown; so are the ids that it lacks.
        num_types: Classes there are, at least 1.

    Returns:
        (K, 2): id and type, ids ascending, all that the labels hold and no other.

    Raises:
        ValueError: A type is no class, or an id is not in the labels; says which.
    """
    ids = np.unique(labels[labels > 0])
    if strangers := sorted(set(types) - set(ids.tolist())):
        raise ValueError(f"there is a type for the id {strangers[0]}, which no pixel has")
    for label, one in types.items():
        if not UNKNOWN <= one <= num_types:
            raise ValueError(f"the id {label} has the type {one}; allowed are 0 to {num_types}")
    found = [types.get(label, UNKNOWN) for label in ids.tolist()]
    return np.stack([ids, np.array(found, np.int32)], axis=1).astype(np.int32)


def paint_types(labels: NDArray[np.int32], rows: NDArray[np.int32]) -> NDArray[np.int32]:
    """The map of types that a network is to predict.

    Args:
        labels: (H, W); 0 background; any part of the image, turned or warped as you like.
        rows: (K, 2) as `list_types` gives them, for at least the ids of the labels.

    Returns:
        (H, W): 0 background, the type in nuclei, -1 in nuclei of unknown type.
    """
    if not len(rows):
        return np.where(labels > 0, UNKNOWN_PX, 0).astype(np.int32)
    types = np.where(rows[:, 1] == UNKNOWN, UNKNOWN_PX, rows[:, 1])
    # The background goes to a place of its own behind all ids.
    place = np.where(labels > 0, np.searchsorted(rows[:, 0], labels), len(rows))
    return np.append(types, 0).astype(np.int32)[place]


def plain_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names of classes as they may stand in names of metrics.

    What is no letter, digit, `_`, `.` or `-` becomes `_` ("non-neoplastic epithelial" is
    `non-neoplastic_epithelial`).

    Raises:
        ValueError: Two names become one, nothing of a name is left, or it is `unknown`; says which.
    """
    plain: dict[str, str] = {}
    for name in names:
        short = _NOT_PLAIN.sub("_", name.strip()).strip("_")
        if not short:
            raise ValueError(f"the class {name!r} has no letter or digit in its name")
        if short == UNKNOWN_NAME:
            raise ValueError(f"no class may be called {name!r}: give its nuclei the type 0")
        if short in plain:
            raise ValueError(f"the classes {plain[short]!r} and {name!r} are both {short!r}")
        plain[short] = name
    return tuple(plain)
