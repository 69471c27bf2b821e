"""FlexibleUNet behind the contract of the other networks; weights from files of others."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
import torch
from monai.networks.nets.flexible_unet import FLEXUNET_BACKBONE
from pydantic import TypeAdapter, ValidationError
from torch import nn

from sweeper.protocol import ConfigError
from trainables.models import FlexibleUNetConfig, ModelConfig, build_model
from trainables.models.config import Backbone
from trainables.models.weights import load_weights, read_weights

LIGHT = FlexibleUNetConfig(backbone="resnet10", decoder_channels=(8, 8, 8, 8, 8))
B0 = FlexibleUNetConfig(backbone="efficientnet-b0", decoder_channels=(8, 8, 8, 8, 8))


def test_the_names_are_those_of_monai() -> None:
    assert set(get_args(Backbone)) == set(FLEXUNET_BACKBONE.register_dict)


def test_another_name_is_refused_with_those_that_are_allowed() -> None:
    with pytest.raises(ValidationError, match=r"efficientnet-b0.*resnet200"):
        TypeAdapter(ModelConfig).validate_python({"name": "flexible_unet", "backbone": "resnet19"})


@pytest.mark.parametrize("config", [LIGHT, B0], ids=lambda config: config.backbone)
@pytest.mark.parametrize("channels", [1, 3])
def test_any_size_comes_back(config: FlexibleUNetConfig, channels: int) -> None:
    model = build_model(config, channels, 2).eval()
    for size in ((64, 64), (37, 70), (1, 3)):
        with torch.inference_mode():
            outputs = model(torch.rand(1, channels, *size))
        shapes = {name: tuple(maps.shape[1:]) for name, maps in outputs.items()}
        assert shapes == {"np": (1, *size), "hv": (2, *size), "nt": (3, *size)}


@pytest.mark.parametrize("decoders", ["shared", "separate"])
def test_every_weight_gets_a_gradient(decoders: str) -> None:
    for base in (LIGHT, B0):
        model = build_model(base.model_copy(update={"decoders": decoders}), 1, 2)
        outputs = model(torch.rand(2, 1, 33, 40))
        torch.stack([maps.square().sum() for maps in outputs.values()]).sum().backward()
        missing = [name for name, weight in model.named_parameters() if weight.grad is None]
        assert not missing


def test_the_other_weights_are_drawn_as_without_types() -> None:
    torch.manual_seed(2)
    plain = build_model(LIGHT).state_dict()
    torch.manual_seed(2)
    typed = build_model(LIGHT, num_types=2).state_dict()
    assert all(torch.equal(weight, typed[name]) for name, weight in plain.items())


class TestWeights:
    def test_those_of_a_file_are_taken(self, tmp_path: Path) -> None:
        torch.manual_seed(1)
        encoder = build_model(LIGHT, 3).encoder
        path = tmp_path / "resnet10.pth"
        state = {f"module.backbone.{name}": value for name, value in encoder.state_dict().items()}
        head = {"module.head.weight": torch.ones(2)}
        torch.save({"epoch": 3, "state_dict": {**state, **head}}, path)
        model = build_model(LIGHT.model_copy(update={"weights": path}), 3)
        for name, value in encoder.state_dict().items():
            assert torch.equal(model.encoder.state_dict()[name], value), name

    def test_what_did_not_match_is_told(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        state = nn.Linear(2, 3).state_dict()
        torch.save({"0.weight": state["weight"], "extra": torch.ones(1)}, tmp_path / "w.pth")
        matching = load_weights(nn.Sequential(nn.Linear(2, 3)), tmp_path / "w.pth", of="it")
        assert matching.loaded == ["0.weight"]
        assert matching.missing == ["0.bias"]
        assert matching.unused == ["extra"]
        assert "1 of 2 tensors; not in the file: 0.bias" in caplog.text

    @pytest.mark.parametrize(("file_channels", "channels"), [(3, 1), (1, 3)])
    def test_colours_and_gray_see_the_same_gray_image(
        self, tmp_path: Path, file_channels: int, channels: int
    ) -> None:
        source = nn.Conv2d(file_channels, 4, 3)
        target = nn.Conv2d(channels, 4, 3)
        torch.save(source.state_dict(), tmp_path / "w.pth")
        load_weights(target, tmp_path / "w.pth", of="it")
        gray = torch.rand(1, 1, 5, 5)
        torch.testing.assert_close(
            target(gray.expand(-1, channels, -1, -1)),
            source(gray.expand(-1, file_channels, -1, -1)),
        )

    def test_safetensors(self, tmp_path: Path) -> None:
        save_file = pytest.importorskip("safetensors.torch").save_file
        layer = nn.Linear(2, 2)
        save_file(layer.state_dict(), tmp_path / "w.safetensors")
        assert torch.equal(read_weights(tmp_path / "w.safetensors")["bias"], layer.bias)
        (tmp_path / "torn.safetensors").write_bytes(b"12345678")
        with pytest.raises(ConfigError, match=r"torn.safetensors can't be read"):
            read_weights(tmp_path / "torn.safetensors")

    def test_code_in_a_file_is_not_run(self, tmp_path: Path) -> None:
        torch.save({"weight": torch.ones(1), "code": Path("x")}, tmp_path / "w.pth")
        with pytest.raises(ConfigError, match=r"model.weights: .*w.pth can't be read"):
            read_weights(tmp_path / "w.pth")

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (None, "No such file"),
            ([1, 2], "holds no tensors by name"),
            ({"a.b": torch.ones(2)}, "has 0 of the 2 tensors of it; its own are a.b"),
            (
                {"weight": torch.ones(3, 3), "bias": torch.ones(3)},
                r"weight is \(3, 3\), not \(3, 2",
            ),
        ],
    )
    def test_the_wrong_file_is_refused(self, tmp_path: Path, content: object, reason: str) -> None:
        if content is not None:
            torch.save(content, tmp_path / "w.pth")
        with pytest.raises(ConfigError, match=reason):
            load_weights(nn.Linear(2, 3), tmp_path / "w.pth", of="it")
