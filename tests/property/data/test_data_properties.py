"""What holds for any image: crops show what is there, normalisation is bounded."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from trainables.data import SyntheticConfig, crop
from trainables.data.facts import SplitTally, find_touching
from trainables.data.normalise import normalise
from trainables.data.synthetic import SyntheticSource

seeds = st.integers(0, 2**32 - 1)


@given(height=st.integers(1, 20), width=st.integers(1, 20), size=st.integers(1, 24), seed=seeds)
@settings(deadline=None, max_examples=150)
def test_a_crop_shows_one_piece_of_the_image_and_nothing_else(
    height: int, width: int, size: int, seed: int
) -> None:
    labels = np.arange(1, height * width + 1, dtype=np.int32).reshape(height, width)
    image = np.stack([labels, -labels], axis=-1).astype(np.float32)
    cut_image, cut_labels = crop(image, labels, size, np.random.default_rng(seed))
    assert cut_image.shape == (size, size, 2)
    assert cut_labels.shape == (size, size)
    assert np.array_equal(cut_image, np.stack([cut_labels, -cut_labels], axis=-1))
    rows, cols = np.nonzero(cut_labels)
    assert len(rows) == min(size, height) * min(size, width)
    shown = cut_labels[rows, cols] - 1
    row_shift, col_shift = np.unique(shown // width - rows), np.unique(shown % width - cols)
    assert len(row_shift) == len(col_shift) == 1


@given(
    image=npst.arrays(
        st.sampled_from([np.uint8, np.uint16, np.float32]),
        npst.array_shapes(min_dims=3, max_dims=3, max_side=9),
        elements=st.integers(0, 255),
    )
)
@settings(deadline=None, max_examples=150)
def test_normalised_images_are_bounded_finite_and_keep_their_order(image: np.ndarray) -> None:
    scaled = normalise(image)
    assert scaled.shape == image.shape
    assert scaled.dtype == np.float32
    assert scaled.min() >= -1.0
    assert scaled.max() <= 4.0
    order = np.argsort(image.ravel(), kind="stable")
    assert (np.diff(scaled.ravel()[order]) >= 0).all()


@given(labels=npst.arrays(np.int32, (7, 9), elements=st.sampled_from([0, 0, 1, 2, 40])))
@settings(deadline=None, max_examples=100)
def test_facts_do_not_depend_on_orientation_or_ids(labels: np.ndarray) -> None:
    def count(label_map: np.ndarray) -> dict[str, float]:
        tally = SplitTally()
        tally.add(label_map)
        return dict(tally.facts().numbers())

    assert count(labels) == count(labels[:, ::-1]) == count(labels.T) == count(labels * 3)
    assert set(find_touching(labels)) <= set(np.unique(labels[labels > 0]))


@given(seed=seeds, index=st.integers(0, 40), look=st.sampled_from(["fluorescence", "tissue"]))
@settings(deadline=None, max_examples=12)
def test_any_seed_draws_a_usable_image(seed: int, index: int, look: str) -> None:
    config = SyntheticConfig(look=look, seed=seed, size_px=64)
    sample = SyntheticSource(config=config).read("train", index)
    assert np.array_equal(np.unique(sample.labels), np.arange(sample.labels.max() + 1))
    assert np.ptp(sample.image) > 0
