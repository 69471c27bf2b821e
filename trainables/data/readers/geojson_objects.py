"""Reads GeoJSON as QuPath exports it: objects with outlines, holes and classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainables.data.image_file import UnusableFileError
from trainables.data.readers.coco_file import read_json

__all__ = ["GeoObject", "Polygon", "read_objects"]

#: Rings (x, y) in pixels: the outer one and its holes.
Polygon = Sequence[NDArray[np.float64]]

_FARTHEST_PX = 1e7


@dataclass(frozen=True, slots=True, kw_only=True)
class GeoObject:
    """An object of a GeoJSON file.

    Attributes:
        kind: `annotation`, `detection`, `cell`, ...; QuPath's `objectType`, `annotation` without.
        name: Its class; None if it is not classified.
        polygons: Its outline, of the nucleus if it is a cell with one; empty for points and lines.
    """

    kind: str
    name: str | None
    polygons: Sequence[Polygon]


def read_objects(path: Path) -> Sequence[GeoObject]:
    """Reads a FeatureCollection, a list of features, or a single one.

    Raises:
        UnusableFileError: It is no GeoJSON; says which object is wrong.
    """
    content = read_json(path)
    match content:
        case {"type": "FeatureCollection", "features": [*features]}:
            pass
        case [*features]:
            pass
        case {"type": "Feature"}:
            features = [content]
        case _:
            raise UnusableFileError(
                "is no GeoJSON of objects: expected is a FeatureCollection or a list of features"
            )
    found = []
    for place, feature in enumerate(features):
        try:
            found.append(_read_feature(feature))
        except RecursionError as error:
            raise UnusableFileError(f"object {place}: its geometry is nested too deeply") from error
        except UnusableFileError as error:
            raise UnusableFileError(f"object {place}: {error}") from error
    return found


def _read_feature(feature: Any) -> GeoObject:
    if not isinstance(feature, dict) or "geometry" not in feature:
        raise UnusableFileError("is no feature with a geometry")
    properties = feature.get("properties") or {}
    if not isinstance(properties, dict):
        raise UnusableFileError("its properties are no mapping")
    kind = properties.get("objectType") or properties.get("object_type") or "annotation"
    # QuPath writes the nucleus of a cell beside the cell's own outline.
    nucleus = feature.get("nucleusGeometry") or properties.get("nucleusGeometry")
    return GeoObject(
        kind=str(kind).lower().removeprefix("path").removesuffix("object"),
        name=_class_name(properties.get("classification")),
        polygons=_polygons(nucleus or feature["geometry"]),
    )


def _class_name(classification: Any) -> str | None:
    match classification:
        case {"name": str(name)} | str(name):
            return name.strip() or None
        case {"names": [*names]}:
            return ": ".join(map(str, names)) or None
        case _:
            return None


def _polygons(geometry: Any) -> Sequence[Polygon]:
    match geometry:
        case {"type": "Polygon", "coordinates": [*rings]}:
            return [_read_rings(rings)] if rings else []
        case {"type": "MultiPolygon", "coordinates": [*polygons]}:
            return [_read_rings(rings) for rings in polygons if rings]
        case {"type": "GeometryCollection", "geometries": [*parts]}:
            return [polygon for part in parts for polygon in _polygons(part)]
        case None | {"type": "Point" | "MultiPoint" | "LineString" | "MultiLineString"}:
            return []
        case _:
            kind = geometry.get("type") if isinstance(geometry, Mapping) else geometry
            raise UnusableFileError(f"its geometry is {kind!r}; Polygon and MultiPolygon are read")


def _read_rings(rings: Any) -> Polygon:
    if not isinstance(rings, list):
        raise UnusableFileError("its coordinates are no list of rings")
    return [_read_ring(ring) for ring in rings]


def _read_ring(ring: Any) -> NDArray[np.float64]:
    try:
        points = np.array([point[:2] for point in ring], np.float64)
    except (TypeError, ValueError, IndexError, KeyError) as error:
        raise UnusableFileError("a ring is no list of points [x, y]") from error
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise UnusableFileError("a ring is no list of points [x, y]")
    if np.abs(points).max() > _FARTHEST_PX:
        raise UnusableFileError("a point lies ten million pixels away; coordinates must be pixels")
    return points
