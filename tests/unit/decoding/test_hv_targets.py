"""Targets that can be computed on paper, and the public ones."""

import numpy as np
import pytest

from trainables.decoding import hv_targets


def test_a_row_of_five_runs_from_minus_one_to_one():
    maps = hv_targets(np.array([[0, 3, 3, 3, 3, 3, 0]]))
    assert maps.dtype == np.float32
    assert maps[0].tolist() == [[0, -1, -0.5, 0, 0.5, 1, 0]]
    assert not maps[1].any()


def test_the_centroid_is_not_rounded_and_both_sides_are_scaled_alone():
    # An L: x = 0, 0, 0, 1, 2 with mean 3/5; y = 0, 1, 2, 2, 2 with mean 7/5.
    horizontal, vertical = hv_targets(np.array([[1, 0, 0], [1, 0, 0], [1, 1, 1]]))
    right, up = np.float32(0.4 / 1.4), np.float32(-0.4 / 1.4)
    assert horizontal.tolist() == [[-1, 0, 0], [-1, 0, 0], [-1, right, 1]]
    assert vertical.tolist() == [[-1, 0, 0], [up, 0, 0], [1, 1, 1]]


def test_nuclei_that_the_border_cuts_are_measured_by_what_is_visible():
    labels = np.zeros((5, 6), dtype=np.int32)
    labels[:3, :2] = 4
    labels[3:, 3:] = 9
    horizontal, vertical = hv_targets(labels)
    assert horizontal[:3, :2].tolist() == [[-1, 1]] * 3
    assert vertical[:3, 0].tolist() == [-1, 0, 1]
    assert horizontal[4, 3:].tolist() == [-1, 0, 1]
    assert vertical[3:, 5].tolist() == [-1, 1]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int64", "uint64"])
def test_ids_may_be_of_any_type_and_have_gaps(dtype):
    labels = np.array([[1, 1, 0, 2, 2, 2], [1, 1, 0, 2, 2, 2]])
    top = np.array([0, 7, np.iinfo(dtype).max], dtype=dtype)
    assert np.array_equal(hv_targets(top[labels]), hv_targets(labels))


def test_an_id_in_two_pieces_is_one_nucleus():
    assert hv_targets(np.array([[5, 0, 0, 5]]))[0].tolist() == [[-1, 0, 0, 1]]


@pytest.mark.parametrize(
    "labels", [np.zeros((3, 4), int), np.zeros((0, 4), int), np.eye(3, dtype=int)]
)
def test_nothing_to_measure_gives_zeros(labels):
    single_px = labels * np.arange(1, labels.shape[1] + 1)
    maps = hv_targets(single_px)
    assert maps.shape == (2, *labels.shape)
    assert not maps.any()


def test_views_are_read_and_left_alone():
    labels = np.zeros((8, 8), dtype=np.uint16)
    labels[::2, ::2] = 2
    labels.setflags(write=False)
    assert np.array_equal(hv_targets(labels[::2, ::2]), hv_targets(np.full((4, 4), 2)))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros((2, 3, 4), int), r"shape \(H, W\), got \(2, 3, 4\)"),
        (np.zeros((3, 4)), "must be integers .* float64"),
        (np.array([[-1, 0]]), "must not be negative"),
    ],
)
def test_wrong_labels_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        hv_targets(labels)


@pytest.mark.parametrize("case", [f"case{index:02d}" for index in range(6)])
def test_equals_the_public_maps(shared_dir, case):
    with np.load(shared_dir / "reference" / "hv_maps.npz") as reference:
        expected, labels = reference[case], reference[f"{case}_true"]
    np.testing.assert_allclose(hv_targets(labels), expected, rtol=0, atol=1e-6)
