"""Walks on maps whose ends are known."""

import numpy as np
import pytest
from scipy import ndimage

from trainables.decoding import DecodingBench, HVFlow, hv_targets
from trainables.decoding.islands import Islands
from trainables.decoding.meeting import find_basins
from trainables.decoding.vectors import vectors_of_mask
from trainables.decoding.walking import Walkers
from trainables.metrics import aji


def perfect(labels):
    return {"np": (labels > 0).astype(np.float32), "hv": hv_targets(labels)}


def disks(*centres_and_radii, shape=(48, 64)):
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    labels = np.zeros(shape, dtype=np.int32)
    for label, (row, col, radius) in enumerate(centres_and_radii, start=1):
        labels[((rows - row) ** 2 + (cols - col) ** 2 <= radius**2) & (labels == 0)] = label
    return labels


def row_ends(values, mask=None, *, steps, step_px):
    """Where the pixels of a single row of the horizontal map end, as columns."""
    row = np.array([values], dtype=float)
    islands = Islands.from_mask(np.ones_like(row, dtype=bool) if mask is None else mask, 4)
    vectors = np.stack([row.ravel(), np.zeros(row.size)])[:, islands.pixels]
    ends = Walkers(islands, vectors, step_px).after(steps)
    return (islands.pixels + ends - islands.spots).tolist()


@pytest.fixture
def clump():
    """A large and two small nuclei that touch, one at the border, one alone, one tiny."""
    return disks((22, 20, 12), (22, 37, 6), (36, 25, 5), (0, 50, 7), (40, 52, 6), (20, 58, 2))


@pytest.mark.parametrize(
    ("values", "steps", "ends"),
    [
        # Typical vectors are 1 long: a pixel a step, against the vector.
        ([-1, -1, 1, 1], 0, [0, 1, 2, 3]),
        ([-1] * 5 + [1] * 5, 4, [4, 5, 4, 5, 4, 5, 4, 5, 4, 5]),
        # Steps are rounded up to four legs of one.
        ([-1] * 5 + [1] * 5, 1, [4, 5, 4, 5, 4, 5, 4, 5, 4, 5]),
        # Here they are 6/7 long, and the middle holds whoever arrives.
        ([-1, -1, -1, 0, 1, 1, 1], 4, [3, 3, 3, 3, 3, 3, 3]),
        # Two steps of a third do not reach the next pixel's middle, but are nearer to it.
        ([-1, -1, -1], 8, [2, 2, 2]),
        # Nothing to follow.
        ([0, 0, 0], 9, [0, 1, 2]),
        # Out of the row: stays.
        ([1, 1, 1], 9, [0, 0, 0]),
    ],
)
def test_walks_along_a_row(values, steps, ends):
    assert row_ends(values, steps=steps, step_px=1.0) == ends


def test_one_wild_vector_is_not_followed_further_than_two_typical_ones():
    ends = row_ends([-1e9, *[-1] * 19], steps=4, step_px=1.0)
    # The mean is wild too, so the others hardly move: but nothing is lost or thrown far away.
    assert ends[0] <= 8
    assert ends[1:] == list(range(1, 20))


def test_walks_go_on_where_they_stopped_and_start_again_for_fewer_steps():
    rng = np.random.default_rng(0)
    islands = Islands.from_mask(rng.random((30, 30)) < 0.9, 4)
    vectors = rng.normal(size=(2, islands.pixels.size))
    alone = {steps: Walkers(islands, vectors, 1.5).after(steps) for steps in range(0, 24, 4)}
    walkers = Walkers(islands, vectors, 1.5)
    for steps in (4, 12, 12, 8, 20, 0, 16):
        assert np.array_equal(walkers.after(steps), alone[steps])


def test_walks_stay_in_their_component():
    rng = np.random.default_rng(1)
    islands = Islands.from_mask(rng.random((40, 40)) < 0.6, 4)
    ends = Walkers(islands, rng.normal(size=(2, islands.pixels.size)), 5.0).after(9)
    assert np.array_equal(islands.ids.ravel()[ends], islands.homes)


