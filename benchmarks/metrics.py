"""Scores of instance segmentations: values and milliseconds, ours against the peers on PyPI.

    python -m pip install --no-deps --target build/peers -r benchmarks/peers.txt    # once
    python benchmarks/metrics.py [--cases 256 1000 51]

Generated label maps and predictions of them with missed, cut, glued and shifted objects. Peers that
are not there are said so and skipped. Each side gets the arrays that it wants before the clock
starts, one thread, and three images in turn, so that no branch predictor learns them by heart; a
peer that takes longer than two seconds gets one image once. The median is told.

Where a peer can be asked for our definition it is:

* scikit-image's adapted Rand error is our variant `skimage` (its precision and recall come back
  swapped); the default of ours, as in SNEMI3D and CREMI, is another number.
* MONAI adds 1e-6 to the number of objects: it is asked for 1e-12 instead.
* stardist counts an IoU at the threshold too: both are asked for a threshold just above.
* torchmetrics wants classes: objects are one, the background is another.

Exits with 1 if values differ: by 1e-9, or by 1e-6 where the peer computes in single precision.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from label_maps import CASES, perturbed, scattered
from skimage.metrics import adapted_rand_error, variation_of_information

import trainables.metrics as ours
from trainables.metrics import OverlapTable

Values = Mapping[str, float]

PEERS_DIR = Path(__file__).resolve().parents[1] / "build" / "peers"
INSTALL = "python -m pip install --no-deps --target build/peers -r benchmarks/peers.txt"
SLOW_MS = 2000
ENOUGH_MS = 1500
ABOVE_HALF = 0.5 + 1e-6
IMAGES = 3


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A score that somebody else computes too: on what, how, and how exactly."""

    name: str
    score: str
    compute: Callable[..., Values]
    ours: Callable[..., Values]
    prepare: Callable = np.asarray
    tolerance: float = 1e-9
    max_ndim: int = 3
    why_not_more: str = ""


def everything(true, pred) -> Values:
    """All scores from one table."""
    table = OverlapTable.from_labels(true, pred)
    quality, rand = table.panoptic_quality(), table.adapted_rand_error()
    information = table.variation_of_information()
    found = {f"f1 at {at}": table.detection(at).f1 for at in (0.3, 0.5, 0.7, 0.9)}
    return {
        "aji": table.aji(),
        "aji+": table.aji_plus(),
        "dice": table.dice(),
        "pq": quality.pq,
        "are": rand.error,
        "voi split": information.split,
        "voi merge": information.merge,
        "count error": table.count_error(),
        **found,
    }


def our_rand(true, pred) -> Values:
    rand = ours.adapted_rand_error(true, pred, "skimage")
    return {"error": rand.error, "precision": rand.precision, "recall": rand.recall}


def their_rand(true, pred) -> Values:
    error, recall, precision = adapted_rand_error(true, pred)
    return {"error": error, "precision": precision, "recall": recall}


def our_information(true, pred) -> Values:
    found = ours.variation_of_information(true, pred)
    return {"split": found.split, "merge": found.merge}


def their_information(true, pred) -> Values:
    split, merge = variation_of_information(true, pred, ignore_labels=(0,))
    return {"split": split, "merge": merge}


def our_quality(true, pred) -> Values:
    quality = ours.panoptic_quality(true, pred)
    return {"pq": quality.pq, "sq": quality.sq, "dq": quality.dq}


def our_pq(true, pred) -> Values:
    return {"pq": ours.panoptic_quality(true, pred).pq}


def our_detection(true, pred) -> Values:
    found = ours.detection(true, pred, ABOVE_HALF)
    return {"precision": found.precision, "recall": found.recall, "f1": found.f1}


def skimage_peers() -> list[Peer]:
    rand = Peer(name="scikit-image", score="ARE", compute=their_rand, ours=our_rand)
    information = Peer(
        name="scikit-image", score="VOI", compute=their_information, ours=our_information
    )
    return [rand, information]


def stardist_peers() -> list[Peer]:
    from stardist.matching import matching

    def compute(true, pred) -> Values:
        found = matching(true, pred, thresh=ABOVE_HALF)
        return {"precision": found.precision, "recall": found.recall, "f1": found.f1}

    return [Peer(name="stardist", score="F1", compute=compute, ours=our_detection, tolerance=1e-6)]


