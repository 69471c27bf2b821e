"""N decodings of a volume: packed on one bench, against decoding the whole volume N times.

    python benchmarks/decode_volumes.py [--objects 500 2000] [--decodings 16 64] [--checked 4]

Drawn vesicles of about 580 voxels in 51 x 516 x 516, some in clusters that touch, with noisy maps.
Each decoding is a `ContourDistance` with other thresholds, scored by adapted Rand error. CPU
seconds of one thread, for decoding and scoring:

* flooded: a watershed of the whole volume, masked afterwards, as public code does it; measured on
  one decoding;
* masked: the watershed is told the foreground, all else looks at the whole volume; measured on
  --checked decodings, whose labels are compared with ours voxel by voxel;
* alone: `decoder.decode(outputs)`, which packs the volume anew each time; likewise;
* packed: `VolumeBench`, all decodings.

Exits with 1 if a label or a score differs.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections.abc import Callable, Iterable

import numpy as np
from scipy import ndimage
from skimage.segmentation import watershed
from vesicle_maps import noisy_maps

from trainables.data.volumes import draw_vesicles
from trainables.decoding.volumes import Bounds, ContourDistance, VolumeBench
from trainables.metrics import OverlapTable, Truth

SHAPE = (51, 516, 516)
CORNERS = np.ones((3, 3, 3), bool)
LOOSEST = Bounds(binary=0.15, boundary=1.01, edt=-0.6)


def decodings(count: int) -> list[ContourDistance]:
    """So many, spread over a grid of thresholds."""
    grid = [
        ContourDistance(
            binary_foreground=binary,
            edt_foreground=edt,
            binary_seed=max(0.5, binary),
            boundary_seed=boundary,
            edt_seed=seed,
        )
        for binary, edt, boundary, seed in itertools.product(
            (0.15, 0.3, 0.5, 0.7), (-0.6, -0.3), (0.3, 0.5, 0.7, 0.9), (0.0, 0.2, 0.4, 0.6)
        )
    ]
    return [grid[place] for place in np.linspace(0, len(grid) - 1, count).astype(int)]


def whole(decoder: ContourDistance, maps: dict, *, masked: bool) -> np.ndarray:
    """The same decoding, looking at every voxel of the volume."""
    foreground = (
        (maps["binary"] > decoder.binary_foreground)
        & (maps["boundary"] < decoder.boundary_foreground)
        & (maps["edt"] > decoder.edt_foreground)
    )
    sure = (
        foreground
        & (maps["binary"] > decoder.binary_seed)
        & (maps["boundary"] < decoder.boundary_seed)
        & (maps["edt"] > decoder.edt_seed)
    )
    seeds = without_small(ndimage.label(sure, CORNERS)[0], decoder.min_seed_voxels)
    heights = -np.maximum(maps["edt"], 0).astype(np.float64)
    if not masked:
        return without_small(watershed(heights, seeds) * foreground, decoder.min_instance_voxels)
    _, ranks = np.unique(heights[foreground], return_inverse=True)
    is_seed = seeds[foreground] > 0
    scale = np.count_nonzero(is_seed) + 1.0
    ground = np.zeros(heights.shape)
    # Equal voxels of seeds in the order of the volume, as `ContourDistance` promises.
    ground[foreground] = np.where(is_seed, (ranks - 1) * scale + np.cumsum(is_seed), ranks * scale)
    found = watershed(ground, seeds, mask=foreground)
    return without_small(found, decoder.min_instance_voxels)


def without_small(labels: np.ndarray, least: int) -> np.ndarray:
    """Numbered anew in the order of first voxels."""
    flat = labels.ravel()
    inside = np.flatnonzero(flat)
    ids, first, counts = np.unique(flat[inside], return_index=True, return_counts=True)
    kept = ids[counts >= least][np.argsort(first[counts >= least])]
    new_ids = np.zeros(int(flat.max(initial=0)) + 1, np.int32)
    new_ids[kept] = np.arange(1, kept.size + 1)
    return new_ids[labels]


def timed(decode: Callable, truth: np.ndarray, decoders: Iterable) -> tuple[float, list]:
    """CPU seconds for each decoding and its score, and what was found."""
    spent_s, found = [], []
    for decoder in decoders:
        start_s = time.thread_time()
        labels = decode(decoder)
        error = OverlapTable.from_labels(truth, labels).adapted_rand_error().error
        spent_s.append(time.thread_time() - start_s)
        found.append((labels, error))
    return float(np.mean(spent_s)), found


def packed(maps: dict, truth: np.ndarray, decoders: list) -> tuple[float, list]:
    """CPU seconds for each of them on one bench, the packing included, and what was found."""
    known = Truth(truth)
    start_s = time.thread_time()
    bench = VolumeBench(maps, loosest=LOOSEST)
    found, at, pixels = {}, None, None
    for decoder in sorted(decoders, key=bench.order_key):
        decoded = bench.decode(decoder)
        if pixels is not decoded.pixels:
            pixels = decoded.pixels
            at = known.at(pixels)
        found[decoder] = (decoded, at.table(decoded.values).adapted_rand_error().error)
    spent_s = time.thread_time() - start_s
    return spent_s / len(decoders), [found[decoder] for decoder in decoders]


def compare(num_objects: int, counts: list[int], checked: int) -> bool:
    """Prints a line for each number of decodings; whether all is equal."""
    rng = np.random.default_rng(0)
    layout = draw_vesicles(rng, num_objects, SHAPE)
    truth, maps = layout.labels, noisy_maps(layout, rng)
    same = True
    for count in counts:
        decoders = decodings(count)
        packed_s, ours = packed(maps, truth, decoders)
        some = decoders[:: max(1, count // checked)][:checked]
        flooded_s, _ = timed(lambda one: whole(one, maps, masked=False), truth, some[:1])
        masked_s, plain = timed(lambda one: whole(one, maps, masked=True), truth, some)
        alone_s, alone = timed(lambda one: one.decode(maps), truth, some)
        mine = [ours[decoders.index(decoder)] for decoder in some]
        equal = all(
            np.array_equal(labels, decoded.labels) and error == score
            for other in (plain, alone)
            for (labels, error), (decoded, score) in zip(other, mine, strict=True)
        )
        errors = [error for _, error in ours]
        print(
            f"{truth.max():7} {count:9} {flooded_s:9.2f} {masked_s:8.2f} {alone_s:7.2f} "
            f"{packed_s:8.3f} {flooded_s / packed_s:9.0f}x {masked_s / packed_s:7.0f}x  "
            f"{min(errors):.3f} to {max(errors):.3f}{'' if equal else '  DIFFERENT'}",
            flush=True,
        )
        same &= equal
    return same


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--objects", type=int, nargs="+", default=[500, 2000])
    parser.add_argument("--decodings", type=int, nargs="+", default=[16, 64])
    parser.add_argument("--checked", type=int, default=4)
    asked = parser.parse_args()
    print(f"{' x '.join(map(str, SHAPE))} voxels; CPU seconds a decoding, one thread")
    print("objects decodings   flooded   masked   alone   packed   flooded/    masked/  ARE")
    same = [compare(num, asked.decodings, asked.checked) for num in asked.objects]
    sys.exit(not all(same))


if __name__ == "__main__":
    main()