@pytest.mark.parametrize(
    ("ends", "join_px", "basins"),
    [
        ([0, 0, 0, 5, 5, 5], 0, [1, 1, 1, 2, 2, 2]),
        ([1, 1, 2, 2, 2, 2], 0, [1, 1, 1, 1, 1, 1]),
        ([1, 1, 1, 3, 3, 3], 0, [1, 1, 1, 2, 2, 2]),
        ([1, 1, 1, 3, 3, 3], 1, [1, 1, 1, 1, 1, 1]),
        ([1, 1, 1, 4, 4, 4], 1, [1, 1, 1, 2, 2, 2]),
        ([1, 1, 1, 4, 4, 4], 2, [1, 1, 1, 1, 1, 1]),
        # Pieces of a basin that do not touch are basins of their own.
        ([1, 1, 5, 5, 1, 1], 0, [1, 1, 2, 2, 3, 3]),
    ],
)
def test_ends_that_are_near_are_one_place(ends, join_px, basins):
    islands = Islands.from_mask(np.ones((1, 6), dtype=bool), 8)
    found = find_basins(islands, islands.spots[ends], join_px)
    assert found.ravel()[islands.spots].tolist() == basins


def test_corners_touch():
    islands = Islands.from_mask(np.ones((2, 2), dtype=bool), 4)
    found = find_basins(islands, islands.spots[[0, 0, 3, 3]], 0)
    assert found.ravel()[islands.spots].tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("hole", [np.nan, np.inf, -np.inf])
def test_holes_in_the_maps_are_filled_from_around_them_in_the_mask(hole):
    maps = np.array([[[2.0, hole, 4.0, 9.0, hole]], [[0.0, 1.0, -2.0, 9.0, 1.0]]])
    islands = Islands.from_mask(np.array([[True, True, True, False, True]]), 4)
    vectors = vectors_of_mask(islands, maps)
    assert vectors.tolist() == [[0.5, 0.75, 1.0, 0.0], [0.0, -0.25, -0.5, 0.0]]


def test_touching_nuclei_are_told_apart(clump):
    labels = HVFlow().decode(perfect(clump))
    assert labels.dtype == np.int32
    assert np.unique(labels).tolist() == list(range(7))
    assert aji(clump, labels) > 0.99


@pytest.mark.parametrize("factor", [1e-30, 1e-6, 0.001, 0.1, 1 / 3, 0.7, 7.0, 1e3, 1e5, 1e30])
def test_the_scale_of_the_maps_does_not_matter(clump, factor):
    outputs = perfect(clump)
    noise = np.random.default_rng(3).normal(0, 0.2, outputs["hv"].shape)
    maps = (outputs["hv"] + noise).astype(np.float32)
    scaled = (maps * np.float32(factor)).astype(np.float32)
    expected = HVFlow().decode({"np": outputs["np"], "hv": maps})
    assert np.array_equal(HVFlow().decode({"np": outputs["np"], "hv": scaled}), expected)


@pytest.mark.parametrize("junk", [np.nan, np.inf, -1e30, 0.5])
def test_whatever_is_outside_the_mask_does_not_matter(clump, junk):
    outputs = perfect(clump)
    found = HVFlow().decode({**outputs, "hv": np.where(clump > 0, outputs["hv"], junk)})
    assert np.array_equal(found, HVFlow().decode(outputs))


def test_input_is_not_written_to(clump):
    outputs = perfect(clump)
    before = {name: array.copy() for name, array in outputs.items()}
    for array in outputs.values():
        array.setflags(write=False)
    HVFlow(join_px=2).decode(outputs)
    assert all(np.array_equal(outputs[name], before[name]) for name in outputs)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, 1.0, -1.0])
def test_maps_that_say_nothing_leave_the_components_whole(clump, value):
    mask = (clump > 0).astype(np.float32)
    found = HVFlow(min_object_px=1).decode({"np": mask, "hv": np.full((2, *mask.shape), value)})
    assert np.array_equal(found > 0, clump > 0)
    if abs(value) != 1:
        # The clump of three, and three that stand alone.
        assert found.max() == 4


def test_maps_the_wrong_way_round_lose_nothing(clump):
    outputs = perfect(clump)
    found = HVFlow().decode({**outputs, "hv": -outputs["hv"]})
    assert np.array_equal(found > 0, clump > 0)
    assert np.bincount(found.ravel()).min() >= HVFlow().min_object_px


