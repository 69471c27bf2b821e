"""What holds for all maps, good or hopeless."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from trainables.decoding import HVWatershed, hv_targets

SETTINGS = st.builds(
    HVWatershed,
    np_threshold=st.floats(0.1, 0.9),
    marker_threshold=st.floats(0.2, 0.8),
    sobel_px=st.sampled_from([3, 5, 9]),
    opening_px=st.integers(0, 5),
    min_object_px=st.integers(0, 12),
    min_marker_px=st.integers(0, 12),
    max_markers=st.integers(1, 20),
)


@st.composite
def any_outputs(draw):
    shape = (draw(st.integers(1, 24)), draw(st.integers(1, 24)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    smooth = draw(st.sampled_from([0.0, 1.0, 3.0]))
    maps = ndimage.gaussian_filter(rng.normal(size=(2, *shape)), (0, smooth, smooth))
    return {"np": ndimage.gaussian_filter(rng.random(shape), smooth / 2), "hv": maps}


@settings(deadline=None)
@given(any_outputs(), SETTINGS)
def test_nuclei_fill_the_mask_and_stay_inside_its_components(outputs, decoder):
    labels = decoder.decode(outputs)
    components, _ = ndimage.label(outputs["np"] >= decoder.np_threshold)
    sizes = np.bincount(components.ravel())
    kept = (components > 0) & (sizes[components] >= decoder.min_object_px)
    assert np.array_equal(labels > 0, kept)
    ids = np.unique(labels[kept])
    assert ids.tolist() == list(range(1, ids.size + 1))
    assert ids.size <= np.unique(components[kept]).size + decoder.max_markers
    for label in ids:
        assert ndimage.label(labels == label)[1] == 1


@settings(deadline=None)
@given(any_outputs(), SETTINGS, st.integers(-30, 30))
def test_a_factor_on_the_maps_changes_nothing(outputs, decoder, exponent):
    scaled = {**outputs, "hv": outputs["hv"] * 2.0**exponent}
    assert np.array_equal(decoder.decode(scaled), decoder.decode(outputs))


@settings(deadline=None)
@given(
    arrays(
        np.float32, (2, 7, 8), elements=st.floats(width=32, allow_nan=True, allow_infinity=True)
    ),
    arrays(np.float32, (7, 8), elements=st.floats(0, 1, width=32, allow_nan=False)),
)
def test_no_values_are_too_strange(maps, probability):
    labels = HVWatershed(min_object_px=0, min_marker_px=0).decode({"np": probability, "hv": maps})
    assert np.array_equal(labels > 0, probability >= 0.5)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(1e-4, 1e4))
def test_true_maps_at_any_scale_give_whole_disks(seed, factor):
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[:40, :40]
    labels = np.zeros((40, 40), dtype=np.int32)
    row, radius = rng.integers(12, 28), rng.integers(4, 9)
    labels[(rows - row) ** 2 + (cols - 12) ** 2 <= radius**2] = 1
    labels[((rows - row) ** 2 + (cols - 12 - 2 * radius) ** 2 <= radius**2) & (labels == 0)] = 2
    maps = (hv_targets(labels) * np.float32(factor)).astype(np.float32)
    found = HVWatershed().decode({"np": labels > 0, "hv": maps})
    assert found.max() == 2
    assert (np.bincount(found.ravel())[1:] > 0.9 * radius**2 * 3).all()
