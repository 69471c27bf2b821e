"""What holds for every decoder, whatever the maps look like."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from trainables.decoding import DecodingBench, HVFlow, HVWatershed, MaskComponents, MaskWatershed

LEVELS = st.sampled_from([0.0, 0.3, 0.5, 0.55, 0.7, 1.0])
FLOWS = st.builds(
    HVFlow,
    np_threshold=LEVELS,
    steps=st.integers(0, 12),
    step_px=st.sampled_from([0.3, 1.0, 2.0, 7.5]),
    join_px=st.integers(0, 3),
    min_object_px=st.integers(0, 12),
    max_markers=st.integers(1, 20),
)
WATERSHEDS = st.builds(
    HVWatershed,
    np_threshold=LEVELS,
    marker_threshold=st.sampled_from([0.3, 0.46, 0.5, 0.7]),
    sobel_px=st.sampled_from([3, 5, 9, 13]),
    opening_px=st.integers(0, 4),
    min_object_px=st.integers(0, 12),
    min_marker_px=st.integers(0, 12),
    max_markers=st.integers(1, 20),
)
MASK_WATERSHEDS = st.builds(
    MaskWatershed,
    np_threshold=LEVELS,
    smooth_px=st.sampled_from([0.0, 0.5, 2.0]),
    seed_depth_px=st.sampled_from([0.0, 0.25, 1.0]),
    min_object_px=st.integers(0, 12),
    max_markers=st.integers(1, 20),
)
COMPONENTS = st.builds(MaskComponents, np_threshold=LEVELS, min_object_px=st.integers(0, 12))
HV_DECODERS = FLOWS | WATERSHEDS
ALL_DECODERS = HV_DECODERS | MASK_WATERSHEDS | COMPONENTS


@st.composite
def any_outputs(draw):
    shape = (draw(st.integers(1, 26)), draw(st.integers(1, 26)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    smooth = draw(st.sampled_from([0.0, 1.0, 3.0]))
    maps = ndimage.gaussian_filter(rng.normal(size=(2, *shape)), (0, smooth, smooth))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    probability = ndimage.gaussian_filter(rng.random(shape), smooth / 2)
    return {"np": probability.astype(dtype), "hv": maps.astype(dtype)}


def pieces_of(mask, min_px):
    components, _ = ndimage.label(mask)
    sizes = np.bincount(components.ravel())
    return np.where(sizes[components] >= min_px, components, 0)


@settings(deadline=None)
@given(any_outputs(), ALL_DECODERS)
def test_nuclei_fill_the_mask_and_stay_inside_its_components(outputs, decoder):
    labels = decoder.decode(outputs)
    components = pieces_of(outputs["np"] >= decoder.np_threshold, decoder.min_object_px)
    assert labels.dtype == np.int32
    assert np.array_equal(labels > 0, components > 0)
    ids = np.unique(labels[labels > 0])
    assert ids.tolist() == list(range(1, ids.size + 1))
    for label in ids:
        assert np.unique(components[labels == label]).size == 1
        assert ndimage.label(labels == label)[1] == 1


@settings(deadline=None)
@given(any_outputs(), FLOWS | MASK_WATERSHEDS)
def test_no_nucleus_is_too_small_and_no_more_are_cut_than_allowed(outputs, decoder):
    labels = decoder.decode(outputs)
    assert (np.bincount(labels.ravel())[1:] >= decoder.min_object_px).all()
    components = pieces_of(outputs["np"] >= decoder.np_threshold, decoder.min_object_px)
    assert labels.max() <= np.unique(components[components > 0]).size + decoder.max_markers


@settings(deadline=None)
@given(any_outputs(), st.lists(ALL_DECODERS, min_size=1, max_size=6), st.sampled_from([0, 10**8]))
def test_a_bench_gives_what_each_decoder_gives_alone(outputs, decoders, max_bytes):
    bench = DecodingBench(outputs, max_bytes=max_bytes)
    for decoder in [*decoders, *reversed(decoders)]:
        assert np.array_equal(bench.decode(decoder).labels, decoder.decode(outputs))


@settings(deadline=None)
@given(any_outputs(), HV_DECODERS, st.integers(-60, 60), st.sampled_from([1.0, 0.001, 0.3, 1e3]))
def test_a_factor_on_the_maps_changes_nothing(outputs, decoder, exponent, factor):
    maps = outputs["hv"].astype(np.float64)
    scaled = {**outputs, "hv": maps * (factor * 2.0**exponent)}
    assert np.array_equal(decoder.decode(scaled), decoder.decode(outputs))


@settings(deadline=None)
@given(any_outputs(), HV_DECODERS, st.sampled_from([0.0, -1e30, np.nan, np.inf]))
def test_junk_outside_the_mask_changes_nothing(outputs, decoder, junk):
    inside = outputs["np"] >= decoder.np_threshold
    spoilt = {**outputs, "hv": np.where(inside, outputs["hv"], junk)}
    assert np.array_equal(decoder.decode(spoilt), decoder.decode(outputs))


@settings(deadline=None)
@given(any_outputs(), ALL_DECODERS)
def test_input_is_not_written_to(outputs, decoder):
    before = {name: array.copy() for name, array in outputs.items()}
    for array in outputs.values():
        array.setflags(write=False)
    decoder.decode(outputs)
    assert all(np.array_equal(outputs[name], before[name]) for name in outputs)


@settings(deadline=None)
@given(any_outputs(), st.sampled_from([0.3, 0.5]), st.integers(0, 12), st.integers(0, 2))
def test_walks_on_mirrored_maps_are_mirrored(outputs, level, steps, join_px):
    # Scraps are left alone: of equal neighbours the first is taken, which no mirror preserves.
    decoder = HVFlow(np_threshold=level, steps=steps, join_px=join_px, min_object_px=0)
    labels = decoder.decode(outputs)
    horizontal, vertical = outputs["hv"]
    for turned, maps in (
        (lambda array: array[:, ::-1], (-horizontal, vertical)),
        (lambda array: array[::-1], (horizontal, -vertical)),
        (np.transpose, (vertical, horizontal)),
    ):
        mirrored = decoder.decode(
            {"np": turned(outputs["np"]), "hv": np.stack([turned(part) for part in maps])}
        )
        pairs = set(zip(turned(labels).ravel().tolist(), mirrored.ravel().tolist(), strict=True))
        assert len(pairs) == np.unique(labels).size == np.unique(mirrored).size


@settings(deadline=None)
@given(
    arrays(
        np.float32, (2, 7, 8), elements=st.floats(width=32, allow_nan=True, allow_infinity=True)
    ),
    arrays(np.float32, (7, 8), elements=st.floats(0, 1, width=32, allow_nan=False)),
    st.sampled_from([HVFlow(min_object_px=0), HVWatershed(min_object_px=0, min_marker_px=0)]),
)
def test_no_values_are_too_strange(maps, probability, decoder):
    labels = decoder.decode({"np": probability, "hv": maps})
    assert np.array_equal(labels > 0, probability >= 0.5)


@pytest.mark.parametrize("decoder", [HVFlow(), HVWatershed(), MaskWatershed(), MaskComponents()])
def test_all_defaults_agree_where_names_agree(decoder):
    assert decoder.np_threshold == 0.5
    assert decoder.min_object_px == HVFlow().min_object_px
