"""HoVer maps of label maps: milliseconds, ours against MONAI's ComputeHoVerMaps.

    python benchmarks/targets.py

Generated label maps of touching objects; three images in turn, one thread, the median. Exits with 1
if the maps differ by more than 1e-6 anywhere, or if ours of a turned label map are not exactly the
turned maps.
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

from trainables.decoding import hv_targets

IMAGES = 3
ENOUGH_S = 2.0


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


def main() -> None:
    torch.set_num_threads(1)
    is_equal = True
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
