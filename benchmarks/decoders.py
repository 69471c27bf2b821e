"""The decoders on real images: mean AJI on true maps and on a small network's, and milliseconds.

    python benchmarks/decoders.py [--data DIR] [--work DIR] [--epochs 12]

All validation images of nuclei2d (beside the repository; without it drawn ones). `honest` is the
best np_threshold of 0.40, 0.45 ... 0.80 chosen on one half of the images and scored on the other,
both ways. The network's maps are those of `decode_search.py`. Milliseconds are CPU time of single
calls at the defaults, the mean over images.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from decode_outputs import Image, load_images
from decode_search import DATA

from trainables.decode_search import DecodingSearch, SearchItem, SearchSettings
from trainables.decoding import (
    DecodingBench,
    HVFlow,
    HVWatershed,
    MaskComponents,
    MaskWatershed,
    hv_targets,
)

KINDS = (HVFlow, HVWatershed, MaskWatershed, MaskComponents)
SPACE = {"np_threshold": {"type": "float", "low": 0.4, "high": 0.8, "step": 0.05}}


def true_maps(images: list[Image]) -> list[Image]:
    return [
        Image({"np": np.float32(image.labels > 0), "hv": hv_targets(image.labels)}, image.labels)
        for image in images
    ]


def search(kind: type, images: list[Image], space: dict):
    items = [
        SearchItem(outputs=image.outputs, labels=image.labels, open_bench=DecodingBench)
        for image in images
    ]
    settings = SearchSettings.model_validate({"space": space})
    return DecodingSearch(
        items, settings, {"np_threshold": 0.5}, lambda values: kind(**values)
    ).result()


def mean_ms(kind: type, images: list[Image]) -> float:
    start_s = time.thread_time()
    for image in images:
        kind().decode(image.outputs)
    return 1000 * (time.thread_time() - start_s) / len(images)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA if DATA.exists() else None)
    parser.add_argument("--work", type=Path, default=Path("build/decode_search"))
    parser.add_argument("--epochs", type=int, default=12, help="of 20 steps")
    options = parser.parse_args()
    images = load_images(options.data, options.work, options.epochs)
    perfect = true_maps(images)
    print(f"{len(images)} images; mean AJI (standard error), CPU milliseconds a call")
    for kind in KINDS:
        best = search(kind, perfect, {}).default
        found = search(kind, images, SPACE)
        scores = [table.aji() for table in found.honest.tables]
        error = np.std(scores) / len(scores) ** 0.5
        print(
            f"{kind.__name__:15} true maps {best.criterion:.3f}   network: default "
            f"{found.default.criterion:.3f}, honest {found.honest.criterion:.3f} ({error:.3f})   "
            f"{mean_ms(kind, images):.1f} ms",
            flush=True,
        )


if __name__ == "__main__":
    main()
