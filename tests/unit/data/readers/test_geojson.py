"""GeoJSON as QuPath exports it: outlines, holes, classes, objects, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

SIDE = 20


def box(x: float, y: float, side: float) -> list[list[float]]:
    return [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]


def feature(
    coordinates: Any, name: Any = None, kind: str | None = "annotation", shape: str = "Polygon"
) -> dict[str, Any]:
    """An object as QuPath 0.5 writes it."""
    properties: dict[str, Any] = {} if kind is None else {"objectType": kind}
    if name is not None:
        properties["classification"] = {"name": name, "color": [0, 200, 0]}
    geometry = {"type": shape, "coordinates": coordinates}
    return {"type": "Feature", "id": "f00", "geometry": geometry, "properties": properties}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def write(root: Path):
    """Writes an image with its GeoJSON."""

    def write_image(split: str, content: Any, name: str = "a", label: str = "{}.geojson") -> Path:
        for kind in ("images", "labels"):
            (root / split / kind).mkdir(parents=True, exist_ok=True)
        seed = sum(map(ord, split + name))
        pixels = np.random.default_rng(seed).integers(0, 255, (SIDE, SIDE + 4, 3), np.uint8)
        Image.fromarray(pixels).save(root / split / "images" / f"{name}.png")
        path = root / split / "labels" / label.format(name)
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text)
        return path

    return write_image


@pytest.fixture
def read_one(root: Path, write, read):
    """Prepares these objects as a validation image; a plain image is to train on."""

    def prepare_one(*features: dict[str, Any], **settings: Any):
        write("train", [feature([box(1, 1, 4)])])
        write("val", {"type": "FeatureCollection", "features": list(features)})
        return read("geojson", root, **settings)

    return prepare_one


def test_pixels_whose_centers_are_inside(read_one) -> None:
    labels = read_one(feature([box(2, 3, 5)]), feature([box(10.4, 3.6, 4)])).val.labels(0)
    assert labels[3:8, 2:7].all()
    assert int((labels == 1).sum()) == 25
    # Centers from 10.5 to 13.5 and from 4.5 to 7.5.
    assert (labels[4:8, 10:14] == 2).all()
    assert int((labels == 2).sum()) == 16


def test_holes_and_pieces(read_one) -> None:
    ring = feature([box(1, 1, 8), box(3, 3, 3)])
    pieces = feature([[box(12, 1, 3)], [box(12, 6, 4), box(13, 7, 1)]], shape="MultiPolygon")
    labels = read_one(ring, pieces).val.labels(0)
    assert int((labels == 1).sum()) == 64 - 9
    assert not labels[3:6, 3:6].any()
    assert int((labels == 2).sum()) == 9 + 15


def test_a_nucleus_in_the_hole_of_another(read_one) -> None:
    labels = read_one(feature([box(1, 1, 8), box(3, 3, 3)]), feature([box(3, 3, 3)])).val.labels(0)
    assert (labels[3:6, 3:6] == 2).all()
    assert int((labels == 1).sum()) == 55


def test_neighbours_share_no_pixel(read_one) -> None:
    data = read_one(feature([box(1, 1, 5.5)]), feature([box(6.5, 1, 5.5)]))
    assert not any("claimed" in line for line in data.summary().lines)


def test_what_lies_partly_outside_is_cut(read_one) -> None:
    labels = read_one(feature([box(-3, -3, 5)]), feature([box(22, 18, 9)])).val.labels(0)
    assert int((labels == 1).sum()) == 4
    assert int((labels == 2).sum()) == 4


def test_classes_become_types(read_one) -> None:
    objects = [
        feature([box(1, 1, 3)], "Tumor"),
        feature([box(6, 1, 3)], "Immune cells"),
        feature([box(11, 1, 3)]),
        feature([box(16, 1, 3)], "Unknown"),
    ]
    objects[1]["properties"]["classification"] = {"names": ["Immune cells"]}
    data = read_one(*objects)
    assert data.type_names == ("Immune_cells", "Tumor")
    assert data.val.types(0).tolist() == [[1, 2], [2, 1], [3, 0], [4, 0]]
    chosen = read_one(*objects, classes=["Tumor"])
    assert chosen.type_names == ("Tumor",)
    assert chosen.val.types(0).tolist() == [[1, 1], [2, 0], [3, 0], [4, 0]]
    assert chosen.fingerprint != data.fingerprint


def test_a_single_class_is_no_type(read_one) -> None:
    assert read_one(feature([box(1, 1, 3)], "Nucleus")).type_names == ()


def test_regions_beside_detections_are_no_nuclei(read_one) -> None:
    region = feature([box(0, 0, 19)], "Region")
    detection = feature([box(2, 2, 4)], "Nucleus", kind="detection")
    data = read_one(region, detection)
    assert int((data.val.labels(0) > 0).sum()) == 16
    assert any("1 objects that are no nuclei beside detections" in x for x in data.summary().lines)
    both = read_one(region, detection, objects=["annotation", "detection"])
    assert int((both.val.labels(0) > 0).sum()) == 361


def test_of_a_cell_the_nucleus_is_taken(read_one) -> None:
    cell = feature([box(2, 2, 9)], "Tumor", kind="cell")
    cell["nucleusGeometry"] = {"type": "Polygon", "coordinates": [box(4, 4, 3)]}
    assert int((read_one(cell).val.labels(0) > 0).sum()) == 9


def test_what_is_left_out_is_counted(read_one) -> None:
    data = read_one(
        feature([box(2, 2, 4)], "Tumor"),
        feature([3, 4], shape="Point"),
        feature([[1, 1], [5, 5]], shape="LineString"),
        feature([box(10, 2, 4)], "Ignore*"),
        feature([box(100, 2, 4)], "Tumor"),
        feature([box(3.6, 3.6, 0.3)], "Tumor"),
        {"type": "Feature", "geometry": None, "properties": None},
    )
    assert int((data.val.labels(0) > 0).sum()) == 16
    text = "\n".join(data.summary().lines)
    assert "val: 3 points and lines" in text
    assert "val: 1 objects of classes that are to be ignored" in text
    assert "val: 2 objects outside the image or smaller than a pixel" in text


@pytest.mark.parametrize("form", ["collection", "list", "single"])
def test_forms_of_a_file(form: str, root: Path, write, read) -> None:
    one = feature([box(2, 2, 4)], kind=None)
    content = {"collection": {"type": "FeatureCollection", "features": [one]}, "list": [one]}
    for split in ("train", "val"):
        write(split, content.get(form, one), label="{}.png.geojson")
    assert int(read("geojson", root).val.labels(0).sum()) == 16


def test_an_empty_image(read_one) -> None:
    assert not read_one().val.labels(0).any()


def test_images_and_outlines_in_one_folder(tmp_path: Path, read) -> None:
    for name in ("a", "b", "c"):
        seed = ord(name)
        pixels = np.random.default_rng(seed).integers(0, 255, (SIDE, SIDE), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{name}.tif")
        (tmp_path / f"{name}.geojson").write_text(json.dumps([feature([box(2, 2, 4)])]))
    data = read("geojson", tmp_path)
    assert (len(data.train), len(data.val)) == (2, 1)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is no JSON"),
        ("[{]", "is no JSON"),
        ({"type": "Topology"}, "is no GeoJSON of objects"),
        ([1], "object 0: is no feature"),
        ([feature("no")], "object 0: its geometry is 'Polygon'"),
        ([feature([box(1, 1, 2)]), feature([5])], "object 1: a ring is no list of points"),
        ([feature([[]])], "a ring is no list of points"),
        ([feature([[["a", 1]]])], "a ring is no list of points"),
        ([feature([[[1, 1], [2]]])], "a ring is no list of points"),
        ([feature([[[1e9, 1], [2, 2], [3, 1]]])], "ten million pixels away"),
        ([feature([], shape="Circle")], "its geometry is 'Circle'"),
    ],
)
def test_wrong_files(content, reason: str, root: Path, write, problems_of) -> None:
    write("train", [feature([box(1, 1, 4)])])
    path = write("val", content)
    found = problems_of("geojson", root)
    assert list(found) == [str(path)]
    assert reason in found[str(path)]


def test_geometries_in_geometries_without_end(root: Path, write, problems_of) -> None:
    write("train", [feature([box(1, 1, 4)])])
    start, end = '{"type": "GeometryCollection", "geometries": [', "]}"
    found = set()
    for depth in (480, 490, 5000):
        geometry = start * depth + '{"type": "Polygon", "coordinates": []}' + end * depth
        path = write("val", f'[{{"type": "Feature", "geometry": {geometry}}}]')
        found.add(problems_of("geojson", root)[str(path)].partition(" (")[0])
    assert found <= {"is no JSON", "object 0: its geometry is nested too deeply"}


def test_outlines_of_another_image(root: Path, write, problems_of) -> None:
    write("train", [feature([box(1, 1, 4)])])
    path = write("val", [feature([box(5000, 7000, 40)]), feature([box(5100, 7000, 40)])])
    reason = problems_of("geojson", root)[str(path)]
    assert reason.startswith(
        "all 2 objects lie outside the image 20x24 px (the first corner is x 5000"
    )


def test_missing_partners(root: Path, write, problems_of) -> None:
    write("train", [feature([box(1, 1, 4)])])
    write("val", [], name="a").unlink()
    (root / "val" / "images" / "b.png").write_bytes(b"")
    orphan = root / "val" / "labels" / "c.geojson"
    orphan.write_text("[]")
    found = problems_of("geojson", root)
    assert "no a.geojson in" in found[str(root / "val" / "images" / "a.png")]
    assert "no image of that name" in found[str(orphan)]
