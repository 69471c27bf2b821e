"""Writes small data sets in the layouts that they are published or exported in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
import tifffile
from PIL import Image
from pycocotools import mask as coco_mask
from pydantic import TypeAdapter
from skimage.measure import find_contours

from sweeper.protocol import DataError
from trainables.data import DataConfig, PreparedData, prepare


@dataclass(frozen=True)
class Cell:
    """An image with what belongs to it."""

    name: str
    image: np.ndarray
    labels: np.ndarray
    types: Mapping[int, int] = field(default_factory=dict)


Splits = Mapping[str, Sequence[Cell]]


@dataclass(frozen=True)
class Writers:
    """Writes splits of cells below a folder; each method is a layout."""

    def cell(self, name: str, image: np.ndarray, labels: np.ndarray) -> Cell:
        """A cell with types by its ids."""
        ids = np.unique(labels[labels > 0]).tolist()
        return Cell(name, image, labels, {label: label % 5 + 1 for label in ids})

    def folder(self, root: Path, splits: Splits) -> None:
        for split, cells in splits.items():
            for cell in cells:
                write_png(root / split / "images" / f"{cell.name}.png", cell.image)
                labels = cell.labels.astype(np.uint16)
                write_png(root / split / "labels" / f"{cell.name}.png", labels)

    def pannuke(self, root: Path, splits: Splits) -> None:
        """As downloaded: float64 throughout, background in channel 5."""
        for fold, cells in enumerate(splits.values(), start=1):
            images = np.stack([as_rgb(cell.image) for cell in cells]).astype(np.float64)
            masks = np.zeros((*images.shape[:3], 6))
            for mask, cell in zip(masks, cells, strict=True):
                for label in np.unique(cell.labels[cell.labels > 0]):
                    channel = cell.types.get(int(label), 1) - 1
                    mask[..., channel][cell.labels == label] = label
                mask[..., 5] = cell.labels == 0
            place = root / f"Fold {fold}"
            save(place / "images" / f"fold{fold}" / "images.npy", images)
            save(place / "masks" / f"fold{fold}" / "masks.npy", masks)
            tissues = np.array(["Breast" if i % 2 else "Colon" for i in range(len(cells))])
            save(place / "images" / f"fold{fold}" / "types.npy", tissues)

    def consep(self, root: Path, splits: Splits) -> None:
        """`Train/Images`, `Train/Labels`; ids as doubles, one type a nucleus in their order."""
        for split, cells in splits.items():
            for cell in cells:
                write_png(root / split.title() / "Images" / f"{cell.name}.png", cell.image)
                ids = np.unique(cell.labels[cell.labels > 0])
                types = np.array([cell.types.get(int(label), 0) for label in ids], np.float64)
                path = root / split.title() / "Labels" / f"{cell.name}.mat"
                path.parent.mkdir(parents=True, exist_ok=True)
                content = {
                    "inst_map": cell.labels.astype(np.float64),
                    "inst_type": types.reshape(-1, 1),
                    "inst_centroid": np.zeros((len(ids), 2)),
                }
                scipy.io.savemat(path, content)

    def coco(self, root: Path, splits: Splits) -> None:
        """`annotations/instances_train.json` and `train/`; run lengths of both kinds in turn."""
        for split, cells in splits.items():
            content: dict[str, Any] = {
                "info": {},
                "images": [],
                "annotations": [],
                "categories": [{"id": 10 * i, "name": f"kind {i}"} for i in range(1, 6)],
            }
            for number, cell in enumerate(cells):
                write_png(root / split / f"{cell.name}.png", cell.image)
                height, width = cell.labels.shape
                content["images"].append(
                    {
                        "id": number,
                        "file_name": f"{cell.name}.png",
                        "height": height,
                        "width": width,
                    }
                )
                for label in np.unique(cell.labels[cell.labels > 0]).tolist():
                    content["annotations"].append(
                        {
                            "id": len(content["annotations"]) + 1,
                            "image_id": number,
                            "category_id": 10 * cell.types.get(label, 1),
                            "iscrowd": 0,
                            "segmentation": run_lengths(
                                cell.labels == label, is_compressed=label % 2 == 1
                            ),
                        }
                    )
            write_json(root / "annotations" / f"instances_{split}.json", content)

    def geojson(self, root: Path, splits: Splits) -> None:
        """`train/images/*.png` with `train/annotations/*.geojson`, as QuPath exports detections."""
        for split, cells in splits.items():
            for cell in cells:
                write_png(root / split / "images" / f"{cell.name}.png", cell.image)
                features = [
                    {
                        "type": "Feature",
                        "id": f"{cell.name}-{label}",
                        "geometry": outline(cell.labels == label),
                        "properties": {
                            "objectType": "detection",
                            "classification": {
                                "name": f"kind {cell.types.get(label, 1)}",
                                "color": [200, 0, 0],
                            },
                        },
                    }
                    for label in np.unique(cell.labels[cell.labels > 0]).tolist()
                ]
                content = {"type": "FeatureCollection", "features": features}
                write_json(root / split / "annotations" / f"{cell.name}.geojson", content)

    def tiff_stack(self, root: Path, splits: Splits) -> None:
        """`train/images.tif` with `train/labels.tif`; pages may differ in size."""
        for split, cells in splits.items():
            (root / split).mkdir(parents=True)
            for kind in ("images", "labels"):
                with tifffile.TiffWriter(root / split / f"{kind}.tif") as file:
                    for cell in cells:
                        is_label = kind == "labels"
                        page = cell.labels.astype(np.uint32) if is_label else cell.image
                        file.write(page, contiguous=False, photometric=None)


def write_png(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def write_json(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def save(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, array)


def as_rgb(image: np.ndarray) -> np.ndarray:
    return image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)


def run_lengths(mask: np.ndarray, *, is_compressed: bool) -> dict[str, Any]:
    """A mask as COCO has it: runs down the columns, as a list or compressed."""
    height, width = mask.shape
    if is_compressed:
        encoded = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
        return {"size": [height, width], "counts": encoded["counts"].decode("ascii")}
    down = np.concatenate([[False], mask.T.reshape(-1), [False]])
    changes = np.flatnonzero(down[1:] != down[:-1])
    counts = np.diff(np.concatenate([[0], changes, [height * width]]))
    return {"size": [height, width], "counts": counts.tolist()}


def outline(mask: np.ndarray) -> dict[str, Any]:
    """A polygon with holes, or one for each piece, that holds the centers of the pixels alone."""
    contours = find_contours(np.pad(mask, 1).astype(float), 0.5, fully_connected="high")
    rings = [(contour[:, ::-1] - 0.5).tolist() for contour in contours]
    # Outer contours run the other way round than holes.
    outer = [ring for ring in rings if signed_area(ring) > 0]
    holes = [ring for ring in rings if signed_area(ring) <= 0]
    if len(outer) == 1:
        return {"type": "Polygon", "coordinates": [*outer, *holes]}
    assert not holes
    return {"type": "MultiPolygon", "coordinates": [[ring] for ring in outer]}


def signed_area(ring: Sequence[Sequence[float]]) -> float:
    x, y = np.array(ring).T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


@pytest.fixture
def writers() -> Writers:
    return Writers()


@pytest.fixture
def make_cell() -> Callable[..., Cell]:
    """Draws rectangles with gaps, ids and types of your choice, on noise."""

    def make(name: str, num_nuclei: int = 3, side: int = 32, *, colour: bool = True) -> Cell:
        rng = np.random.default_rng(sum(map(ord, name)))
        labels = np.zeros((side, side + 8), np.int32)
        for index in range(num_nuclei):
            row, column = divmod(index, 4)
            labels[8 * row + 1 : 8 * row + 6, 9 * column + 2 : 9 * column + 8] = 3 * index + 1
        image = rng.integers(0, 255, (*labels.shape, *((3,) if colour else ())), np.uint8)
        types = {3 * index + 1: index % 5 + 1 for index in range(num_nuclei)}
        return Cell(name, image, labels, types)

    return make


@pytest.fixture
def splits(make_cell: Callable[..., Cell]) -> Splits:
    """Three images to train on, one of them empty, two for validation, one for the test."""
    return {
        "train": [make_cell("a_0"), make_cell("a_1", 0), make_cell("b_2", 9)],
        "val": [make_cell("c_3", 5), make_cell("c_4", 2)],
        "test": [make_cell("d_5", 4)],
    }


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., PreparedData]:
    """Prepares data from settings, as a space file has them."""

    def prepare_from(source: str, path: Path, **settings: Any) -> PreparedData:
        given = {"source": source, "path": str(path), **settings}
        return prepare(TypeAdapter(DataConfig).validate_python(given), tmp_path / "cache")

    return prepare_from


@pytest.fixture
def problems_of(read: Callable[..., PreparedData]) -> Callable[..., dict[str, str]]:
    """What is wrong with data: reason by place."""

    def fail(source: str, path: Path, **settings: Any) -> dict[str, str]:
        with pytest.raises(DataError) as raised:
            read(source, path, **settings)
        return {problem.where: problem.reason for problem in raised.value.problems}

    return fail
