"""GeoJSON outlines beside images, as QuPath exports them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sweeper.protocol import DataError, Problem
from trainables.data.digests import Digests
from trainables.data.image_file import UnusableFileError
from trainables.data.readers.geojson_objects import GeoObject, read_objects
from trainables.data.readers.item import Found
from trainables.data.readers.outlines import fill_rings
from trainables.data.readers.painting import paint
from trainables.data.readers.pair_reading import read_pair
from trainables.data.readers.pairs import Pair, find_pairs
from trainables.data.readers.settings import ReaderConfig
from trainables.data.source import Sample

__all__ = ["LAYOUT", "GeoJSONConfig", "find_geojson"]

LAYOUT = (
    "expected are train/ and val/ (test/ if you like), each with images/ (PNG, TIFF, ...) and "
    "labels/ or annotations/ (.geojson) of the same stems"
)
_UNKNOWN = "unknown"
_SHAPELESS = "points and lines, left out"
_IGNORED = "objects of classes that are to be ignored (`Ignore*`), left out"
_OTHERS = "objects that are no nuclei beside detections (regions), left out"
_OUTSIDE = "objects outside the image or smaller than a pixel, left out"


class GeoJSONConfig(ReaderConfig):
    """Polygons in GeoJSON as QuPath exports them: `images/a.png` with `labels/a.geojson`.

    A file is a FeatureCollection or a list of features; an object is a Polygon with holes or a
    MultiPolygon, in pixels from the upper left corner of its image; of a cell the nucleus is taken.
    A pixel belongs to the object that its center is in; where objects overlap, the smaller one gets
    it. Objects of classes that end in `*` (QuPath's `Ignore*`, `Region*`) are left out.

    Attributes:
        path: The folder that holds `train/`, `val/` and perhaps `test/`, each with `images/` and
            `labels/` (or `annotations/`); or one with images and labels for all.
        objects: Which of QuPath's objects are nuclei: `annotation`, `detection`, `cell`. None: if a
            file has detections or cells, its annotations are regions and left out.
        classes: Classes that are types 1, 2, ..., others are unknown. None: all that there are, by
            alphabet; a single one is no type.
    """

    source: Literal["geojson"]
    objects: list[Literal["annotation", "detection", "cell", "tile"]] | None = Field(
        default=None, min_length=1
    )
    classes: list[str] | None = None


def find_geojson(config: GeoJSONConfig, digests: Digests) -> Found:
    """Finds images and their GeoJSON; mistakes are in the result's `problems`."""
    problems: list[Problem] = []
    pairs = find_pairs(config.path, (".geojson", ".json"), LAYOUT, problems)

    @cache
    def type_names() -> Sequence[str]:
        return _find_classes(config, pairs) if config.classes is None else config.classes

    return Found(
        items=[
            pair.item(config.path, digests, partial(_read, pair, config, type_names))
            for pair in pairs
        ],
        problems=problems,
        notes=[f"images with GeoJSON outlines from {config.path}"],
        settings={"objects": config.objects, "classes": config.classes},
        type_names=type_names,
    )


def _find_classes(config: GeoJSONConfig, pairs: Sequence[Pair]) -> Sequence[str]:
    """All classes of nuclei, by alphabet; none if there is just one."""
    names: set[str] = set()
    for pair in pairs:
        try:
            nuclei, _ = _choose(read_objects(pair.label_path), config)
        except UnusableFileError:
            continue  # reading it for its labels will say why
        names |= {one.name for one in nuclei if one.name and one.name.lower() != _UNKNOWN}
    return sorted(names) if len(names) > 1 else ()


def _choose(
    objects: Sequence[GeoObject], config: GeoJSONConfig
) -> tuple[list[GeoObject], dict[str, int]]:
    """The nuclei among the objects, and how many of which others there are."""
    shaped = [one for one in objects if one.polygons]
    wanted = [one for one in shaped if not (one.name or "").endswith("*")]
    kinds = config.objects
    if kinds is None and any(one.kind in ("detection", "cell") for one in wanted):
        kinds = ["detection", "cell"]
    nuclei = [one for one in wanted if kinds is None or one.kind in kinds]
    counts = {
        _SHAPELESS: len(objects) - len(shaped),
        _IGNORED: len(shaped) - len(wanted),
        _OTHERS: len(wanted) - len(nuclei),
    }
    return nuclei, counts


def _read(pair: Pair, config: GeoJSONConfig, type_names: Callable[[], Sequence[str]]) -> Sample:
    image, objects = read_pair(pair, read_objects)
    height, width = image.shape[:2]
    nuclei, counts = _choose(objects, config)
    instances = [_fill(one, height, width) for one in nuclei]
    counts[_OUTSIDE] = sum(not len(pixels) for pixels in instances)
    if nuclei and counts[_OUTSIDE] == len(nuclei):
        corner = np.min([ring.min(axis=0) for one in nuclei for ring in one.polygons[0]], axis=0)
        reason = (
            f"all {len(nuclei)} objects lie outside the image {height}x{width} px (the first "
            f"corner is x {corner[0]:g}, y {corner[1]:g}); coordinates must be pixels of this image"
        )
        raise DataError([Problem(where=str(pair.label_path), reason=reason)])
    places = {name: place for place, name in enumerate(type_names(), start=1)}
    types = [places.get(one.name or "", 0) for one in nuclei]
    painted = paint((height, width), instances, types)
    return Sample(
        image=image,
        labels=painted.labels,
        types=painted.types,
        remarks={**painted.remarks, **{words: count for words, count in counts.items() if count}},
    )


def _fill(one: GeoObject, height: int, width: int) -> NDArray[np.int64]:
    parts = [fill_rings(polygon, height, width) for polygon in one.polygons]
    return parts[0] if len(parts) == 1 else np.unique(np.concatenate(parts))
