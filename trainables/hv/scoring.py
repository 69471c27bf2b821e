"""Scores a trained HoVer network on whole images, an image at a time: bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from sweeper.protocol import NetworkScores, ScoringRequest, SplitScores, UserError
from trainables.ahead import map_ahead
from trainables.data import Split
from trainables.decoding import Decoder, hv_targets
from trainables.hv.score_names import NAMES, NOTE, SWAPPED, headline_of, told_in_short
from trainables.losses import HVStatistics
from trainables.metrics import OverlapTable, compute_parts, scores_of_parts
from trainables.metrics.instance_scores import compute_scores
from trainables.metrics.type_scores import count_types
from trainables.scoring import (
    INTERVAL,
    MAP_NAMES,
    ImageRecord,
    draw_mistakes,
    estimate_split,
    find_fates,
    judge,
    map_level,
    worst_images,
)
from trainables.scoring.classes import class_parts, class_scores, scores_of_class_sums
from trainables.scoring.maps import scores_of_map_sums

__all__ = ["SplitImages", "score_network"]

_WORST_BY = "aji"
_MAX_WORKERS = 4
_LEVELLED = ("hv_magnitude", "hv_magnitude_aligned")
Maps = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Predicted:
    item: int
    outputs: Maps


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitImages:
    """The images of a split, and the network over them.

    Attributes:
        split: The images.
        predict: What a decoder takes, of an image by its index: `np` (H, W) in [0, 1] and `hv`
            (2, H, W).
    """

    split: Split
    predict: Callable[[int], Maps]


def score_network(
    images: Mapping[str, SplitImages],
    decoder: Decoder,
    request: ScoringRequest,
    *,
    threads: int,
) -> NetworkScores:
    """Scores a network, see `BaseTrainable.score_network`.

    Args:
        images: By what the split is called.
        decoder: Decodes all images alike.
        request: What is drawn, and who is told.
        threads: Decode beside the network.

    Raises:
        UserError: None of the splits has images.
    """
    wanted = {name: each for name, each in images.items() if len(each.split) > 0}
    if not wanted:
        raise UserError(f"there are no images in {' and '.join(images)}")
    progress = _Progress(request.progress, sum(len(one.split) for one in wanted.values()))
    splits = [
        _score_split(name, each, decoder, request, progress, workers=_workers(threads))
        for name, each in wanted.items()
    ]
    return NetworkScores(
        splits=splits,
        headline=headline_of(splits),
        names=NAMES,
        worst_by=_WORST_BY,
        interval=INTERVAL,
        judgement=judge(splits),
        notes=[NOTE, *_unknown_classes(wanted)],
    )


def _unknown_classes(images: Mapping[str, SplitImages]) -> Iterator[str]:
    """Says where the classes of the network are none of those of the nuclei."""
    for name, each in images.items():
        if each.split.type_names and not _has_known_types(each.split):
            known = ", ".join(each.split.type_names)
            yield (
                f"no {name} nucleus is of a class that the network tells apart ({known}): classes "
                "are not scored there"
            )


def _has_known_types(split: Split) -> bool:
    return any((split.types(item)[:, 1] > 0).any() for item in range(len(split)))


class _Progress:
    def __init__(self, tell: Callable[[int, int], None], total: int) -> None:
        self._tell = tell
        self._total = total
        self._done = 0

    def advance(self) -> None:
        self._done += 1
        self._tell(self._done, self._total)


def _workers(threads: int) -> int:
    return min(_MAX_WORKERS, threads) if threads > 1 else 0


def _score_split(
    name: str,
    images: SplitImages,
    decoder: Decoder,
    request: ScoringRequest,
    progress: _Progress,
    *,
    workers: int,
) -> SplitScores:
    split = images.split
    classes = split.type_names if _has_known_types(split) else ()
    records = []
    for record in map_ahead(
        lambda image: _record(split, image, decoder, classes), _predictions(images), workers
    ):
        records.append(record)
        progress.advance()
    worst = worst_images(records, _WORST_BY, request.num_worst)
    digits = len(str(len(worst)))
    pictures = {}
    for rank, item in enumerate(worst, start=1):
        file = f"worst_{name}_{rank:0{digits}}_{_file_name(split.names[item])}.png"
        _draw(images, decoder, item, records[item], request.folder / file)
        pictures[item] = file
    return estimate_split(name, records, _pooled, levels=_levels, pictures=pictures)


def _predictions(images: SplitImages) -> Iterator[_Predicted]:
    for item in range(len(images.split)):
        yield _Predicted(item=item, outputs=images.predict(item))


def _record(
    split: Split, image: _Predicted, decoder: Decoder, classes: Sequence[str]
) -> ImageRecord:
    labels = split.labels(image.item)
    target = hv_targets(labels)
    found = decoder.decode(image.outputs)
    table = OverlapTable.from_labels(labels, found)
    statistics = HVStatistics.from_maps(
        torch.from_numpy(np.array(image.outputs["hv"])),
        torch.from_numpy(target),
        torch.from_numpy((labels > 0)[None]),
    )
    maps = {name: value for name, value in statistics.as_metrics().items() if name in MAP_NAMES}
    truth = {"np": (labels > 0).astype(np.float32), "hv": target}
    swapped = {
        name: _swapped_aji(labels, image.outputs, truth, heads, decoder)
        for name, heads in SWAPPED.items()
    }
    of_classes: dict[str, float] = {}
    parts = {**compute_parts(table), **asdict(statistics)}
    if classes and "nt" in image.outputs:
        counts = count_types(labels, split.types(image.item), found, image.outputs["nt"])
        of_classes = class_scores(counts, classes)
        parts |= class_parts(counts, classes)
    return ImageRecord(
        name=split.names[image.item],
        scores={**maps, **compute_scores(table), **swapped, **of_classes},
        parts=parts,
        facts=find_fates(table).counts(),
    )


def _swapped_aji(
    labels: NDArray[np.int32], outputs: Maps, truth: Maps, heads: Sequence[str], decoder: Decoder
) -> float:
    """The AJI if some of the outputs were right."""
    mixed = {**outputs, **{head: truth[head] for head in heads}}
    return OverlapTable.from_labels(labels, decoder.decode(mixed)).aji()


def _pooled(sums: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    return {**scores_of_map_sums(sums), **scores_of_parts(sums), **scores_of_class_sums(sums)}


def _levels(scores: Mapping[str, float]) -> dict[str, str]:
    return {name: map_level(scores[name]) for name in _LEVELLED if name in scores}


def _draw(
    images: SplitImages, decoder: Decoder, item: int, record: ImageRecord, file: Path
) -> None:
    split = images.split
    labels, found = split.labels(item), decoder.decode(images.predict(item))
    fates = find_fates(OverlapTable.from_labels(labels, found))
    title = f"{record.name}: {told_in_short(record.scores)}"
    Image.fromarray(draw_mistakes(split.image(item), labels, found, fates, title)).save(file)


def _file_name(name: str) -> str:
    """A sample's name as part of a file's."""
    return "".join(char if char.isalnum() or char in "-_." else "_" for char in name)[-80:]
