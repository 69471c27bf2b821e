"""Sharing stages must not change any label."""

import itertools

import numpy as np
import pytest
from scipy import ndimage

from trainables.decoding import (
    DecodingBench,
    HVFlow,
    HVWatershed,
    MaskComponents,
    MaskWatershed,
    hv_watershed,
)

CANDIDATES = [
    *(
        HVWatershed(np_threshold=level, marker_threshold=marker, sobel_px=sobel, min_object_px=px)
        for level, marker, sobel, px in itertools.product((0.4, 0.6), (0.44, 0.5), (3, 9), (0, 30))
    ),
    *(
        HVFlow(np_threshold=level, steps=steps, step_px=step, join_px=join, min_object_px=px)
        for level, steps, step, join, px in itertools.product(
            (0.4, 0.6), (0, 9), (1.0, 2.0), (0, 3), (0, 30)
        )
    ),
    *(
        MaskWatershed(np_threshold=level, smooth_px=smooth, seed_depth_px=depth)
        for level, smooth, depth in itertools.product((0.4, 0.6), (0, 1), (0, 1))
    ),
    *(MaskComponents(np_threshold=level) for level in (0.4, 0.6)),
]


@pytest.fixture
def outputs():
    rng = np.random.default_rng(4)
    maps = ndimage.gaussian_filter(rng.normal(size=(2, 60, 70)), (0, 3, 3))
    return {"np": ndimage.gaussian_filter(rng.random((60, 70)), 4) * 20 - 9.5, "hv": maps}


@pytest.mark.parametrize("max_bytes", [0, 100_000, 1 << 27])
@pytest.mark.parametrize("seed", [0, 1])
def test_labels_are_those_of_a_decoding_alone_in_any_order(outputs, max_bytes, seed):
    bench = DecodingBench(outputs, max_bytes=max_bytes)
    order = np.random.default_rng(seed).permutation(2 * len(CANDIDATES)) % len(CANDIDATES)
    for index in order:
        alone = CANDIDATES[index].decode(outputs)
        assert np.array_equal(bench.decode(CANDIDATES[index]).labels, alone), CANDIDATES[index]


@pytest.mark.parametrize("seed", [0, 1])
def test_large_components_do_not_depend_on_the_order_either(outputs, monkeypatch, seed):
    monkeypatch.setattr(hv_watershed, "_LARGE_PX", 200)
    sizes = DecodingBench(outputs).islands(0.4, 4).sizes[1:]
    assert (sizes > 200).any()
    assert (sizes < 200).any()
    candidates = [
        HVWatershed(np_threshold=0.4, marker_threshold=marker, min_object_px=px, max_markers=most)
        for marker, px, most in itertools.product((0.44, 0.47, 0.5), (0, 30, 300), (5, 99))
    ]
    bench = DecodingBench(outputs)
    order = np.random.default_rng(seed).permutation(2 * len(candidates)) % len(candidates)
    for index in order:
        alone = candidates[index].decode(outputs)
        assert np.array_equal(bench.decode(candidates[index]).labels, alone), candidates[index]


def test_candidates_differ_or_the_other_test_shows_nothing(outputs):
    found = {candidate.decode(outputs).tobytes() for candidate in CANDIDATES}
    assert len(found) > len(CANDIDATES) // 2


def test_the_order_puts_equal_masks_and_equal_decoders_side_by_side():
    keys = [
        DecodingBench.order_key(candidate)[:2]
        for candidate in sorted(CANDIDATES, key=DecodingBench.order_key)
    ]
    assert len([key for key, _ in itertools.groupby(keys)]) == len(set(keys)) == 8


def test_stages_are_computed_once_until_there_is_no_room(outputs):
    calls = []

    def stage():
        calls.append(1)
        return np.zeros(100)

    bench = DecodingBench(outputs, max_bytes=2000)
    bench.keep("a", stage), bench.keep("b", stage), bench.keep("a", stage)
    assert len(calls) == 2
    # The least recently used one goes.
    bench.keep("c", stage), bench.keep("a", stage)
    assert len(calls) == 3
    bench.keep("b", stage)
    assert len(calls) == 4


def test_decoders_of_the_mask_need_no_maps(outputs):
    mask_alone = {"np": outputs["np"]}
    assert MaskWatershed().decode(mask_alone).max() >= MaskComponents().decode(mask_alone).max()
    with pytest.raises(ValueError, match="needs the maps hv"):
        HVFlow().decode(mask_alone)
