"""Drawn nuclei: exact labels, a real challenge, the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from trainables.data.config import SyntheticConfig
from trainables.data.facts import SplitTally, find_touching
from trainables.data.synthetic import SyntheticSource
from trainables.metrics import aji

LOOKS = ["fluorescence", "tissue", "mixed"]


@pytest.fixture(scope="module")
def val_labels() -> list[np.ndarray]:
    source = SyntheticSource(config=SyntheticConfig())
    return [source.read("val", index).labels for index in range(len(source.names("val")))]


@pytest.mark.parametrize(
    ("look", "channels"), [("fluorescence", (1, 1)), ("tissue", (3, 3)), ("mixed", (1, 3))]
)
def test_shapes_and_types(look: str, channels: tuple[int, int]) -> None:
    source = SyntheticSource(config=SyntheticConfig(look=look, size_px=80))
    for index in range(2):
        sample = source.read("train", index)
        assert sample.image.shape == (80, 80, channels[index])
        assert (sample.image.dtype, sample.labels.dtype) == (np.uint8, np.int32)
        assert sample.labels.shape == (80, 80)


@pytest.mark.parametrize("look", LOOKS)
def test_an_image_depends_on_its_own_seed_split_and_index(look: str) -> None:
    few = SyntheticSource(config=SyntheticConfig(look=look, num_train=2, size_px=64))
    many = SyntheticSource(config=SyntheticConfig(look=look, num_train=9, size_px=64))
    other = SyntheticSource(config=SyntheticConfig(look=look, seed=1, size_px=64))
    image = few.read("train", 1).image
    assert np.array_equal(image, many.read("train", 1).image)
    for different in (few.read("val", 1), few.read("train", 3), other.read("train", 1)):
        assert not np.array_equal(image, different.image)
    assert len({source.fingerprint() for source in (few, many, other)}) == 3


def test_each_nucleus_is_in_one_piece_and_numbered_from_1(val_labels: list[np.ndarray]) -> None:
    for labels in val_labels:
        assert np.array_equal(np.unique(labels)[1:], np.arange(1, labels.max() + 1))
        for label in range(1, labels.max() + 1):
            assert ndimage.label(labels == label)[1] == 1


def test_connected_components_glue_the_nuclei(val_labels: list[np.ndarray]) -> None:
    scores = [aji(labels, ndimage.label(labels > 0)[0]) for labels in val_labels if labels.any()]
    assert 0.2 < np.mean(scores) < 0.5
    assert max(scores) < 0.75
    touching = [len(find_touching(labels)) / labels.max() for labels in val_labels if labels.any()]
    assert np.mean(touching) > 0.5


def test_some_images_are_empty_and_borders_cut_nuclei(val_labels: list[np.ndarray]) -> None:
    tally = SplitTally()
    for labels in val_labels:
        tally.add(labels)
    facts = tally.facts()
    assert facts.empty_images == 1
    assert 0.1 < facts.foreground_px / facts.pixels < 0.35
    assert 10.0 < facts.median_diameter_px < 22.0
    assert sum(len(np.unique(labels[0])) > 1 for labels in val_labels) > 12


@pytest.mark.parametrize(("look", "sign"), [("fluorescence", 1), ("tissue", -1)])
def test_nuclei_stand_out(look: str, sign: int) -> None:
    source = SyntheticSource(config=SyntheticConfig(look=look))
    for index in range(4):
        sample = source.read("train", index)
        red = sample.image[..., 0].astype(float)
        inside, outside = red[sample.labels > 0], red[sample.labels == 0]
        assert sign * (inside.mean() - outside.mean()) > outside.std()


def test_the_splits_are_named() -> None:
    source = SyntheticSource(config=SyntheticConfig(num_train=2, num_val=1, num_test=0))
    assert source.names("train") == ["train_000", "train_001"]
    assert source.names("test") == []
    assert source.notes() == ["built-in images, drawn from seed 0: fluorescence"]


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("kinds", [2, 3])
def test_kinds_change_the_look_of_nuclei_and_no_label(look: str, kinds: int) -> None:
    plain = SyntheticSource(config=SyntheticConfig(look=look))
    typed = SyntheticSource(config=SyntheticConfig(look=look, kinds=kinds))
    assert plain.type_names == ()
    assert typed.type_names == ("solid", "hollow", "speckled")[:kinds]
    assert typed.notes()[0].endswith(f", {kinds} kinds of nuclei")
    assert plain.fingerprint() != typed.fingerprint()
    before, after = (source.read("train", 0) for source in (plain, typed))
    assert np.array_equal(before.labels, after.labels)
    assert not before.types
    assert set(after.types) == set(range(1, int(after.labels.max()) + 1))
    assert not np.array_equal(before.image[after.labels > 0], after.image[after.labels > 0])
    assert typed.read("train", 16).types == {}  # an image without nuclei


@pytest.mark.parametrize(("look", "sign"), [("fluorescence", 1), ("tissue", -1)])
def test_each_kind_looks_as_its_name_says(look: str, sign: int) -> None:
    source = SyntheticSource(config=SyntheticConfig(look=look, kinds=3))
    bulge: dict[int, list[float]] = {1: [], 2: [], 3: []}
    grain: dict[int, list[float]] = {1: [], 2: [], 3: []}
    for index in range(6):
        sample = source.read("train", index)
        signal = sign * sample.image[..., 0].astype(float)
        depth = ndimage.distance_transform_edt(sample.labels > 0)
        for label, kind in sample.types.items():
            inside = sample.labels == label
            middle, rim = inside & (depth > 4.5), inside & (depth > 1.5) & (depth < 4.5)
            if middle.sum() < 20:
                continue
            bulge[kind].append((signal[middle].mean() - signal[rim].mean()) / signal[inside].std())
            grain[kind].append(signal[middle].std())
    counts = [len(values) for values in bulge.values()]
    assert counts == sorted(counts, reverse=True)
    # Hollow nuclei are fainter in the middle, solid ones not; speckled ones vary most.
    assert np.median(bulge[2]) < -0.5 < np.median(bulge[1])
    assert np.median(grain[3]) > 1.5 * np.median(grain[1])


def test_crowding_leaves_fewer_nuclei_and_the_default_changes_nothing() -> None:
    usual = SyntheticSource(config=SyntheticConfig())
    sparse = SyntheticSource(config=SyntheticConfig(crowding=0.1))
    shares = [
        np.mean([(source.read("train", index).labels > 0).mean() for index in range(8)])
        for source in (usual, sparse)
    ]
    assert 0.15 < shares[0] < 0.35
    assert 0.01 < shares[1] < 0.05
    assert sparse.notes()[0].endswith(", 0.1 of the usual nuclei")
    assert usual.fingerprint() != sparse.fingerprint()
    explicit = SyntheticSource(config=SyntheticConfig(crowding=1.0))
    assert explicit.fingerprint() == usual.fingerprint()
