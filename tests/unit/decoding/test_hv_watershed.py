"""Decoding of maps whose nuclei are known."""

import numpy as np
import pytest
from scipy import ndimage

from trainables.decoding import HVWatershed, hv_targets
from trainables.metrics import aji


def perfect(labels):
    return {"np": (labels > 0).astype(np.float32), "hv": hv_targets(labels)}


def same_regions(one, other):
    pairs = {(int(a), int(b)) for a, b in zip(one.ravel(), other.ravel(), strict=True)}
    return len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


def disks(*centres_and_radii, shape=(48, 64)):
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    labels = np.zeros(shape, dtype=np.int32)
    for label, (row, col, radius) in enumerate(centres_and_radii, start=1):
        labels[((rows - row) ** 2 + (cols - col) ** 2 <= radius**2) & (labels == 0)] = label
    return labels


@pytest.fixture
def clump():
    """A large and two small nuclei that touch, one at the border, one alone, one tiny."""
    return disks((22, 20, 12), (22, 37, 6), (36, 25, 5), (0, 50, 7), (40, 52, 6), (20, 58, 2))


def test_touching_nuclei_are_told_apart(clump):
    labels = HVWatershed().decode(perfect(clump))
    assert labels.dtype == np.int32
    assert np.unique(labels).tolist() == list(range(7))
    # A few pixels where two round nuclei touch may fall to either.
    assert aji(clump, labels) > 0.99


def test_squares_side_by_side_are_cut_exactly():
    labels = np.zeros((20, 40), dtype=np.int32)
    labels[4:16, 4:16], labels[4:16, 16:30] = 1, 2
    assert same_regions(HVWatershed().decode(perfect(labels)), labels)


@pytest.mark.parametrize("factor", [1e-6, 0.001, 0.3, 7.0, 1e5])
def test_the_scale_of_the_maps_does_not_matter(clump, factor):
    outputs = perfect(clump)
    noise = np.random.default_rng(3).normal(0, 0.2, outputs["hv"].shape)
    maps = (outputs["hv"] + noise).astype(np.float32)
    scaled = (maps * np.float32(factor)).astype(np.float32)
    expected = HVWatershed().decode({"np": outputs["np"], "hv": maps})
    found = HVWatershed().decode({"np": outputs["np"], "hv": scaled})
    assert np.array_equal(found, expected)


def test_whatever_is_outside_the_mask_does_not_matter(clump):
    outputs = perfect(clump)
    junk = np.random.default_rng(0).normal(0, 50, outputs["hv"].shape)
    maps = np.where(clump > 0, outputs["hv"], junk)
    found = HVWatershed().decode({"np": outputs["np"], "hv": maps})
    assert np.array_equal(found, HVWatershed().decode(outputs))


def test_input_is_not_written_to(clump):
    outputs = perfect(clump)
    before = {name: array.copy() for name, array in outputs.items()}
    for array in outputs.values():
        array.setflags(write=False)
    HVWatershed(opening_px=3).decode(outputs)
    assert all(np.array_equal(outputs[name], before[name]) for name in outputs)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_maps_that_say_nothing_leave_the_components_whole(clump, value):
    mask = (clump > 0).astype(np.float32)
    found = HVWatershed().decode({"np": mask, "hv": np.full((2, *mask.shape), value)})
    assert np.array_equal(found > 0, clump > 0)
    # The clump of three, and three that stand alone.
    assert found.max() == 4


def test_a_component_without_a_marker_is_not_lost(clump):
    decoder = HVWatershed(min_marker_px=60)
    found = decoder.decode(perfect(clump))
    assert np.array_equal(found > 0, clump > 0)
    alone = clump == 6
    assert len(np.unique(found[alone])) == 1
    assert (found == found[alone][0]).sum() == alone.sum()


@pytest.mark.parametrize("value", [0.0, 0.49, np.nan])
def test_nothing_in_the_mask_gives_no_nuclei(value):
    found = HVWatershed().decode({"np": np.full((8, 9), value), "hv": np.ones((2, 8, 9))})
    assert (found.shape, found.dtype, found.any()) == ((8, 9), np.int32, False)


def test_thresholds_of_the_mask(clump):
    outputs = perfect(clump)
    probability = np.where(clump == 5, 0.6, outputs["np"])
    found = HVWatershed(np_threshold=0.6).decode({**outputs, "np": probability})
    assert (found.max(), aji(clump, found) > 0.99) == (6, True)
    found = HVWatershed(np_threshold=0.61).decode({**outputs, "np": probability})
    assert not found[clump == 5].any()
    found = HVWatershed(min_object_px=int((clump == 6).sum()) + 1).decode(outputs)
    assert not found[clump == 6].any()
    assert found.max() == 5


def test_hopeless_maps_give_no_more_nuclei_than_markers_are_allowed():
    maps = np.random.default_rng(1).normal(size=(2, 96, 96))
    outputs = {"np": np.ones((96, 96)), "hv": maps}
    assert HVWatershed(min_marker_px=1).decode(outputs).max() > 100
    found = HVWatershed(min_marker_px=1, max_markers=7).decode(outputs)
    assert found.max() == 7
    assert (found > 0).all()


def test_the_largest_markers_are_kept(clump):
    found = HVWatershed(max_markers=1).decode(perfect(clump))
    assert np.array_equal(found > 0, clump > 0)
    assert found.max() == 4


def test_opening_drops_thin_bridges_between_markers():
    rises = np.zeros((30, 60), dtype=bool)
    rises[5:25, 5:25], rises[5:25, 35:55], rises[12:18, 25:35] = True, True, True
    rows, cols = np.mgrid[:30, :60].astype(float)
    # Level, so that it is no marker, but where it rises.
    maps = np.where(rises, [cols, rows], 0)
    outputs = {"np": np.ones((30, 60)), "hv": maps}
    settings = {"sobel_px": 3, "marker_threshold": 0.49, "min_marker_px": 50}
    assert HVWatershed(**settings).decode(outputs).max() == 1
    assert HVWatershed(**settings, opening_px=8).decode(outputs).max() == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"np_threshold": 1.5},
        {"marker_threshold": -0.1},
        {"sobel_px": 8},
        {"sobel_px": 1},
        {"opening_px": -1},
        {"min_object_px": -1},
        {"min_marker_px": -1},
        {"max_markers": 0},
    ],
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        HVWatershed(**wrong)


@pytest.mark.parametrize("shape", [(2, 8, 8), (3, 8, 9), (8, 9)])
def test_shapes_that_do_not_belong_together_are_refused(shape):
    with pytest.raises(ValueError, match=r"np must have shape \(H, W\) and hv \(2, H, W\)"):
        HVWatershed().decode({"np": np.ones((8, 9)), "hv": np.ones(shape)})


@pytest.mark.parametrize("damage", ["noise", "blur", "shrunk and shifted"])
def test_damaged_maps_still_give_the_nuclei(clump, damage):
    outputs = perfect(clump)
    rng = np.random.default_rng(5)
    match damage:
        case "noise":
            maps = outputs["hv"] + rng.normal(0, 0.1, outputs["hv"].shape)
        case "blur":
            maps = ndimage.gaussian_filter(outputs["hv"], (0, 1, 1))
        case _:
            maps = 0.02 * outputs["hv"] + 0.003
    assert aji(clump, HVWatershed().decode({**outputs, "hv": maps})) > 0.9
