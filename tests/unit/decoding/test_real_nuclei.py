"""Perfect maps of real nuclei must decode to the nuclei."""

import json

import numpy as np
import pytest
from PIL import Image

from trainables.decoding import HVFlow, HVWatershed, MaskComponents, MaskWatershed, hv_targets
from trainables.metrics import aji


def perfect(labels):
    return {"np": (labels > 0).astype(np.float32), "hv": hv_targets(labels)}


def validation_labels(shared_dir, data_set, every):
    paths = sorted((shared_dir / "data" / data_set / "val" / "labels").iterdir())[::every]
    for path in paths:
        with Image.open(path) as image:
            yield np.asarray(image).astype(np.int32)


@pytest.mark.parametrize("decoder", [HVWatershed(), HVFlow()])
@pytest.mark.parametrize("case", [f"case{index:02d}" for index in range(6)])
def test_not_below_the_public_decoder(shared_dir, case, decoder):
    folder = shared_dir / "reference"
    expected = json.loads((folder / "hv_decode_aji.json").read_text())[case]
    with np.load(folder / "hv_maps.npz") as reference:
        labels, maps = reference[f"{case}_true"], reference[case]
    found = decoder.decode({"np": (labels > 0).astype(np.float32), "hv": maps})
    assert aji(labels, found) >= max(expected, 0.99)


@pytest.mark.parametrize(
    ("data_set", "decoder", "mean", "least"),
    [
        ("nuclei2d", HVWatershed(), 0.995, 0.95),
        ("histology2d", HVWatershed(), 0.995, 0.95),
        # A nucleus that a slit nearly halves is cut there, for no walk crosses it.
        ("nuclei2d", HVFlow(), 0.99, 0.85),
        ("nuclei2d", HVFlow(join_px=1), 0.99, 0.85),
        ("histology2d", HVFlow(), 0.985, 0.9),
        # What shape alone tells.
        ("nuclei2d", MaskWatershed(), 0.9, 0.6),
        ("nuclei2d", MaskComponents(), 0.8, 0.4),
    ],
)
def test_perfect_maps_of_validation_images(shared_dir, data_set, decoder, mean, least):
    scores = [
        aji(labels, decoder.decode(perfect(labels)))
        for labels in validation_labels(shared_dir, data_set, 2)
    ]
    assert np.mean(scores) > mean
    assert min(scores) > least


@pytest.mark.parametrize("decoder", [HVWatershed(), HVFlow()])
def test_rounding_of_rescaled_maps_changes_no_label(shared_dir, decoder):
    rng = np.random.default_rng(0)
    for labels in validation_labels(shared_dir, "nuclei2d", 12):
        outputs = perfect(labels)
        outputs["hv"] += rng.normal(0, 0.2, outputs["hv"].shape).astype(np.float32)
        expected = decoder.decode(outputs)
        for factor in (0.001, 1e3, *np.exp(rng.uniform(-12, 12, 4))):
            scaled = outputs["hv"] * np.float32(factor)
            assert np.array_equal(decoder.decode({**outputs, "hv": scaled}), expected)
