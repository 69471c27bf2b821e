"""The decoder of tokens, behind the contract of the other networks."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from trainables.models import TokensConfig, build_model
from trainables.training import channels_last
from trainables.views import View
from trainables.whole_image import predict_whole

SMALL = {"encoder": "test_vit", "width": 32, "stem": 4}


def features_of(model: Any, image: torch.Tensor, channels: int = 64) -> torch.Tensor:
    grid = [max(2, -(-side // model.grid_px)) for side in image.shape[-2:]]
    return torch.rand(len(image), channels, *grid)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"stem": 0},
        {"decoders": "separate"},
        {"zoom": 4, "blocks": (0, -1)},
        {"encoder": "vit_small_patch14_reg4_dinov2"},
    ],
)
@pytest.mark.parametrize("size", [(64, 48), (37, 53), (1, 1)])
def test_any_size_comes_back(settings: dict[str, Any], size: tuple[int, int]) -> None:
    model = build_model(TokensConfig(**{**SMALL, **settings}), 3, 2)
    image = torch.rand(2, 3, *size)
    features = features_of(model, image, model.decoder.project.in_channels)
    outputs = model(channels_last(image), channels_last(features))
    assert {name: tuple(maps.shape) for name, maps in outputs.items()} == {
        "np": (2, 1, *size),
        "hv": (2, 2, *size),
        "nt": (2, 3, *size),
    }
    torch.stack([maps.square().sum() for maps in outputs.values()]).sum().backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.isfinite().all(), name


def test_the_other_weights_are_drawn_as_without_types() -> None:
    states = []
    for num_types in (0, 2):
        torch.manual_seed(2)
        states.append(build_model(TokensConfig(**SMALL), 1, num_types).state_dict())
    assert all(torch.equal(weight, states[1][name]) for name, weight in states[0].items())
    assert {name.partition(".")[0] for name in states[1].keys() - states[0].keys()} == {"nt_head"}


def test_large_images_are_predicted_on_the_grid_of_tokens() -> None:
    torch.manual_seed(0)
    model = build_model(TokensConfig(**SMALL), 1).eval()
    image = torch.rand(1, 1, 200, 150)
    view = View(image=image, features=features_of(model, image), grid_px=model.grid_px)
    with torch.inference_mode():
        whole = model(image, view.features)
        # Not a multiple of the grid: it is made one.
        parts = predict_whole(model, view, tile_px=150, margin_px=40)
    for name, maps in whole.items():
        torch.testing.assert_close(parts[name], maps, atol=1e-5, rtol=1e-4)