def torchmetrics_peers() -> list[Peer]:
    import torch
    from torchmetrics.functional.detection import panoptic_quality

    def prepare(labels):
        ids = torch.from_numpy(labels.astype(np.int64)).reshape(1, -1)
        return torch.stack([(ids > 0).long(), ids], dim=-1)

    def compute(true, pred) -> Values:
        found = panoptic_quality(
            pred, true, things={1}, stuffs={0}, return_per_class=True, return_sq_and_rq=True
        )
        return dict(zip(("pq", "sq", "dq"), found[0].tolist(), strict=True))

    torchmetrics = Peer(
        name="torchmetrics",
        score="PQ",
        compute=compute,
        ours=our_quality,
        prepare=prepare,
        tolerance=1e-6,
    )
    return [torchmetrics]


def monai_peers() -> list[Peer]:
    import torch
    from monai.metrics.panoptic_quality import compute_panoptic_quality

    def compute(true, pred) -> Values:
        return {"pq": float(compute_panoptic_quality(pred, true, smooth_numerator=1e-12))}

    monai = Peer(
        name="MONAI",
        score="PQ",
        compute=compute,
        ours=our_pq,
        prepare=torch.from_numpy,
        tolerance=1e-6,
        max_ndim=2,
        why_not_more="it keeps an int32 mask of the whole volume per object, 200 GB here",
    )
    return [monai]


def find_peers() -> list[Peer]:
    sys.path.append(str(PEERS_DIR))
    import torch

    torch.set_num_threads(1)
    peers = []
    for find in (skimage_peers, stardist_peers, torchmetrics_peers, monai_peers):
        try:
            peers += find()
        except ImportError as error:
            print(f"{find.__name__.removesuffix('_peers')} is skipped: {error}; {INSTALL}")
    return peers


def median_ms(compute: Callable[..., Values], pairs: list) -> tuple[float, list[Values]]:
    """The median, and the values of the images that were asked for."""
    values, times_ms = [], []
    for pair in pairs:  # also warms up what compiles itself
        started_s = time.perf_counter()
        values.append(compute(*pair))
        took_ms = 1000 * (time.perf_counter() - started_s)
        if took_ms > SLOW_MS:
            return took_ms, values
    for pair in itertools.cycle(pairs):
        started_s = time.perf_counter()
        compute(*pair)
        times_ms.append(1000 * (time.perf_counter() - started_s))
        if sum(times_ms) > ENOUGH_MS and len(times_ms) >= len(pairs):
            return statistics.median(times_ms), values
    raise AssertionError


def compare(peer: Peer, pairs: list, all_ms: float) -> bool:
    """Prints one row; whether the values agree."""
    if pairs[0][0].ndim > peer.max_ndim:
        print(f"  {peer.score:<4} {peer.name:<13} skipped: {peer.why_not_more}", flush=True)
        return True
    our_ms, found = median_ms(peer.ours, pairs)
    prepared = [tuple(peer.prepare(labels) for labels in pair) for pair in pairs]
    their_ms, expected = median_ms(peer.compute, prepared)
    gap = max(
        abs(found[index][name] - theirs[name])
        for index, theirs in enumerate(expected)
        for name in theirs
    )
    is_equal = gap <= peer.tolerance
    shown = ", ".join(f"{name} {value:.4f}" for name, value in found[0].items())
    print(
        f"  {peer.score:<4} {peer.name:<13} {their_ms:10.2f} ms   ours alone {our_ms:7.2f} ms, "
        f"{their_ms / our_ms:6.0f}x   everything {their_ms / all_ms:6.0f}x   "
        f"{'equal' if is_equal else f'DIFFERS by {gap:.2g}'} ({shown})",
        flush=True,
    )
    return is_equal


def run_case(name: str, peers: list[Peer]) -> bool:
    shape, num_objects = CASES[name]
    rng = np.random.default_rng(0)
    pairs = []
    for _ in range(IMAGES):
        true = scattered(shape, num_objects, rng)
        pairs.append((true, perturbed(true, rng)))
    all_ms, values = median_ms(everything, pairs)
    shown = ", ".join(f"{key} {value:.3f}" for key, value in values[0].items())
    print(f"{name}: everything from one table {all_ms:.2f} ms\n  ({shown})", flush=True)
    agree = [compare(peer, pairs, all_ms) for peer in peers]
    return all(agree)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    starts = [name.split("^")[0].split(" ")[0] for name in CASES]
    parser.add_argument("--cases", nargs="+", choices=starts, default=starts)
    chosen = parser.parse_args().cases
    peers = find_peers()
    agree = [
        run_case(name, peers) for name, start in zip(CASES, starts, strict=True) if start in chosen
    ]
    sys.exit(not all(agree))


if __name__ == "__main__":
    main()
