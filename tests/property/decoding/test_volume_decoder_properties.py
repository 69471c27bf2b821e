"""Packed decodings are those of the whole volume, whatever came before."""

import dataclasses
import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from skimage.segmentation import watershed

from trainables.decoding.volumes import (
    ContourDistance,
    DistanceWatershed,
    VolumeBench,
    VolumeComponents,
)
from trainables.decoding.volumes.crate import CORNERS, Crate

thresholds = st.sampled_from([-0.5, 0.0, 0.25, 0.5, 0.75])
sizes = st.sampled_from([0, 1, 2, 5])
contour_distances = st.builds(
    ContourDistance,
    binary_seed=st.sampled_from([0.25, 0.5, 0.75]),
    binary_foreground=st.sampled_from([0.0, 0.25, 0.5]),
    boundary_seed=st.sampled_from([0.5, 0.75, 2.0]),
    boundary_foreground=st.sampled_from([0.75, 1.0, 2.0]),
    edt_seed=thresholds,
    edt_foreground=thresholds,
    min_seed_voxels=sizes,
    min_instance_voxels=sizes,
    method=st.sampled_from(["watershed", "cc"]),
)
distance_watersheds = st.builds(
    DistanceWatershed,
    edt_seed=thresholds,
    edt_foreground=thresholds,
    min_seed_voxels=sizes,
    min_instance_voxels=sizes,
)
components = st.builds(
    VolumeComponents, threshold=st.sampled_from([0.0, 0.25, 0.5]), min_instance_voxels=sizes
)
decoders = st.one_of(contour_distances, distance_watersheds, components)


@st.composite
def outputs(draw):
    """Maps of few different values, so that ties are everywhere, sparse and dense."""
    shape = tuple(draw(st.integers(1, 7)) for _ in range(3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    levels = draw(st.sampled_from([4, 16]))
    blur = draw(st.sampled_from([0.0, 0.7]))
    lift = draw(st.sampled_from([-0.3, 0.0, 0.3]))

    def one(low):
        noise = ndimage.gaussian_filter(rng.random(shape), blur) + lift
        return np.clip(np.floor(noise * levels) / levels, low, 1)

    return {"binary": one(0), "boundary": one(0), "edt": 2 * one(0) - 1}


def keep_large(labels, least):
    """Without small ones; numbered in the order of first voxels."""
    ids, first, counts = np.unique(labels, return_index=True, return_counts=True)
    kept = [i for i in np.argsort(first) if ids[i] and counts[i] >= max(least, 1)]
    found = np.zeros(labels.shape, int)
    for number, index in enumerate(kept, start=1):
        found[labels == ids[index]] = number
    return found


def flood_whole(foreground, seeds, heights):
    """The watershed on the whole volume; the order of seeds' equal voxels is that of the volume."""
    levels = {height: rank for rank, height in enumerate(np.unique(heights[foreground]))}
    ground = np.zeros(heights.shape)
    scale, place = seeds.size + 1, 0
    for at in itertools.product(*map(range, seeds.shape)):
        if foreground[at]:
            rank = levels[heights[at]]
            place += bool(seeds[at])
            ground[at] = (rank - 1) * scale + place if seeds[at] else rank * scale
    return watershed(ground, seeds, mask=foreground)


def decode_whole(decoder, maps, spacing):
    if isinstance(decoder, VolumeComponents):
        mask = maps["binary"] > decoder.threshold
        return keep_large(ndimage.label(mask, CORNERS)[0], decoder.min_instance_voxels)
    foreground = maps["edt"] > decoder.edt_foreground
    sure = maps["edt"] > decoder.edt_seed
    heights = -np.maximum(maps["edt"], 0)
    if isinstance(decoder, DistanceWatershed):
        sampling = np.array(spacing) / min(spacing)
        depth = ndimage.distance_transform_edt(np.pad(foreground, 1), sampling)[1:-1, 1:-1, 1:-1]
        heights = -np.rint(depth * 1024)
    else:
        foreground &= maps["binary"] > decoder.binary_foreground
        foreground &= maps["boundary"] < decoder.boundary_foreground
        sure &= (maps["binary"] > decoder.binary_seed) & (maps["boundary"] < decoder.boundary_seed)
        if decoder.method == "cc":
            return keep_large(ndimage.label(foreground, CORNERS)[0], decoder.min_instance_voxels)
    seeds = keep_large(ndimage.label(sure & foreground, CORNERS)[0], decoder.min_seed_voxels)
    return keep_large(flood_whole(foreground, seeds, heights), decoder.min_instance_voxels)


@given(
    outputs(), st.lists(decoders, min_size=1, max_size=4), st.sampled_from([(1, 1, 1), (3.7, 1, 1)])
)
def test_decodings_of_a_bench_are_those_of_the_whole_volume(maps, several, spacing):
    bench = VolumeBench(maps, spacing=spacing)
    for decoder in several:
        assert np.array_equal(bench.decode(decoder).labels, decode_whole(decoder, maps, spacing))


@given(outputs(), decoders)
def test_what_lies_elsewhere_does_not_matter(maps, decoder):
    """A volume beside another one, with nothing between them, is decoded as it is alone."""
    alone = decoder.decode(maps)
    nothing = {"binary": 0.0, "boundary": 1.0, "edt": -1.0}
    both = {
        name: np.concatenate([one, np.full_like(one[:1], nothing[name]), one[:, ::-1]])
        for name, one in maps.items()
    }
    # Where the volume ended there is background now, and so it was before.
    found = decoder.decode(both)[: len(alone)]
    assert np.array_equal(found, alone)


@given(outputs(), distance_watersheds, st.sampled_from([0.1, 7.0]))
def test_only_the_ratios_of_the_spacing_matter(maps, decoder, unit):
    sizes = (4.0, 1.0, 2.0)
    scaled = tuple(unit * size for size in sizes)
    assert np.array_equal(decoder.decode(maps, sizes), decoder.decode(maps, scaled))


@given(outputs(), decoders)
def test_smallest_instances_are_as_large_as_asked(maps, decoder):
    found = decoder.decode(maps)
    counts = np.bincount(found.ravel())[1:]
    assert (counts >= max(decoder.min_instance_voxels, 1)).all()
    larger = dataclasses.replace(decoder, min_instance_voxels=decoder.min_instance_voxels + 3)
    fewer = larger.decode(maps)
    assert (found[fewer > 0] > 0).all()


@given(outputs(), st.sampled_from([0.0, 0.25, 0.5]))
def test_a_crate_keeps_components_apart_and_in_order(maps, threshold):
    mask = maps["binary"] > threshold
    crate = Crate.pack(mask)
    assert np.array_equal(crate.voxels, np.flatnonzero(mask))
    assert np.unique(crate.spots).size == crate.voxels.size
    box = crate.lay(np.ones(crate.voxels.size, bool))
    packed, whole = (ndimage.label(one, CORNERS)[0] for one in (box, mask))
    pairs = np.unique(np.stack([crate.take(packed), whole[mask]]), axis=1)
    assert pairs.shape[1] == whole.max() == packed.max()
    for number in range(1, whole.max() + 1):
        assert (np.diff(crate.spots[whole[mask] == number]) > 0).all()
    frame = np.ones(box.shape, bool)
    frame[1:-1, 1:-1, 1:-1] = False
    assert not box[frame].any()
