"""Contours and distances that can be counted by hand."""

import numpy as np
import pytest

from trainables.decoding.volumes import boundary_targets, edt_targets, volume_targets


def block(shape, *boxes):
    """Boxes of voxels (z0, z1, y0, y1, x0, x1), numbered from 1."""
    labels = np.zeros(shape, np.int64)
    for number, (z0, z1, y0, y1, x0, x1) in enumerate(boxes, start=1):
        labels[z0:z1, y0:y1, x0:x1] = number
    return labels


def test_distances_in_a_cube():
    labels = block((7, 7, 7), (1, 6, 1, 6, 1, 6))
    found = edt_targets(labels)
    assert found.dtype == np.float32
    assert found[3, 3, 1:6] == pytest.approx([1 / 3, 2 / 3, 1, 2 / 3, 1 / 3])
    assert (found[labels == 0] == -1).all()


def test_spacing_reaches_the_distances():
    """Sections 5 units apart: along z the border is far, so that what counts is y and x."""
    labels = block((5, 9, 9), (1, 4, 1, 8, 1, 8))
    found = edt_targets(labels, spacing=(5, 1, 1))
    assert found[2, 4, 1:8] == pytest.approx([0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25])
    assert found[1, 4, 4] == pytest.approx(1)
    assert edt_targets(labels)[1, 4, 4] == pytest.approx(1 / 2)


def test_instances_that_touch_have_a_border_between_them():
    labels = block((1, 1, 8), (0, 1, 0, 1, 1, 4), (0, 1, 0, 1, 4, 7))
    assert edt_targets(labels)[0, 0] == pytest.approx([-1, 0.5, 1, 0.5, 0.5, 1, 0.5, -1])
    assert boundary_targets(labels)[0, 0].tolist() == [0, 1, 0, 1, 1, 0, 1, 0]


def test_the_volumes_border_is_no_border_of_an_instance():
    labels = block((1, 1, 6), (0, 1, 0, 1, 0, 4))
    assert edt_targets(labels)[0, 0] == pytest.approx([1, 0.75, 0.5, 0.25, -1, -1])
    assert boundary_targets(labels)[0, 0].tolist() == [0, 0, 0, 1, 0, 0]
    assert (edt_targets(np.ones((2, 3, 4), int)) == 1).all()
    assert not boundary_targets(np.ones((2, 3, 4), int)).any()


@pytest.mark.parametrize(
    ("thickness", "in_plane", "core"), [(1, False, 27), (2, False, 1), (1, True, 45), (2, True, 5)]
)
def test_contours_of_a_cube_leave_a_core(thickness, in_plane, core):
    labels = block((7, 7, 7), (1, 6, 1, 6, 1, 6))
    found = boundary_targets(labels, thickness=thickness, in_plane=in_plane)
    assert not found[labels == 0].any()
    assert np.count_nonzero((found == 0) & (labels > 0)) == core


def test_ids_may_have_gaps_and_pieces():
    labels = block((3, 5, 9), (1, 2, 1, 4, 1, 4), (1, 2, 1, 4, 5, 8))
    far = labels.astype(np.uint64) * np.uint64(2**40)
    assert np.array_equal(edt_targets(far), edt_targets(labels))
    assert np.array_equal(edt_targets((labels > 0).astype(np.uint8)), edt_targets(labels))


def test_all_three_by_name_and_nothing_is_written_to():
    labels = block((4, 6, 6), (1, 3, 1, 5, 1, 5))
    before = labels.copy()
    maps = volume_targets(labels, spacing=(3, 1, 1), thickness=1, in_plane=True)
    assert set(maps) == {"binary", "boundary", "edt"}
    assert {one.dtype for one in maps.values()} == {np.dtype(np.float32)}
    assert np.array_equal(maps["binary"] > 0, labels > 0)
    assert np.array_equal(maps["edt"], edt_targets(labels, spacing=(3, 1, 1)))
    assert np.array_equal(maps["boundary"], boundary_targets(labels, in_plane=True))
    assert np.array_equal(labels, before)


def test_nothing_labelled():
    maps = volume_targets(np.zeros((2, 3, 4), int))
    assert not maps["binary"].any()
    assert not maps["boundary"].any()
    assert (maps["edt"] == -1).all()


@pytest.mark.parametrize(
    ("labels", "options", "words"),
    [
        (np.zeros((3, 4), int), {}, r"shape \(Z, Y, X\)"),
        (np.zeros((3, 4, 5)), {}, "must be integers"),
        (-np.ones((3, 4, 5), int), {}, "not be negative"),
        (np.ones((3, 4, 5), int), {"spacing": (0, 1, 1)}, "above 0"),
        (np.ones((3, 4, 5), int), {"thickness": 0}, "at least 1"),
    ],
)
def test_what_is_refused(labels, options, words):
    with pytest.raises(ValueError, match=words):
        volume_targets(labels, **options)
