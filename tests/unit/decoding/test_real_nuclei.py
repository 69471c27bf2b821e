"""Perfect maps of real nuclei must decode to the nuclei."""

import json

import numpy as np
import pytest
from PIL import Image

from trainables.decoding import HVWatershed, hv_targets
from trainables.metrics import aji


def decoded_aji(labels, maps):
    probability = (labels > 0).astype(np.float32)
    return aji(labels, HVWatershed().decode({"np": probability, "hv": maps}))


@pytest.mark.parametrize("case", [f"case{index:02d}" for index in range(6)])
def test_not_below_the_public_decoder(shared_dir, case):
    folder = shared_dir / "reference"
    expected = json.loads((folder / "hv_decode_aji.json").read_text())[case]
    with np.load(folder / "hv_maps.npz") as reference:
        found = decoded_aji(reference[f"{case}_true"], reference[case])
    assert found >= max(expected, 0.99)


@pytest.mark.parametrize("data_set", ["nuclei2d", "histology2d"])
def test_perfect_maps_of_validation_images(shared_dir, data_set):
    paths = sorted((shared_dir / "data" / data_set / "val" / "labels").iterdir())[::4]
    scores = []
    for path in paths:
        with Image.open(path) as image:
            labels = np.asarray(image).astype(np.int32)
        scores.append(decoded_aji(labels, hv_targets(labels)))
    assert np.mean(scores) > 0.99
    assert min(scores) > 0.95
