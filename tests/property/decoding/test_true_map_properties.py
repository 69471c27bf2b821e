"""What holds for true maps at any scale."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainables.decoding import HVFlow, HVWatershed, hv_targets


@pytest.mark.parametrize("decoder", [HVWatershed(), HVFlow()])
@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1), factor=st.floats(1e-4, 1e4))
def test_true_maps_at_any_scale_give_whole_disks(decoder, seed, factor):
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[:40, :40]
    labels = np.zeros((40, 40), dtype=np.int32)
    row, radius = rng.integers(12, 28), rng.integers(4, 9)
    labels[(rows - row) ** 2 + (cols - 12) ** 2 <= radius**2] = 1
    labels[((rows - row) ** 2 + (cols - 12 - 2 * radius) ** 2 <= radius**2) & (labels == 0)] = 2
    maps = (hv_targets(labels) * np.float32(factor)).astype(np.float32)
    found = decoder.decode({"np": labels > 0, "hv": maps})
    assert found.max() == 2
    assert (np.bincount(found.ravel())[1:] > 0.9 * radius**2 * 3).all()
