"""Targets of label maps: milliseconds, ours against what one would use instead.

    python benchmarks/targets.py

HoVer maps against MONAI's ComputeHoVerMaps: generated label maps of touching objects; three images
in turn, one thread, the median. Distances and contours of volumes against a loop over instances
that looks at the whole volume for each: the loop is run on a few of them and multiplied up. Exits
with 1 if maps differ by more than 1e-6 anywhere, or if ours of a turned label map are not exactly
the turned maps.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from label_maps import CASES, scattered
from monai.transforms import ComputeHoVerMaps
from scipy import ndimage

from trainables.decoding import hv_targets
from trainables.decoding.volumes import volume_targets

IMAGES = 3
ENOUGH_S = 2.0
VOLUME = "51 x 516 x 516 / 2000"
SPACING = (30, 8, 8)
LOOPED = 5


def median_ms(compute: Callable, images: list) -> float:
    times_s = []
    compute(images[0])
    for image in itertools.cycle(images):
        started_s = time.perf_counter()
        compute(image)
        times_s.append(time.perf_counter() - started_s)
        if sum(times_s) > ENOUGH_S and len(times_s) >= len(images):
            return 1000 * statistics.median(times_s)
    raise AssertionError


def largest_gap(labels) -> float:
    """Between ours and MONAI's, and 1 if ours do not turn with the labels."""
    found = hv_targets(labels)
    horizontal, vertical = hv_targets(np.fliplr(labels))
    if not np.array_equal(np.stack([-horizontal[:, ::-1], vertical[:, ::-1]]), found):
        return 1.0
    expected = np.asarray(ComputeHoVerMaps()(labels[None]))
    return float(np.abs(found - expected).max())


def loop_over_instances(labels, ids) -> tuple[np.ndarray, np.ndarray]:
    """Distances and contours of some instances, one after the other in the whole volume."""
    edt, boundary = np.full(labels.shape, -1, np.float32), np.zeros(labels.shape, np.float32)
    for number in ids:
        inside = labels == number
        depth = ndimage.distance_transform_edt(inside, sampling=SPACING)
        edt[inside] = depth[inside] / depth.max()
        boundary[inside & ~ndimage.binary_erosion(inside, border_value=1)] = 1
    return edt, boundary


def compare_volumes() -> bool:
    shape, num_objects = CASES[VOLUME]
    labels = scattered(shape, num_objects, np.random.default_rng(0))
    ids = np.unique(labels)[1:]
    some = ids[:: ids.size // LOOPED][:LOOPED]
    started_s = time.perf_counter()
    edt, boundary = loop_over_instances(labels, some)
    loop_s = (time.perf_counter() - started_s) / some.size * ids.size
    started_s = time.perf_counter()
    maps = volume_targets(labels, spacing=SPACING)
    our_s = time.perf_counter() - started_s
    inside = np.isin(labels, some)
    gap = max(
        float(np.abs(maps["edt"] - edt)[inside].max()),
        float(np.abs(maps["boundary"] - boundary)[inside].max()),
    )
    print(
        f"{VOLUME}, distances and contours: ours {our_s:.2f} s, a loop over instances "
        f"{loop_s:.0f} s (from {some.size} of {ids.size}), {loop_s / our_s:.0f}x; "
        f"largest difference {gap:.1g}{'' if gap <= 1e-6 else ' DIFFERS'}"
    )
    return gap <= 1e-6


def main() -> None:
    torch.set_num_threads(1)
    is_equal = compare_volumes()
    for name, (shape, num_objects) in CASES.items():
        if len(shape) != 2:
            continue
        rng = np.random.default_rng(0)
        images = [scattered(shape, num_objects, rng) for _ in range(IMAGES)]
        gap = max(map(largest_gap, images))
        is_equal &= gap <= 1e-6
        our_ms = median_ms(hv_targets, images)
        their_ms = median_ms(ComputeHoVerMaps(), [labels[None] for labels in images])
        print(
            f"{name}: ours {our_ms:.2f} ms, MONAI {their_ms:.1f} ms, {their_ms / our_ms:.0f}x; "
            f"largest difference {gap:.1g}{'' if gap <= 1e-6 else ' DIFFERS'}"
        )
    sys.exit(not is_equal)


if __name__ == "__main__":
    main()
