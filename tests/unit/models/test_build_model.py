"""Both networks keep one contract: any size in, NP logits and HV maps of that size out."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
import torch
from pydantic import TypeAdapter, ValidationError
from torch import nn

from trainables.models import HoVerNetConfig, ModelConfig, UNetConfig, build_model

SMALL = UNetConfig(width=4)
VARIANTS = [
    SMALL,
    UNetConfig(width=4, depth=2, encoder_convs=1, decoder_convs=2),
    UNetConfig(width=4, depth=5),
    UNetConfig(width=4, decoders="separate"),
    UNetConfig(width=4, norm="instance"),
    UNetConfig(width=6, norm="group"),
    UNetConfig(width=4, upsample="deconv"),
    UNetConfig(width=4, hv_tanh=False),
]


@pytest.fixture(scope="module")
def hovernet() -> nn.Module:
    torch.manual_seed(0)
    return build_model(HoVerNetConfig(hv_tanh=True), in_channels=1)


@pytest.mark.parametrize("size", [(32, 32), (37, 53), (64, 17), (1, 1), (3, 2)])
@pytest.mark.parametrize("config", VARIANTS, ids=str)
def test_outputs_have_the_size_of_the_image(config: UNetConfig, size: tuple[int, int]) -> None:
    model = build_model(config, in_channels=3)
    outputs = model(torch.rand(2, 3, *size))
    assert {name: tuple(maps.shape) for name, maps in outputs.items()} == {
        "np": (2, 1, *size),
        "hv": (2, 2, *size),
    }
    assert all(maps.isfinite().all() for maps in outputs.values())


@pytest.mark.parametrize("size", [(16, 16), (37, 53), (1, 1)])
def test_hovernet_takes_any_size(hovernet: nn.Module, size: tuple[int, int]) -> None:
    outputs = hovernet(torch.rand(1, 1, *size))
    assert outputs["np"].shape == (1, 1, *size)
    assert outputs["hv"].shape == (1, 2, *size)
    assert all(maps.isfinite().all() for maps in outputs.values())


def test_hovernet_adds_the_full_size_skip(hovernet: nn.Module) -> None:
    # MONAI's own forward drops it when the decoders are padded.
    seen: dict[str, torch.Tensor] = {}
    branch = hovernet.net.horizontal_vertical
    hooks = [
        hovernet.net.res_blocks[0].register_forward_hook(
            lambda _module, _args, out: seen.update(skip=out)
        ),
        branch.upsample.register_forward_hook(
            lambda _module, _args, out: seen.update(upsampled=out)
        ),
        branch.output_features.register_forward_pre_hook(
            lambda _module, args: seen.update(merged=args[0])
        ),
    ]
    hovernet(torch.rand(1, 1, 16, 16))
    for hook in hooks:
        hook.remove()
    assert torch.equal(seen["merged"], seen["upsampled"] + seen["skip"])


def test_hovernet_logits_are_those_of_its_softmax(hovernet: nn.Module) -> None:
    seen: list[torch.Tensor] = []
    branch = hovernet.net.nucleus_prediction.output_features
    hook = branch.register_forward_hook(lambda _module, _args, out: seen.append(out))
    outputs = hovernet(torch.rand(1, 1, 16, 16))
    hook.remove()
    torch.testing.assert_close(outputs["np"].sigmoid(), seen[0].softmax(dim=1)[:, 1:])


@pytest.mark.parametrize("config", VARIANTS, ids=str)
def test_every_weight_gets_a_gradient(config: UNetConfig) -> None:
    model = build_model(config)
    outputs = model(torch.rand(2, 1, 21, 30))
    (outputs["np"].square().sum() + outputs["hv"].square().sum()).backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.isfinite().all(), name


def test_tanh_bounds_the_maps() -> None:
    torch.manual_seed(0)
    bounded, free = build_model(SMALL), build_model(SMALL.model_copy(update={"hv_tanh": False}))
    free.load_state_dict(bounded.state_dict())
    image = torch.rand(1, 1, 16, 16)
    bounded.eval()
    free.eval()
    with torch.no_grad():
        torch.testing.assert_close(bounded(image)["hv"], free(image)["hv"].tanh())
        free.hv_head.weight.mul_(1e4)
        assert free(image)["hv"].abs().max() > 1


@pytest.mark.parametrize("config", [SMALL, HoVerNetConfig()], ids=lambda config: config.name)
def test_weights_come_from_the_seed(config: UNetConfig | HoVerNetConfig) -> None:
    states = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        states.append(build_model(config).state_dict())
    same = [torch.equal(states[0][name], states[1][name]) for name in states[0]]
    different = [torch.equal(states[0][name], states[2][name]) for name in states[0]]
    assert all(same)
    assert not all(different)


def test_state_survives_a_safe_load() -> None:
    model, other = build_model(SMALL), build_model(SMALL)
    model(torch.rand(2, 1, 16, 16))
    buffer = io.BytesIO()
    torch.save(model.state_dict(), buffer)
    buffer.seek(0)
    other.load_state_dict(torch.load(buffer, weights_only=True))
    model.eval()
    other.eval()
    image = torch.rand(1, 1, 20, 20)
    with torch.inference_mode():
        assert torch.equal(model(image)["hv"], other(image)["hv"])


def test_evaluation_does_not_depend_on_the_batch() -> None:
    model = build_model(SMALL).eval()
    images = torch.rand(3, 1, 24, 40)
    with torch.inference_mode():
        torch.testing.assert_close(model(images)["np"][1:2], model(images[1:2])["np"])


def test_default_widths() -> None:
    assert UNetConfig().channels == (16, 32, 64, 128)


def test_convolutions_per_level_count() -> None:
    def num_convolutions(config: UNetConfig) -> int:
        weights = build_model(config).state_dict()
        return sum(weight.shape[-2:] == (3, 3) for weight in weights.values())

    assert num_convolutions(UNetConfig(width=4, depth=3)) == 3 * 2 + 2
    assert num_convolutions(UNetConfig(width=4, depth=3, encoder_convs=1, decoder_convs=3)) == 9
    assert num_convolutions(UNetConfig(width=4, depth=3, decoders="separate")) == 6 + 2 * 2


def test_the_name_chooses_the_settings() -> None:
    adapter = TypeAdapter(ModelConfig)
    assert adapter.validate_python({"width": 8}) == UNetConfig(width=8)
    assert adapter.validate_python({"name": "hovernet"}) == HoVerNetConfig()
    assert adapter.validate_python(UNetConfig(width=8)) == UNetConfig(width=8)
    for config in (UNetConfig(width=8), HoVerNetConfig(hv_tanh=True)):
        assert adapter.validate_python(config.model_dump()) == config


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"width": 0}, "width"),
        ({"depth": 1}, "depth"),
        ({"norm": "layer"}, "norm"),
        ({"hv_tan": True}, "hv_tan"),
        ({"name": "hovernet", "width": 16}, "width"),
        ({"name": "segnet"}, "segnet"),
    ],
)
def test_wrong_settings_name_their_field(settings: dict[str, object], field: str) -> None:
    with pytest.raises(ValidationError, match=field):
        TypeAdapter(ModelConfig).validate_python(settings)


def test_settings_load_no_torch() -> None:
    code = (
        "import sys, trainables.models, trainables.models.config;"
        "sys.exit(any(name in sys.modules for name in ('torch', 'monai', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_unknown_name_is_no_attribute() -> None:
    import trainables.models as models

    with pytest.raises(AttributeError, match="no_such"):
        _ = models.no_such
