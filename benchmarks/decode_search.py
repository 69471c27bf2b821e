"""N decodings of real validation images: one search against N separate decode + score calls.

    python benchmarks/decode_search.py [--data DIR] [--work DIR] [--images 40] [--repeats 3]

A small network is trained for a minute or two on the training images (nuclei2d beside the
repository if it is there, else drawn ones), once: its maps of the validation images stay in the
work folder. Then every decoding of each mix is tried on all images, in one thread:

* separate: for each decoding and image `decoder.decode(outputs)`, `OverlapTable.from_labels` and
  `.aji()`, each from scratch, as one writes it without a search;
* nested: one `DecodingSearch` over the same decodings, all that it does besides included.

Both take turns, and the least CPU time of the repeats counts, so that a busy machine does not
matter. How much a search saves depends on how many decodings have an `np_threshold` in common,
because nothing is shared between two masks: so there are mixes of several kinds.

Exits with 1 if a label or a score differs.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from decode_outputs import Image, load_images

from trainables.decode_search import DecodingSearch, SearchItem, SearchResult, SearchSettings
from trainables.decoding import Decoder, DecodingBench, HVFlow, HVWatershed
from trainables.metrics import OverlapTable

DATA = Path(__file__).parents[2] / "shared" / "data" / "nuclei2d"
DEFAULT = {"decoder": "flow", "np_threshold": 0.5, "marker_threshold": 0.48, "min_object_px": 10}

FLOW = {"type": "fixed", "value": "flow"}
WATERSHED = {"type": "fixed", "value": "watershed"}
BOTH = {"type": "choice", "values": ["flow", "watershed"]}
IF_WATERSHED = {"when": {"decoder": "watershed"}}
FOUR_NP = {"type": "choice", "values": [0.4, 0.5, 0.6, 0.7]}
EIGHT_NP = {"type": "float", "low": 0.35, "high": 0.7, "step": 0.05}
SIZES = {"type": "choice", "values": [5, 10, 20, 40]}


def markers(*values: float) -> dict:
    return {"type": "choice", "values": list(values), **IF_WATERSHED}


MIXES = {
    "flow: 4 np x 4 sizes": {"decoder": FLOW, "np_threshold": FOUR_NP, "min_object_px": SIZES},
    "watershed: 4 np x 4 markers x 3 sizes": {
        "decoder": WATERSHED,
        "np_threshold": FOUR_NP,
        "marker_threshold": markers(0.42, 0.45, 0.48, 0.5),
        "min_object_px": {"type": "choice", "values": [5, 10, 20]},
    },
    "both: 4 np x (1 + 3 markers) x 4 sizes": {
        "decoder": BOTH,
        "np_threshold": FOUR_NP,
        "marker_threshold": markers(0.42, 0.46, 0.5),
        "min_object_px": SIZES,
    },
    "both: 8 np x (1 + 7 markers)": {
        "decoder": BOTH,
        "np_threshold": EIGHT_NP,
        "marker_threshold": markers(0.4, 0.42, 0.44, 0.46, 0.47, 0.48, 0.5),
    },
}


@dataclass(frozen=True)
class Tried:
    """One decoding of one image."""

    digest: bytes
    aji: float


def build(settings) -> Decoder:
    shared = {name: settings[name] for name in ("np_threshold", "min_object_px")}
    if settings["decoder"] == "flow":
        return HVFlow(**shared)
    return HVWatershed(marker_threshold=settings["marker_threshold"], **shared)


def digest(labels) -> bytes:
    return hashlib.sha1(labels.tobytes(), usedforsecurity=False).digest()


def separate(images: list[Image], decoders: list[Decoder]) -> tuple[float, list[list[Tried]]]:
    """CPU seconds, and what was found for each decoder and image."""
    cpu_s, found = 0.0, []
    for decoder in decoders:
        found.append([])
        for image in images:
            start_s = time.thread_time()
            labels = decoder.decode(image.outputs)
            aji = OverlapTable.from_labels(image.labels, labels).aji()
            cpu_s += time.thread_time() - start_s
            found[-1].append(Tried(digest(labels), aji))
    return cpu_s, found


def nested(images: list[Image], space, open_bench: Callable) -> tuple[float, SearchResult]:
    """CPU seconds, and the result of the search."""
    settings = SearchSettings.model_validate({"space": space, "combinations": 1000})
    start_s = time.thread_time()
    items = [
        SearchItem(outputs=image.outputs, labels=image.labels, open_bench=open_bench)
        for image in images
    ]
    result = DecodingSearch(items, settings, DEFAULT, build).result()
    return time.thread_time() - start_s, result


def nested_labels(images: list[Image], space) -> dict[Decoder, list[bytes]]:
    """What the search decodes, by decoder, image after image."""
    found: dict[Decoder, list[bytes]] = {}

    class Noting(DecodingBench):
        def decode(self, decoder):
            decoded = super().decode(decoder)
            found.setdefault(decoder, []).append(digest(decoded.labels))
            return decoded

    nested(images, space, Noting)
    return found


def compare(name: str, images: list[Image], space, repeats: int) -> bool:
    """Prints a line; whether all labels and scores are equal."""
    _, result = nested(images, space, DecodingBench)
    decoders = [build(tried.settings) for tried in result.tried]
    times = {"separate": [], "nested": []}
    for _ in range(repeats):
        separate_s, found = separate(images, decoders)
        nested_s, result = nested(images, space, DecodingBench)
        times["separate"].append(separate_s)
        times["nested"].append(nested_s)
    labels = nested_labels(images, space)
    same_labels = all(
        [tried.digest for tried in row] == labels[decoder]
        for decoder, row in zip(decoders, found, strict=True)
    )
    same_scores = all(
        [each.aji for each in row] == tried.scores["aji"].tolist()
        for tried, row in zip(result.tried, found, strict=True)
    )
    separate_s, nested_s = min(times["separate"]), min(times["nested"])
    each = 1000 / (len(images) * len(decoders))
    print(
        f"{name:40} {len(decoders):3} {separate_s:9.2f} {nested_s:8.2f} "
        f"{separate_s * each:9.2f} {nested_s * each:8.2f} {separate_s / nested_s:6.1f}x  "
        f"{result.default.criterion:.3f} {result.honest.criterion:.3f} "
        f"{result.optimistic.criterion:.3f}"
        f"{'' if same_labels else '  LABELS DIFFER'}{'' if same_scores else '  SCORES DIFFER'}",
        flush=True,
    )
    return same_labels and same_scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA if DATA.exists() else None)
    parser.add_argument("--work", type=Path, default=Path("build/decode_search"))
    parser.add_argument("--images", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=12, help="of 20 steps; 1: hopeless maps")
    options = parser.parse_args()
    images = load_images(options.data, options.work, options.epochs)[: options.images]
    pixels = sum(image.labels.size for image in images) / 1e6
    print(f"{len(images)} images, {pixels:.1f} million pixels; CPU seconds of one thread")
    print(
        f"{'':40} {'N':>3} {'separate':>9} {'nested':>8} {'ms each':>9} {'ms each':>8} "
        f"{'ratio':>7}  AJI: default, honest, optimistic"
    )
    same = [compare(name, images, space, options.repeats) for name, space in MIXES.items()]
    sys.exit(0 if all(same) else 1)


if __name__ == "__main__":
    main()
