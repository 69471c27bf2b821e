"""Computes the features that are not on disk yet, one process at a time."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from filelock import Timeout

from sweeper.protocol import UserError
from trainables.data import Split
from trainables.tokens.encoder import TokenEncoder
from trainables.tokens.feature_files import NUM_ORIENTATIONS, FeatureFiles, Kind, write_whole
from trainables.tokens.features import encode_array, turned

__all__ = ["Wanted", "fill", "is_filled"]

_log = logging.getLogger(__name__)

_SECONDS_BETWEEN_NOTES: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Images whose features are wanted.

    Attributes:
        split: The images.
        digests: Their hashes.
        kinds: As they are, or also in all flips and quarter turns.
    """

    split: Split
    digests: tuple[str, ...]
    kinds: tuple[Kind, ...]


@dataclass(frozen=True, slots=True)
class _Job:
    split: Split
    item: int
    digest: str
    kind: Kind


def is_filled(files: FeatureFiles, wanted: Wanted) -> bool:
    """Whether all of them are there, whole."""
    return next(_missing(files, wanted), None) is None


def fill(files: FeatureFiles, wanted: Wanted, encoder: Callable[[], TokenEncoder]) -> int:
    """Computes what is missing; waits for another process that is at it.

    An image is written as soon as it is computed: who is killed and begins again goes on from
    there.

    Args:
        files: Where to.
        wanted: Of which images.
        encoder: Gives the encoder; not asked for if nothing is missing.

    Returns:
        How many files were written.

    Raises:
        UserError: The folder can't be written.
    """
    if is_filled(files, wanted):
        return 0
    lock = files.lock()
    try:
        files.folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            _log.info("waiting for another process that computes features")
            lock.acquire()
        try:
            return _fill_locked(files, wanted, encoder)
        finally:
            lock.release()
    except OSError as error:
        raise UserError(
            f"can't keep features in {files.folder}: {error.strerror or error}",
            hint="free some space there, or set model.cache to false or model.precision to float16",
        ) from error


def _fill_locked(files: FeatureFiles, wanted: Wanted, encoder: Callable[[], TokenEncoder]) -> int:
    files.remove_torn()
    jobs = list(_missing(files, wanted))
    if not jobs:
        return 0
    write_whole(files.folder / "encoder.json", json.dumps(files.about, indent=2).encode())
    start = noted = time.perf_counter()
    _log.info("computing the features of %d images with %s", len(jobs), files.about["encoder"])
    loaded = encoder()
    for done, job in enumerate(jobs, start=1):
        orientations = range(1) if job.kind == "upright" else range(1, NUM_ORIENTATIONS)
        image = job.split.image(job.item)
        features = [encode_array(loaded, turned(image, number)) for number in orientations]
        files.write(job.digest, job.kind, features)
        now = time.perf_counter()
        if now - noted > _SECONDS_BETWEEN_NOTES:
            noted, left_s = now, (now - start) / done * (len(jobs) - done)
            _log.info("features: %d of %d files, about %.0f s left", done, len(jobs), left_s)
    _log.info("features: %d files in %.1f s", len(jobs), time.perf_counter() - start)
    return len(jobs)


def _missing(files: FeatureFiles, wanted: Wanted) -> Iterator[_Job]:
    seen: set[tuple[str, Kind]] = set()
    for item, digest in enumerate(wanted.digests):
        for kind in wanted.kinds:
            if (digest, kind) in seen:
                continue
            seen.add((digest, kind))
            if not files.has(digest, kind, wanted.split.labels(item).shape):
                yield _Job(wanted.split, item, digest, kind)
