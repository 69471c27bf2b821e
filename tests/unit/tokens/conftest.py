"""Encoders small enough for tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from trainables.data import Split
from trainables.models import TokensConfig
from trainables.tokens.encoder import TokenEncoder
from trainables.tokens.traits import EncoderTraits


class Averaging(nn.Module):
    """Answers with the mean colour of each patch: what a token should be is plain to see."""

    def __init__(self, patch_px: int) -> None:
        super().__init__()
        self.patch_px = patch_px
        self.unused = nn.Parameter(torch.zeros(1))
        self.calls = 0

    def forward_intermediates(self, image: Tensor, *, indices: list[int], **_: Any) -> list[Tensor]:
        self.calls += 1
        return [functional.avg_pool2d(image, self.patch_px) for _ in indices]


def traits(**changes: Any) -> EncoderTraits:
    return EncoderTraits(
        **{
            "channels": 3,
            "patch_px": 8,
            "num_prefix": 0,
            "num_blocks": 4,
            "in_channels": 3,
            "mean": (0.0, 0.0, 0.0),
            "std": (1.0, 1.0, 1.0),
            "source": "",
            **changes,
        }
    )


@pytest.fixture
def averaging() -> Callable[..., TokenEncoder]:
    def built(**settings: Any) -> TokenEncoder:
        config = TokensConfig(**{"precision": "float32", **settings})
        return TokenEncoder(Averaging(8), traits(), config)

    return built


@pytest.fixture
def make_traits() -> Callable[..., EncoderTraits]:
    return traits


@pytest.fixture
def places() -> Callable[..., Split]:
    """Images whose pixels tell where they are, in [0, 1]."""

    def built(*shapes: tuple[int, int]) -> Split:
        images, labels = [], []
        for height, width in shapes:
            rows, columns = np.mgrid[:height, :width]
            image = np.stack([rows / 512, columns / 512, np.ones_like(rows)], axis=-1)
            images.append(image.astype(np.float32))
            one = np.zeros((height, width), np.int32)
            one[height // 3 : height // 2, width // 3 : width // 2] = 7
            labels.append(one)
        names = [str(index) for index in range(len(shapes))]
        return Split(names=names, channels=3, stored_images=images, stored_labels=labels)

    return built


@pytest.fixture
def trial(tmp_path: Path) -> SimpleNamespace:
    """Settings of a trial with a small encoder, and where it runs."""
    settings = {
        "epochs": 2,
        "data": {
            "source": "synthetic",
            "num_train": 3,
            "num_val": 2,
            "num_test": 0,
            "size_px": 72,
        },
        "crop_px": 64,
        "batch_size": 2,
        "model": {"name": "tokens", "encoder": "test_vit", "width": 16, "stem": 4},
        "augment": {"preset": "some"},
        "decode": {"search": "fixed"},
    }
    return SimpleNamespace(settings=settings, folder=tmp_path, cache=tmp_path / "cache")
