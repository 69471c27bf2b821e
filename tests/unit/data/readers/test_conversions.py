"""The same cells in every layout are the same data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from trainables.data.image_file import read_image, read_labels

LAYOUTS = ("pannuke", "consep", "coco", "geojson", "tiff_stack")


def relabel(labels: np.ndarray) -> np.ndarray:
    """Ids in the order of their first pixels, so that numbering does not matter."""
    _, first, places = np.unique(labels, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(np.where(labels.flat[first] == 0, -1, first)))
    return order[places].reshape(labels.shape)


def paint(labels: np.ndarray, kinds: Mapping[int, int]) -> np.ndarray:
    """The type of each pixel."""
    kind = np.zeros(int(labels.max()) + 1, int)
    kind[list(kinds)] = list(kinds.values())
    return kind[labels]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_data(layout, splits, writers, read, tmp_path: Path) -> None:
    writers.folder(tmp_path / "folder", splits)
    getattr(writers, layout)(tmp_path / layout, splits)
    folder, other = (read(name, tmp_path / name) for name in ("folder", layout))
    assert other.channels == 3
    for split, cells in splits.items():
        expected, found = (getattr(data, split) for data in (folder, other))
        assert len(found) == len(cells)
        for index, cell in enumerate(cells):
            assert np.array_equal(found.image(index), expected.image(index))
            assert np.array_equal(relabel(found.labels(index)), relabel(cell.labels))
            if layout != "tiff_stack":
                kinds = dict(found.types(index).tolist())
                of_pixel = paint(found.labels(index), kinds)
                assert np.array_equal(of_pixel, paint(cell.labels, cell.types))
    assert len(other.type_names) == {"tiff_stack": 0, "consep": 7}.get(layout, 5)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_place_does_not_matter_but_content_does(
    layout, splits, writers, make_cell, read, tmp_path: Path
) -> None:
    for place in ("here", "there"):
        getattr(writers, layout)(tmp_path / place / "data", splits)
    changed = {**splits, "val": [splits["val"][0], make_cell("c_4", 3)]}
    getattr(writers, layout)(tmp_path / "changed", changed)
    first, second = (read(layout, tmp_path / place / "data") for place in ("here", "there"))
    assert first.fingerprint == second.fingerprint
    assert read(layout, tmp_path / "changed").fingerprint != first.fingerprint


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("name", "count"), [("histology2d", 4), ("nuclei2d", 4)])
def test_real_nuclei_survive_every_layout(
    layout, name: str, count: int, writers, read, shared_dir: Path, tmp_path: Path
) -> None:
    """Labels of the folder source and of the layout are equal, pixel by pixel."""
    folder = shared_dir / "data" / name / "val"
    paths = sorted((folder / "images").glob("*.png"))
    sizes = {path: read_labels(folder / "labels" / path.name).shape for path in paths}
    usual = Counter(sizes.values()).most_common(1)[0][0]
    chosen = [path for path in paths if sizes[path] == usual][: 2 * count]
    cells = [
        writers.cell(
            path.stem,
            np.squeeze(read_image(path)),
            read_labels(folder / "labels" / path.name),
        )
        for path in chosen
    ]
    splits = {"train": cells[:count], "val": cells[count:]}
    writers.folder(tmp_path / "folder", splits)
    getattr(writers, layout)(tmp_path / layout, splits)
    expected, found = (read(kind, tmp_path / kind) for kind in ("folder", layout))
    for split in ("train", "val"):
        one, other = getattr(expected, split), getattr(found, split)
        for index in range(count):
            assert np.array_equal(other.image(index), one.image(index))
            assert np.array_equal(relabel(other.labels(index)), relabel(one.labels(index)))
            assert int((other.labels(index) > 0).sum()) > 100
