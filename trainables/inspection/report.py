"""Looks at prepared data before anything is trained on them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sweeper.protocol import DataReport
from trainables.data import PreparedData
from trainables.decode_search.config import Thresholds
from trainables.inspection.findings import find_all
from trainables.inspection.measures import MEASURED_PX, measure_split
from trainables.inspection.remembered import remember
from trainables.inspection.subject import Subject
from trainables.inspection.table import build_table, sampled_lines

__all__ = ["inspect", "inspect_once"]

#: Raise it whenever the same data give another report.
_VERSION = 2


def inspect_once(
    data: PreparedData, cache_dir: Path, *, crop_px: int, decode: Thresholds
) -> DataReport:
    """`inspect`, or what it has found on the same data with the same settings before."""
    # Equal content may lie elsewhere, and its classes may be left out.
    settings = repr((crop_px, sorted(decode.values().items()), data.type_names, data.notes))
    digest = hashlib.sha256(settings.encode()).hexdigest()[:16]
    return remember(
        cache_dir / f"{data.fingerprint[:32]}-inspected-{digest}-v{_VERSION}.json",
        lambda: inspect(data, crop_px=crop_px, decode=decode),
    )


def inspect(
    data: PreparedData,
    *,
    crop_px: int,
    decode: Thresholds | None = None,
    measured_px: int = MEASURED_PX,
) -> DataReport:
    """Measures the data and says what is remarkable about them.

    Args:
        data: From any source.
        crop_px: Side of a training crop.
        decode: The decoding; None: the default one.
        measured_px: About how many pixels of each split are measured. Equal arguments measure the
            same images.

    Returns:
        The table of numbers, the findings, and on how many images they rest.
    """
    decode = decode or Thresholds()
    decoder = decode.build()
    splits = [
        measure_split(name, split, decoder=decoder, measured_px=measured_px)
        for name, split in (("train", data.train), ("val", data.val), ("test", data.test))
        if len(split)
    ]
    subject = Subject(
        splits=splits,
        facts=data.summary().facts,
        copies=data.copies,
        type_names=data.type_names,
        crop_px=crop_px,
        min_object_px=decode.min_object_px,
        decoder=decode.decoder,
    )
    return DataReport(
        lines=[*data.notes, *sampled_lines(splits)],
        parts=[split.name for split in splits],
        measures=build_table(subject),
        findings=find_all(subject),
    )
