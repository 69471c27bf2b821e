"""Label volume -> foreground, contours and distances, which a network learns."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from trainables.metrics.ids import check_labels, consecutive_ids

__all__ = ["boundary_targets", "edt_targets", "volume_targets"]

BACKGROUND = -1.0


def volume_targets(
    labels: ArrayLike,
    *,
    spacing: tuple[float, float, float] = (1, 1, 1),
    thickness: int = 1,
    in_plane: bool = False,
) -> dict[str, NDArray[np.float32]]:
    """All three maps by name: `binary` (1 inside of instances), `boundary` and `edt`.

    Args:
        labels: See `edt_targets`.
        spacing: See `edt_targets`.
        thickness: See `boundary_targets`.
        in_plane: See `boundary_targets`.

    Returns:
        Each of shape (Z, Y, X) float32.

    Raises:
        ValueError: The labels are not 3-D, not integers, or negative; or another value is wrong.
    """
    compact = _compact(labels)
    return {
        "binary": (compact > 0).astype(np.float32),
        "boundary": boundary_targets(compact, thickness=thickness, in_plane=in_plane),
        "edt": edt_targets(compact, spacing=spacing),
    }


def boundary_targets(
    labels: ArrayLike, *, thickness: int = 1, in_plane: bool = False
) -> NDArray[np.float32]:
    """1 in the outermost voxels of each instance, 0 elsewhere.

    Where instances touch, both have a contour. A border of the volume that cuts an instance is
    none.

    Args:
        labels: See `edt_targets`.
        thickness: How many voxels deep, counted in steps over sides of voxels; at least 1.
        in_plane: Steps are taken along y and x alone: for sections that are far apart, where
            otherwise whole vesicles would be contour.

    Returns:
        Shape (Z, Y, X) float32.

    Raises:
        ValueError: The labels are not 3-D, not integers, or negative; `thickness` is below 1.
    """
    if thickness < 1:
        raise ValueError(f"thickness must be at least 1, got {thickness}")
    compact = _compact(labels)
    core = compact
    for _ in range(thickness):
        before, core = core, core.copy()
        for axis in (1, 2) if in_plane else (0, 1, 2):
            ahead, behind = (np.moveaxis(one, axis, 0) for one in (core, before))
            is_same = behind[1:] == behind[:-1]
            ahead[1:] *= is_same
            ahead[:-1] *= is_same
    return ((compact > 0) & (core == 0)).astype(np.float32)


def edt_targets(
    labels: ArrayLike, *, spacing: tuple[float, float, float] = (1, 1, 1)
) -> NDArray[np.float32]:
    """How deep each voxel lies in its instance: from 0 (excluded) to 1; -1 in the background.

    The distance to the nearest voxel that does not belong to the instance, as a share of the
    largest such distance in it: also where instances touch. Beyond the volume nothing is known, so
    its border is no border of an instance.

    Args:
        labels: Shape (Z, Y, X), integers of any width, any ids, 0 is background. An id with several
            pieces is one instance.
        spacing: Size of a voxel along z, y and x, in any unit.

    Returns:
        Shape (Z, Y, X) float32.

    Raises:
        ValueError: The labels are not 3-D, not integers, or negative; a size is not above 0.
    """
    if not all(size > 0 for size in spacing):
        raise ValueError(f"the spacing must be above 0, got {spacing}")
    compact = _compact(labels)
    targets = np.full(compact.shape, BACKGROUND, np.float32)
    for number, box in enumerate(ndimage.find_objects(compact), start=1):
        inside = compact[box] == number
        # A frame of what lies around, where there is something.
        frame = [
            (int(part.start > 0), int(part.stop < side))
            for part, side in zip(box, compact.shape, strict=True)
        ]
        framed = np.pad(inside, frame)
        if framed.all():
            targets[box] = 1
            continue
        middle = tuple(
            slice(before, before + side)
            for (before, _), side in zip(frame, inside.shape, strict=True)
        )
        depth = ndimage.distance_transform_edt(framed, sampling=spacing)[middle]
        targets[box][inside] = depth[inside] / depth.max()
    return targets


def _compact(labels: ArrayLike) -> NDArray[np.int32]:
    """A copy with ids 1 .. n."""
    volume = check_labels(labels, "instances")
    if volume.ndim != 3:
        raise ValueError(f"labels must have shape (Z, Y, X), got {volume.shape}")
    flat, _ = consecutive_ids(volume.ravel())
    return flat.reshape(volume.shape).astype(np.int32)
