"""The NT head: there where nuclei have types, and nowhere else."""

from __future__ import annotations

import pytest
import torch

from trainables.models import HoVerNetConfig, UNetConfig, build_model

SHARED = UNetConfig(width=4, depth=3)
SEPARATE = UNetConfig(width=4, depth=3, decoders="separate")


@pytest.mark.parametrize("size", [(16, 16), (21, 30)])
@pytest.mark.parametrize("config", [SHARED, SEPARATE, HoVerNetConfig()], ids=str)
def test_a_logit_for_every_class_and_the_background(
    config: UNetConfig | HoVerNetConfig, size: tuple[int, int]
) -> None:
    model = build_model(config, in_channels=1, num_types=3).eval()
    with torch.inference_mode():
        outputs = model(torch.rand(1, 1, *size))
    assert {name: tuple(maps.shape) for name, maps in outputs.items()} == {
        "np": (1, 1, *size),
        "hv": (1, 2, *size),
        "nt": (1, 4, *size),
    }


@pytest.mark.parametrize("config", [SHARED, SEPARATE, HoVerNetConfig()], ids=str)
def test_without_types_there_is_no_head(config: UNetConfig | HoVerNetConfig) -> None:
    states = []
    for arguments in ((), (0,)):
        torch.manual_seed(1)
        states.append(build_model(config, 1, *arguments).state_dict())
    assert list(states[0]) == list(states[1])
    assert not [name for name in states[0] if "nt_" in name or "type_prediction" in name]
    assert all(torch.equal(weight, states[1][name]) for name, weight in states[0].items())


@pytest.mark.parametrize("config", [SHARED, SEPARATE], ids=str)
def test_the_other_weights_are_drawn_as_without_types(config: UNetConfig) -> None:
    torch.manual_seed(2)
    plain = build_model(config).state_dict()
    torch.manual_seed(2)
    typed = build_model(config, num_types=2).state_dict()
    assert all(torch.equal(weight, typed[name]) for name, weight in plain.items())
    assert {name.partition(".")[0] for name in typed.keys() - plain.keys()} == (
        {"nt_head"} if config is SHARED else {"nt_head", "nt_decoder"}
    )


@pytest.mark.parametrize("config", [SHARED, SEPARATE], ids=str)
def test_every_weight_gets_a_gradient(config: UNetConfig) -> None:
    model = build_model(config, num_types=2)
    outputs = model(torch.rand(2, 1, 21, 30))
    torch.stack([maps.square().sum() for maps in outputs.values()]).sum().backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
