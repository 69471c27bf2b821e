"""Outputs that are kept are given back as they were, wherever they lie."""

from pathlib import Path

import numpy as np
import pytest

from trainables.hv.kept_outputs import KeptOutputs


@pytest.mark.parametrize("ram_bytes", [0, 500, 10**6])
def test_outputs_come_back_unchanged_and_leave_nothing_behind(
    tmp_path: Path, ram_bytes: int
) -> None:
    rng = np.random.default_rng(1)
    given = [
        {"np": rng.random((4 + i, 9), np.float32), "hv": rng.random((2, 4 + i, 9), np.float32)}
        for i in range(3)
    ]
    kept = KeptOutputs(tmp_path, ram_bytes)
    for outputs in given:
        kept.append({name: array.copy() for name, array in outputs.items()})
    assert not list(tmp_path.iterdir())
    assert len(kept) == 3
    for outputs, expected in zip(kept, given, strict=True):
        assert outputs.keys() == expected.keys()
        for name, array in outputs.items():
            assert array.dtype == np.float32
            assert np.array_equal(array, expected[name])
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0