def test_cyclic_paths_end(clump):
    outputs = perfect(clump)
    horizontal, vertical = outputs["hv"]
    found = HVFlow().decode({**outputs, "hv": np.stack([-vertical, horizontal])})
    assert np.array_equal(found > 0, clump > 0)


@pytest.mark.parametrize("damage", ["noise", "blur", "shrunk and shifted", "holes"])
def test_damaged_maps_still_give_the_nuclei(clump, damage):
    outputs = perfect(clump)
    rng = np.random.default_rng(5)
    match damage:
        case "noise":
            maps = outputs["hv"] + rng.normal(0, 0.1, outputs["hv"].shape)
        case "blur":
            maps = ndimage.gaussian_filter(outputs["hv"], (0, 1, 1))
        case "holes":
            maps = np.where(rng.random(clump.shape) < 0.05, np.nan, outputs["hv"])
        case _:
            maps = 0.02 * outputs["hv"] + 0.0015
    assert aji(clump, HVFlow().decode({**outputs, "hv": maps})) > 0.9


def test_thresholds_of_the_mask(clump):
    outputs = perfect(clump)
    probability = np.where(clump == 5, 0.6, outputs["np"])
    found = HVFlow(np_threshold=0.6).decode({**outputs, "np": probability})
    assert (found.max(), aji(clump, found) > 0.99) == (6, True)
    assert not HVFlow(np_threshold=0.61).decode({**outputs, "np": probability})[clump == 5].any()
    found = HVFlow(min_object_px=int((clump == 6).sum()) + 1).decode(outputs)
    assert not found[clump == 6].any()
    assert found.max() == 5


def test_a_nucleus_that_is_too_small_joins_the_one_that_it_touches(clump):
    small = int((clump == 3).sum())
    found = HVFlow(min_object_px=small + 1).decode(perfect(clump))
    assert np.array_equal(found[clump == 3], np.full(small, found[22, 20]))


def test_hopeless_maps_are_cut_and_it_is_told():
    maps = np.random.default_rng(1).normal(size=(2, 96, 96))
    outputs = {"np": np.ones((96, 96)), "hv": maps}
    free = DecodingBench(outputs).decode(HVFlow(min_object_px=1))
    assert free.labels.max() > 100
    assert not free.is_cut
    cut = DecodingBench(outputs).decode(HVFlow(min_object_px=1, max_markers=7))
    assert cut.labels.max() <= 7
    assert (cut.labels > 0).all()
    assert cut.is_cut


@pytest.mark.parametrize("max_markers", [3, 50, 900])
def test_no_more_nuclei_than_allowed_when_scraps_outgrow_what_was_large(max_markers):
    maps = np.random.default_rng(2).normal(size=(2, 200, 200))
    decoder = HVFlow(min_object_px=4, max_markers=max_markers)
    found = DecodingBench({"np": np.ones((200, 200)), "hv": maps}).decode(decoder)
    assert found.is_cut
    assert found.labels.max() <= max_markers
    assert (found.labels > 0).all()


@pytest.mark.parametrize("value", [0.0, 0.49, np.nan])
def test_nothing_in_the_mask_gives_no_nuclei(value):
    found = HVFlow().decode({"np": np.full((8, 9), value), "hv": np.ones((2, 8, 9))})
    assert (found.shape, found.dtype, found.any()) == ((8, 9), np.int32, False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"np_threshold": -0.1},
        {"np_threshold": float("nan")},
        {"steps": -1},
        {"step_px": 0.0},
        {"step_px": float("inf")},
        {"join_px": -1},
        {"min_object_px": -1},
        {"max_markers": 0},
    ],
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        HVFlow(**wrong)


@pytest.mark.parametrize("shape", [(2, 8, 8), (3, 8, 9), (8, 9)])
def test_shapes_that_do_not_belong_together_are_refused(shape):
    with pytest.raises(ValueError, match=r"np must have shape \(H, W\) and hv \(2, H, W\)"):
        HVFlow().decode({"np": np.ones((8, 9)), "hv": np.ones(shape)})
