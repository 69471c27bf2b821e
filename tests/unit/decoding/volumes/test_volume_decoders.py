"""Decoders of volumes on maps whose instances are known."""

import dataclasses

import numpy as np
import pytest

from trainables.decoding.volumes import (
    Bounds,
    ContourDistance,
    DistanceWatershed,
    VolumeBench,
    VolumeComponents,
    volume_targets,
)
from trainables.metrics import adapted_rand_error, aji

ALL = (ContourDistance(), DistanceWatershed(), VolumeComponents())
SEEDED = ALL[:2]


def spheres(shape, centers, radii, spacing=(1, 1, 1)):
    """Balls in units of the spacing; where two meet, a voxel goes to the relatively nearer one."""
    axes = np.indices(shape, float)
    near = [
        np.sqrt(sum(((a - c) * s) ** 2 for a, c, s in zip(axes, center, spacing, strict=True))) / r
        for center, r in zip(centers, radii, strict=True)
    ]
    return np.where(np.min(near, axis=0) < 1, 1 + np.argmin(near, axis=0), 0)


PAIR = spheres((16, 24, 40), [(8, 12, 12), (8, 12, 25)], [7, 7])


@pytest.mark.parametrize("decoder", ALL, ids=lambda one: type(one).__name__)
def test_instances_apart(decoder):
    labels = spheres((16, 24, 60), [(8, 12, 12), (8, 12, 45)], [7, 5])
    assert aji(labels, decoder.decode(volume_targets(labels))) == 1


@pytest.mark.parametrize("decoder", SEEDED, ids=lambda one: type(one).__name__)
def test_instances_that_touch(decoder):
    found = decoder.decode(volume_targets(PAIR))
    assert found.max() == 2
    assert aji(PAIR, found) > 0.97
    assert VolumeComponents().decode(volume_targets(PAIR)).max() == 1
    assert ContourDistance(method="cc").decode(volume_targets(PAIR)).max() == 1


@pytest.mark.parametrize("decoder", SEEDED, ids=lambda one: type(one).__name__)
def test_sections_that_are_far_apart(decoder):
    spacing = (4, 1, 1)
    labels = spheres((7, 40, 60), [(3, 20, 18), (3, 20, 40)], [12, 12], spacing)
    found = decoder.decode(volume_targets(labels, spacing=spacing), spacing)
    assert found.max() == 2
    assert aji(labels, found) > 0.95


def test_seeds_cannot_mend_a_foreground_that_cuts():
    """What the foreground leaves out stays out, however many seeds there are."""
    maps = {"binary": np.where(PAIR > 0, 0.6, 0.1), "edt": volume_targets(PAIR)["edt"]}
    maps["boundary"] = np.zeros(PAIR.shape)
    strict = ContourDistance(binary_seed=0.5, binary_foreground=0.5, edt_foreground=0.4)
    loose = dataclasses.replace(strict, edt_foreground=-0.5)
    more_seeds = dataclasses.replace(strict, edt_seed=0.0)
    errors = [
        adapted_rand_error(PAIR, one.decode(maps)).error for one in (strict, more_seeds, loose)
    ]
    assert errors[0] > 0.5
    assert errors[1] == pytest.approx(errors[0], abs=0.05)
    assert errors[2] < 0.05


def test_parts_without_a_seed_are_background():
    labels = spheres((16, 24, 60), [(8, 12, 12), (8, 12, 45)], [7, 5])
    maps = volume_targets(labels)
    maps["binary"] = np.where(labels == 2, np.float32(0.6), maps["binary"])
    found = ContourDistance(binary_seed=0.8).decode(maps)
    assert np.array_equal(found > 0, labels == 1)


def test_small_seeds_and_small_instances_are_dropped():
    labels = spheres((16, 24, 60), [(8, 12, 12), (8, 12, 45)], [7, 3])
    maps, small = volume_targets(labels), int((labels == 2).sum())
    for decoder in ALL:
        keep = dataclasses.replace(decoder, min_instance_voxels=small)
        drop = dataclasses.replace(decoder, min_instance_voxels=small + 1)
        assert (keep.decode(maps).max(), drop.decode(maps).max()) == (2, 1)
    seed = int((maps["edt"][labels == 2] > 0.4).sum())
    for least, num in ((seed, 2), (seed + 1, 1)):
        assert DistanceWatershed(min_seed_voxels=least).decode(maps).max() == num


def test_too_many_seeds_are_cut_and_said():
    maps = volume_targets(PAIR)
    bench = VolumeBench(maps)
    assert not bench.decode(DistanceWatershed(max_seeds=2)).is_cut
    cut = bench.decode(DistanceWatershed(max_seeds=1))
    assert cut.is_cut
    assert cut.labels.max() == 1


@pytest.mark.parametrize("decoder", ALL, ids=lambda one: type(one).__name__)
def test_what_is_not_a_number_is_background_and_nothing_is_written_to(decoder):
    maps = volume_targets(PAIR)
    for one in maps.values():
        one[:, :, 30:] = np.nan
        one.flags.writeable = False
    found = decoder.decode(maps)
    assert found.max() > 0
    assert not found[:, :, 30:].any()


@pytest.mark.parametrize("decoder", ALL, ids=lambda one: type(one).__name__)
def test_no_foreground(decoder):
    maps = volume_targets(np.zeros((3, 4, 5), int))
    assert not decoder.decode(maps).any()


def test_ids_are_in_the_order_of_first_voxels():
    labels = spheres((30, 20, 20), [(22, 10, 10), (8, 10, 10)], [6, 6])
    for decoder in ALL:
        found = decoder.decode(volume_targets(labels))
        assert (found[8, 10, 10], found[22, 10, 10]) == (1, 2)


def test_looser_bounds_later_and_known_before():
    """A bench that must pack again, and one that was told, answer alike."""
    maps = volume_targets(PAIR)
    strict = VolumeComponents(threshold=0.9)
    loose = ContourDistance(binary_foreground=0.1)
    maps["binary"] = np.clip(0.3 + maps["edt"], 0, 1)
    late, told = VolumeBench(maps), VolumeBench(maps, loosest=Bounds(binary=0.1))
    for decoder in (strict, loose, strict):
        expected = decoder.decode(maps)
        assert np.array_equal(late.decode(decoder).labels, expected)
        assert np.array_equal(told.decode(decoder).labels, expected)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: ContourDistance(binary_seed=1.2), "binary_seed must be in"),
        (lambda: ContourDistance(edt_seed=-2), "edt_seed must be at least -1"),
        (lambda: ContourDistance(method="waterfall"), "watershed or cc"),
        (lambda: DistanceWatershed(min_seed_voxels=-1), "not be negative"),
        (lambda: VolumeComponents(threshold=float("nan")), "threshold must be in"),
    ],
)
def test_settings_out_of_range(build, words):
    with pytest.raises(ValueError, match=words):
        build()


def test_maps_that_do_not_belong_together():
    maps = volume_targets(PAIR)
    with pytest.raises(ValueError, match="asks boundary and edt, there: binary"):
        ContourDistance().decode({"binary": maps["binary"]})
    with pytest.raises(ValueError, match="one shape"):
        VolumeBench({**maps, "edt": maps["edt"][1:]})
    with pytest.raises(ValueError, match="one shape"):
        VolumeBench({"binary": maps["binary"][0]})
