"""A crop's image, labels and features show the same place, whichever way it is turned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from trainables.augment import build_augmentation
from trainables.tokens.features import LiveFeatures, turned
from trainables.tokens.views import EncodedCropViews, TokenViews


def views_of(split: Any, encoder: Any, *, flips: bool) -> TokenViews:
    source = LiveFeatures(split, lambda: encoder)
    return TokenViews(split, source, grid_px=encoder.grid_px, flips=flips)


@pytest.mark.parametrize("flips", [False, True])
@pytest.mark.parametrize("nuclei_frac", [0.0, 1.0])
@pytest.mark.parametrize("shape", [(64, 96), (80, 40), (16, 24), (128, 128)])
def test_features_show_the_crop(
    places: Any, averaging: Any, shape: Any, nuclei_frac: float, *, flips: bool
) -> None:
    views = views_of(places(shape), averaging(), flips=flips)
    rng = np.random.default_rng(1)
    for _ in range(20):
        crop = views.crop(0, 32, nuclei_frac, rng)
        view = crop.view
        assert view.image.shape == (1, 3, 32, 32)
        # An averaging encoder says what is in each square, and 0 beyond the image.
        assert view.features is not None
        torch.testing.assert_close(view.features, functional.avg_pool2d(view.image, 8))
        if nuclei_frac:
            assert crop.labels.any()


def test_crops_reach_every_pixel(places: Any, averaging: Any) -> None:
    split = places((45, 37))
    views = views_of(split, averaging(), flips=False)
    rng, seen = np.random.default_rng(0), set()
    for _ in range(200):
        image = views.crop(0, 16, 0.0, rng).view.image[0]
        inside = image[2] > 0
        rows, columns = ((image[at][inside] * 512).round().int().tolist() for at in (0, 1))
        seen |= set(zip(rows, columns, strict=True))
    assert seen == {(row, column) for row in range(45) for column in range(37)}


def test_labels_turn_with_the_image(places: Any, averaging: Any) -> None:
    split = places((48, 48))
    truth = {
        (round(float(r * 512)), round(float(c * 512))): int(label)
        for (r, c, _), label in zip(
            split.image(0).reshape(-1, 3), split.labels(0).ravel(), strict=True
        )
    }
    views, rng, corners = views_of(split, averaging(), flips=True), np.random.default_rng(2), set()
    for _ in range(60):
        crop = views.crop(0, 48, 1.0, rng)
        rows, columns = (crop.view.image[0, :2] * 512).round().int().numpy()
        found = [truth[at] for at in zip(rows.ravel(), columns.ravel(), strict=True)]
        assert found == crop.labels.ravel().tolist()
        corners.add((rows[0, 0], columns[0, 0], rows[0, 1]))
    assert len(corners) == 8


def test_equal_seeds_give_equal_crops(places: Any, averaging: Any) -> None:
    views = views_of(places((64, 96)), averaging(), flips=True)
    one, other = (views.crop(0, 32, 0.5, np.random.default_rng(3)) for _ in range(2))
    assert torch.equal(one.view.image, other.view.image)
    assert torch.equal(one.view.features, other.view.features)


def test_the_eight_orientations_differ() -> None:
    array = np.arange(6).reshape(2, 3)
    views = [turned(array, number) for number in range(8)]
    assert len({(view.shape, view.tobytes()) for view in views}) == 8
    assert np.array_equal(turned(array, 0), array)


def test_whole_images_come_with_their_grid(places: Any, averaging: Any) -> None:
    view = views_of(places((50, 33)), averaging(), flips=True).whole(0)
    assert view.image.shape == (1, 3, 50, 33)
    assert view.features is not None
    assert view.features.shape == (1, 3, 7, 5)
    assert view.grid_px == 8


def test_crops_may_be_encoded_after_any_augmentation(places: Any, averaging: Any) -> None:
    encoder = averaging()
    views = EncodedCropViews(
        views_of(places((64, 64)), encoder, flips=False), build_augmentation("all"), lambda: encoder
    )
    crop = views.crop(0, 32, 1.0, np.random.default_rng(0))
    assert crop.view.features is not None
    torch.testing.assert_close(crop.view.features, encoder.encode(crop.view.image))
    # They go into a network that is trained.
    (crop.view.features * torch.ones(1, requires_grad=True)).sum().backward()
