"""What every variation keeps, for any label map: above all that HoVer vectors turn correctly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from trainables.augment import (
    AffineRange,
    ExactTransform,
    FlipLeftRight,
    FlipUpDown,
    QuarterTurns,
    Transpose,
    build_augmentation,
)
from trainables.data.config import SyntheticConfig
from trainables.data.synthetic import SyntheticSource
from trainables.decoding.hv_targets import hv_targets

EXACT: list[ExactTransform] = [
    FlipLeftRight(),
    FlipUpDown(),
    Transpose(),
    *(QuarterTurns(quarters) for quarters in (-1, 0, 1, 2, 3, 5)),
]

seeds = st.integers(0, 2**32 - 1)
label_maps = npst.arrays(
    np.int32,
    npst.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=14),
    elements=st.sampled_from([0, 0, 1, 2, 5, 900]),
)
square_maps = st.integers(1, 14).flatmap(
    lambda side: npst.arrays(np.int32, (side, side), elements=st.integers(0, 4))
)


@st.composite
def blob_maps(draw: st.DrawFn) -> np.ndarray:
    """Ellipses that overlap and are cut by the border, as nuclei are."""
    height, width = draw(st.integers(5, 40)), draw(st.integers(5, 40))
    rng = np.random.default_rng(draw(seeds))
    labels = np.zeros((height, width), np.int32)
    y, x = np.mgrid[:height, :width]
    for label in range(1, draw(st.integers(1, 8)) + 1):
        centre, axes = rng.uniform(0, [height, width]), rng.uniform(1, 9, 2)
        labels[((y - centre[0]) / axes[0]) ** 2 + ((x - centre[1]) / axes[1]) ** 2 < 1] = label
    return labels


@pytest.mark.parametrize("transform", EXACT, ids=str)
@given(labels=st.one_of(label_maps, blob_maps()))
@settings(deadline=None, max_examples=60)
def test_the_target_of_the_turned_is_the_turned_target(
    transform: ExactTransform, labels: np.ndarray
) -> None:
    turned = transform.labels(labels)
    assert np.array_equal(hv_targets(turned), transform.hv(hv_targets(labels)))
    assert np.array_equal(transform.image(labels[..., None])[..., 0], turned)


@pytest.mark.parametrize("transform", EXACT, ids=str)
def test_the_same_on_drawn_nuclei(transform: ExactTransform) -> None:
    labels = SyntheticSource(config=SyntheticConfig()).read("train", 3).labels
    assert np.array_equal(hv_targets(transform.labels(labels)), transform.hv(hv_targets(labels)))


def apply_all(transforms: list[ExactTransform], maps: np.ndarray) -> np.ndarray:
    for transform in transforms:
        maps = transform.hv(maps)
    return maps


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([QuarterTurns(1)] * 4, []),
        ([FlipLeftRight()] * 2, []),
        ([FlipUpDown()] * 2, []),
        ([Transpose()] * 2, []),
        ([QuarterTurns(3), QuarterTurns(2)], [QuarterTurns(1)]),
        ([QuarterTurns(1)], [QuarterTurns(-3)]),
        ([FlipLeftRight(), FlipUpDown()], [QuarterTurns(2)]),
        ([FlipUpDown(), FlipLeftRight()], [FlipLeftRight(), FlipUpDown()]),
        ([Transpose(), FlipUpDown()], [QuarterTurns(1)]),
        ([FlipLeftRight(), Transpose()], [QuarterTurns(1)]),
        ([QuarterTurns(1), FlipLeftRight()], [FlipLeftRight(), QuarterTurns(3)]),
    ],
    ids=str,
)
@given(labels=label_maps)
@settings(deadline=None, max_examples=25)
def test_composition_laws(
    one: list[ExactTransform], other: list[ExactTransform], labels: np.ndarray
) -> None:
    maps = hv_targets(labels)
    assert np.array_equal(apply_all(one, maps), apply_all(other, maps))
    images = [labels[..., None].astype(np.float32)] * 2
    maps_of_ids = [labels, labels]
    for side, transforms in enumerate((one, other)):
        for transform in transforms:
            images[side] = transform.image(images[side])
            maps_of_ids[side] = transform.labels(maps_of_ids[side])
    assert np.array_equal(*images)
    assert np.array_equal(*maps_of_ids)


@given(labels=square_maps, seed=seeds)
@settings(deadline=None, max_examples=100)
def test_a_warp_makes_up_no_id(labels: np.ndarray, seed: int) -> None:
    warps = AffineRange(angle_deg=180.0, smallest=0.5, largest=2.0, stretch=1.3)
    warped = warps.draw(np.random.default_rng(seed)).labels(labels)
    assert warped.dtype == labels.dtype
    assert warped.shape == labels.shape
    assert set(np.unique(warped)) <= {0, *np.unique(labels)}
    hv_targets(warped)


@pytest.mark.parametrize("preset", ["none", "some", "all"])
@pytest.mark.parametrize("channels", [1, 3])
@given(labels=square_maps, seed=seeds)
@settings(deadline=None, max_examples=40)
def test_a_variation_is_decided_by_the_generator_and_spares_its_input(
    preset: str, channels: int, labels: np.ndarray, seed: int
) -> None:
    image = np.random.default_rng(seed).random((*labels.shape, channels), np.float32)
    image.flags.writeable = labels.flags.writeable = False
    augmentation = build_augmentation(preset)
    one, other = (augmentation(image, labels, np.random.default_rng(seed)) for _ in range(2))
    assert np.array_equal(one[0], other[0])
    assert np.array_equal(one[1], other[1])
    assert (one[0].shape, one[0].dtype) == (image.shape, image.dtype)
    assert (one[1].shape, one[1].dtype) == (labels.shape, labels.dtype)
    assert np.isfinite(one[0]).all()
    assert all(array.flags.c_contiguous for array in one)


@given(labels=square_maps, seed=seeds)
@settings(deadline=None, max_examples=40)
def test_intensity_never_touches_labels(labels: np.ndarray, seed: int) -> None:
    change = build_augmentation("all").intensity
    assert change is not None
    rng = np.random.default_rng(seed)
    image = labels[..., None].astype(np.float32)
    assert change.apply(image, rng).shape == image.shape
    assert np.array_equal(image[..., 0], labels)
