"""Decoders that read the probability alone."""

import numpy as np
import pytest

from trainables.decoding import DecodingBench, MaskComponents, MaskWatershed
from trainables.decoding.islands import Islands
from trainables.decoding.peaks import Peaks
from trainables.metrics import aji


def disks(*centres_and_radii, shape=(40, 60)):
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    labels = np.zeros(shape, dtype=np.int32)
    for label, (row, col, radius) in enumerate(centres_and_radii, start=1):
        labels[((rows - row) ** 2 + (cols - col) ** 2 <= radius**2) & (labels == 0)] = label
    return labels


@pytest.fixture
def pair():
    """Two nuclei that touch, one alone, one of five pixels."""
    return disks((20, 14, 9), (20, 31, 9), (8, 50, 6), (35, 50, 1))


def outputs_of(labels):
    return {"np": (labels > 0).astype(np.float32)}


def test_components_do_not_part_what_touches(pair):
    found = MaskComponents().decode(outputs_of(pair))
    assert (found.dtype, found.max()) == (np.int32, 2)
    assert np.array_equal(found > 0, (pair > 0) & (pair != 4))
    assert MaskComponents(min_object_px=5).decode(outputs_of(pair)).max() == 3


def test_components_at_corners_are_two():
    found = MaskComponents(min_object_px=0).decode({"np": np.eye(3)})
    assert found.tolist() == [[1, 0, 0], [0, 2, 0], [0, 0, 3]]


def test_the_watershed_cuts_at_the_waist(pair):
    found = MaskWatershed().decode(outputs_of(pair))
    assert (found.dtype, found.max()) == (np.int32, 3)
    assert aji(np.where(pair == 4, 0, pair), found) > 0.97


def test_deeper_passes_are_asked_for_and_fewer_cuts_made(pair):
    counts = [
        MaskWatershed(seed_depth_px=depth).decode(outputs_of(pair)).max() for depth in (0, 1, 3, 99)
    ]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 2


def test_a_nucleus_at_the_border_of_the_image_is_whole():
    assert MaskWatershed().decode(outputs_of(disks((0, 20, 9), (30, 59, 8)))).max() == 2


@pytest.mark.parametrize("decoder", [MaskWatershed(), MaskComponents()])
@pytest.mark.parametrize("value", [0.0, 0.49, np.nan])
def test_nothing_in_the_mask_gives_no_nuclei(decoder, value):
    found = decoder.decode({"np": np.full((8, 9), value)})
    assert (found.shape, found.dtype, found.any()) == ((8, 9), np.int32, False)


@pytest.mark.parametrize("decoder", [MaskWatershed(), MaskComponents()])
def test_input_is_not_written_to(pair, decoder):
    outputs = outputs_of(pair)
    outputs["np"].setflags(write=False)
    decoder.decode(outputs)
    with pytest.raises(ValueError, match=r"np must have shape \(H, W\)"):
        decoder.decode({"np": np.ones((2, 3, 4))})


def test_hopeless_masks_are_cut_and_it_is_told():
    noise = {"np": np.random.default_rng(0).random((128, 128)) + 0.2}
    settings = {"smooth_px": 0, "seed_depth_px": 0, "min_object_px": 0}
    free = DecodingBench(noise).decode(MaskWatershed(**settings))
    cut = DecodingBench(noise).decode(MaskWatershed(**settings, max_markers=5))
    assert free.labels.max() > 1000
    assert (free.is_cut, cut.is_cut) == (False, True)
    components = MaskComponents(min_object_px=0).decode(noise).max()
    assert cut.labels.max() <= components + 5
    assert np.array_equal(cut.labels > 0, free.labels > 0)


def test_basins_become_one_across_shallow_passes_first():
    # Peaks 5, 3, 4 with passes at 2 (depth 1, below 3) and 1 (depth 3, below 4).
    heights = np.array([[5, 2, 3, 1, 4]], dtype=float)
    islands = Islands.from_mask(heights > 0, 4)
    sheet = np.zeros(islands.ids.size)
    sheet[islands.spots] = heights.ravel()
    peaks = Peaks.from_heights(islands, sheet.reshape(islands.ids.shape))

    def count(depth):
        return np.unique(peaks.basins_of_depth(depth).ravel()[islands.spots]).size

    assert sorted(peaks.depths.tolist()) == [1, 3]
    assert [count(depth) for depth in (0, 1, 1.01, 3, 3.01)] == [3, 3, 2, 2, 1]


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (MaskComponents, {"np_threshold": 1.1}),
        (MaskComponents, {"min_object_px": -1}),
        (MaskWatershed, {"np_threshold": -0.1}),
        (MaskWatershed, {"smooth_px": -1}),
        (MaskWatershed, {"seed_depth_px": float("nan")}),
        (MaskWatershed, {"max_markers": 0}),
    ],
)
def test_settings_out_of_range_are_refused(kind, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        kind(**wrong)
