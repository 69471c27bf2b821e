from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch

from trainables.augment import build_augmentation
from trainables.data import Split
from trainables.data.nucleus_types import paint_types
from trainables.decoding import hv_targets
from trainables.hv.crops import CropBatches, CropSampling, hv_tensors
from trainables.views import PixelViews, image_tensor


def split(sizes_px: Sequence[int]) -> Split:
    """Image i is 10 i + its labels: what was cut tells where it came from."""
    labels = []
    for size_px in sizes_px:
        one = np.zeros((size_px, size_px), np.int32)
        one[2:9, 3:8] = 1
        one[9:14, 3:12] = 2
        labels.append(one)
    images = [(10.0 * i + one)[..., None].astype(np.float32) for i, one in enumerate(labels)]
    for array in (*images, *labels):
        array.flags.writeable = False
    names = [str(i) for i in range(len(labels))]
    return Split(names=names, channels=1, stored_images=images, stored_labels=labels)


def batches(
    sizes_px: Sequence[int], *, power: float = 0.0, frac: float = 0.0, seed: int = 1
) -> CropBatches:
    sampling = CropSampling(
        crop_px=12, batch_size=3, num_steps=2, area_power=power, nuclei_frac=frac
    )
    return CropBatches(
        PixelViews(split(sizes_px), build_augmentation("some")), sampling=sampling, seed=seed
    )


def test_targets_belong_to_the_augmented_crop() -> None:
    batch = batches([16] * 6).batch(1, 0)
    assert batch.inputs.shape == (3, 1, 12, 12)
    assert batch.inputs.is_contiguous(memory_format=torch.channels_last)
    for image, nuclei, maps in zip(
        batch.inputs, batch.targets["np"], batch.targets["hv"], strict=True
    ):
        labels = image[0].numpy().astype(np.int32) % 10
        assert np.array_equal(nuclei[0].numpy(), labels > 0)
        assert np.array_equal(maps.numpy(), hv_targets(labels))


def test_types_stay_with_their_nuclei() -> None:
    types = np.array([[1, 2], [2, 0]], np.int32)
    plain = split([16] * 6)
    typed = replace(plain, type_names=("round", "long"), stored_types=[types] * 6)
    sampling = CropSampling(crop_px=12, batch_size=6, num_steps=1, area_power=0, nuclei_frac=1)
    batch, untyped = (
        CropBatches(PixelViews(one, build_augmentation("all")), sampling=sampling, seed=1).batch(
            1, 0
        )
        for one in (typed, plain)
    )
    assert torch.equal(batch.inputs, untyped.inputs)
    assert torch.equal(batch.targets["hv"], untyped.targets["hv"])
    assert "nt" not in untyped.targets
    assert batch.targets["nt"].shape == (6, 1, 12, 12)
    assert batch.targets["nt"].dtype == torch.float32
    assert torch.equal(batch.targets["nt"] != 0, batch.targets["np"] > 0)
    # The second nucleus is of unknown type, the first, above it, of the second.
    assert set(batch.targets["nt"].unique().tolist()) == {-1.0, 0.0, 2.0}
    expected = paint_types(plain.labels(0), types)
    assert torch.equal(
        hv_tensors(plain.labels(0), types)["nt"][0, 0], torch.tensor(expected).float()
    )


def test_an_epoch_shows_every_image_once() -> None:
    source = batches([16] * 6)
    inputs = torch.cat([source.batch(4, step).inputs for step in range(2)])
    assert sorted(int(image.min()) // 10 for image in inputs) == list(range(6))


def test_large_images_come_more_often_with_a_higher_power() -> None:
    # Sides 16 and 80: areas 1 : 25, roots 1 : 5.
    source = batches([16, 80], power=0.5)
    shown = torch.cat([source.batch(1, step).inputs for step in range(2)])
    assert sorted(int(image.min()) // 10 for image in shown) == [0, 1, 1, 1, 1, 1]


def test_crops_can_be_placed_on_nuclei() -> None:
    # 80 of 6400 pixels are nuclei, so that a crop that lies anywhere hardly ever meets one.
    source = batches([80], frac=1.0)
    for epoch in range(1, 6):
        assert source.batch(epoch, 0).targets["np"].sum(dim=(1, 2, 3)).min() > 0


def test_a_window_on_a_nucleus_covers_every_place_of_it() -> None:
    labels = np.zeros((9, 9), np.int32)
    labels[4, 4] = 1
    source = Split(
        names=["a"], channels=1, stored_images=[labels[..., None] * 1.0], stored_labels=[labels]
    )
    sampling = CropSampling(crop_px=3, batch_size=60, num_steps=1, area_power=0.0, nuclei_frac=1.0)
    crops = CropBatches(PixelViews(source, build_augmentation("none")), sampling=sampling, seed=1)
    nuclei = crops.batch(1, 0).targets["np"]
    assert nuclei.sum(dim=(1, 2, 3)).tolist() == [1.0] * 60
    assert (nuclei.sum(dim=0) > 0).all()


def test_images_without_nuclei_and_small_ones_are_shown_all_the_same() -> None:
    empty = np.zeros((20, 5), np.int32)
    source = Split(
        names=["a"], channels=1, stored_images=[empty[..., None] + 1.0], stored_labels=[empty]
    )
    sampling = CropSampling(crop_px=8, batch_size=4, num_steps=1, area_power=0.5, nuclei_frac=1.0)
    crops = CropBatches(PixelViews(source, build_augmentation("none")), sampling=sampling, seed=1)
    batch = crops.batch(1, 0)
    assert batch.inputs.sum(dim=(1, 2, 3)).tolist() == [40.0] * 4
    assert not batch.targets["np"].any()


def test_a_batch_depends_on_seed_epoch_and_step_alone() -> None:
    source = batches([16] * 6)
    expected = source.batch(3, 1)
    source.batch(1, 0)
    assert torch.equal(source.batch(3, 1).inputs, expected.inputs)
    assert not torch.equal(source.batch(2, 1).inputs, expected.inputs)
    assert not torch.equal(batches([16] * 6, seed=2).batch(3, 1).inputs, expected.inputs)


@pytest.mark.parametrize("channels", [1, 3])
def test_an_image_becomes_a_copy_that_torch_may_write_to(channels: int) -> None:
    stored = np.arange(6, dtype=np.float32).reshape(2, 3, 1)
    image = np.broadcast_to(stored, (2, 3, channels))
    tensor = image_tensor(image)
    assert tensor.shape == (1, channels, 2, 3)
    tensor.zero_()
    assert stored.max() == 5


def test_an_image_without_nuclei_has_targets_of_zero() -> None:
    targets = hv_tensors(np.zeros((4, 5), np.int32))
    assert {name: target.shape for name, target in targets.items()} == {
        "np": (1, 1, 4, 5),
        "hv": (1, 2, 4, 5),
    }
    assert not any(target.any() for target in targets.values())
