"""Tokens stand where their patches are, and nothing but patches is among them."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from sweeper.protocol import ConfigError, UserError
from trainables.models import TokensConfig
from trainables.tokens import encoder as encoder_module
from trainables.tokens.encoder import TokenEncoder, build_encoder
from trainables.tokens.timm_door import load_timm
from trainables.tokens.traits import EncoderTraits, read_traits

CPU = torch.device("cpu")
Make = Callable[..., EncoderTraits]


def vit(**settings: Any) -> Any:
    load_timm()
    from timm.models.vision_transformer import VisionTransformer

    torch.manual_seed(0)
    shape = {"img_size": 32, "patch_size": 8, "embed_dim": 16, "depth": 4, "num_heads": 2}
    model = VisionTransformer(
        **shape, num_classes=0, global_pool="avg", dynamic_img_size=True, **settings
    )
    return model.eval()


def eva() -> Any:
    load_timm()
    from timm.models.eva import Eva

    torch.manual_seed(0)
    shape = {"img_size": 32, "patch_size": 8, "embed_dim": 16, "depth": 4, "num_heads": 2}
    model = Eva(
        **shape,
        num_classes=0,
        global_pool="avg",
        dynamic_img_size=True,
        num_reg_tokens=4,
        use_rot_pos_emb=True,
    )
    return model.eval()


KINDS = {
    "none": (lambda: vit(class_token=False), 0),
    "class": (lambda: vit(class_token=True), 1),
    "class + registers": (lambda: vit(class_token=True, reg_tokens=4), 5),
    "registers": (lambda: vit(class_token=False, reg_tokens=3), 3),
    "rotary, class + registers": (eva, 5),
}


@pytest.mark.parametrize("kind", KINDS)
def test_only_patch_tokens_are_left(kind: str, make_traits: Make) -> None:
    build, num_prefix = KINDS[kind]
    network = build()
    assert network.num_prefix_tokens == num_prefix
    encoder = TokenEncoder(
        network, make_traits(channels=16), TokensConfig(precision="float32", blocks=(-1,))
    )
    image = torch.rand(2, 3, 40, 24)
    with torch.inference_mode():
        sequence = network.forward_features(image)
    assert sequence.shape[1] == num_prefix + 5 * 3
    patches = sequence[:, num_prefix:].reshape(2, 5, 3, 16).permute(0, 3, 1, 2)
    torch.testing.assert_close(encoder.encode(image), patches)


@pytest.mark.parametrize(
    ("name", "num_prefix", "patch_px"),
    [
        ("vit_base_patch16_gap_224", 0, 16),
        ("test_vit", 1, 16),
        ("deit_tiny_distilled_patch16_224", 2, 16),
        ("vit_small_patch14_reg4_dinov2", 5, 14),
        ("vit_small_patch16_dinov3", 5, 16),
    ],
)
def test_traits_are_known_without_weights(name: str, num_prefix: int, patch_px: int) -> None:
    traits = read_traits(name)
    assert (traits.num_prefix, traits.patch_px) == (num_prefix, patch_px)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("test_vitt", "timm has no model 'test_vitt'; did you mean test_vit"),
        ("resnet18", "'resnet18' takes images of one size only; take a plain vision"),
        ("swin_tiny_patch4_window7_224", "gives no grid of patch tokens"),
    ],
)
def test_other_models_are_refused(name: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=f"model.encoder: .*{reason}"):
        read_traits(name)


def test_without_timm_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainables.tokens.traits.has_timm", lambda: False)
    with pytest.raises(ConfigError, match=r"pip install 'sweeper\[tokens\]'"):
        read_traits.__wrapped__("test_vit")


def test_images_are_normalised_as_in_training(make_traits: Make, averaging: Any) -> None:
    moments = {"mean": (0.5, 0.25, 0.0), "std": (0.5, 0.25, 2.0)}
    network = averaging()._network
    encoder = TokenEncoder(network, make_traits(**moments), TokensConfig(precision="float32"))
    tokens = encoder.encode(torch.full((1, 1, 16, 16), 0.75))
    assert tokens[0, :, 0, 0].tolist() == [0.5, 2.0, 0.375]
    beyond = encoder.encode(torch.full((1, 1, 16, 16), 3.0))
    assert torch.equal(beyond, encoder.encode(torch.ones(1, 1, 16, 16)))


def test_colours_become_gray_for_a_gray_encoder(make_traits: Make, averaging: Any) -> None:
    gray = make_traits(in_channels=1, mean=(0.0,), std=(1.0,), channels=1)
    encoder = TokenEncoder(averaging()._network, gray, TokensConfig(precision="float32"))
    image = torch.tensor([0.0, 0.5, 1.0])[None, :, None, None].expand(1, 3, 16, 16)
    assert encoder.encode(image)[0, 0, 0, 0] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("size", "grid"), [((16, 24), (2, 3)), ((17, 23), (3, 3)), ((1, 1), (2, 2)), ((8, 40), (2, 5))]
)
def test_the_grid_covers_the_image(averaging: Any, size: Any, grid: Any) -> None:
    assert averaging().encode(torch.rand(1, 3, *size)).shape == (1, 3, *grid)


def test_zoom_makes_tokens_finer(averaging: Any) -> None:
    encoder = averaging(zoom=2)
    image = torch.rand(1, 3, 16, 16).round(decimals=1)
    assert encoder.grid_px == 4
    tokens = encoder.encode(image)
    assert tokens.shape == (1, 3, 4, 4)
    # Interpolation looks a pixel beyond each square.
    torch.testing.assert_close(
        tokens, torch.nn.functional.avg_pool2d(image, 4), atol=0.15, rtol=0.0
    )


def test_pieces_of_large_images_fit_together(
    averaging: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = torch.rand(1, 3, 100, 60)
    whole = averaging().encode(image)
    monkeypatch.setattr(encoder_module, "_WINDOW_CELLS", 6)
    monkeypatch.setattr(encoder_module, "_MARGIN_CELLS", 1)
    pieces = averaging()
    torch.testing.assert_close(pieces.encode(image), whole)
    assert pieces._network.calls > 4


def test_features_that_do_not_fit_are_refused(make_traits: Make, averaging: Any) -> None:
    traits = make_traits(std=(1e-6, 1.0, 1.0))
    image = torch.ones(1, 3, 16, 16)
    network = averaging()._network
    precise = TokenEncoder(network, traits, TokensConfig(precision="float32"))
    assert precise.encode(image).max() > 1e5
    with pytest.raises(UserError, match="do not fit into float16"):
        TokenEncoder(network, traits, TokensConfig()).encode(image)


def test_blocks_are_put_together_in_their_order(make_traits: Make) -> None:
    network = vit()
    encoders = {
        blocks: TokenEncoder(
            network, make_traits(channels=16), TokensConfig(precision="float32", blocks=blocks)
        )
        for blocks in ((3,), (-1, 0), (0,))
    }
    image = torch.rand(1, 3, 16, 16)
    last, both, first = (one.encode(image) for one in encoders.values())
    torch.testing.assert_close(both, torch.cat([last, first], dim=1))


class TestWeights:
    def test_without_a_file_they_are_random_but_always_the_same(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        image, before = torch.rand(1, 1, 32, 32), torch.random.get_rng_state()
        one, other = (build_encoder(TokensConfig(encoder="test_vit"), CPU) for _ in range(2))
        assert torch.equal(torch.random.get_rng_state(), before)
        assert torch.equal(one.encode(image), other.encode(image))
        assert "test_vit has random weights" in caplog.text

    def test_no_network_is_asked_unless_a_person_asks(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def unreachable(*_: Any, **__: Any) -> Any:
            pytest.fail("asks the network")

        for name in ("create_connection", "getaddrinfo"):
            monkeypatch.setattr(socket, name, unreachable)
        monkeypatch.setattr(socket.socket, "connect", unreachable)
        read_traits.cache_clear()
        build_encoder(TokensConfig(encoder="test_vit"), CPU)

    @pytest.mark.parametrize("suffix", ["pth", "safetensors"])
    def test_those_of_a_file_are_used(self, tmp_path: Path, suffix: str) -> None:
        from safetensors.torch import save_file

        torch.manual_seed(5)
        network = load_timm().create_model("test_vit", num_classes=10, dynamic_img_size=True)
        path, state = tmp_path / f"w.{suffix}", network.state_dict()
        torch.save({"model": state}, path) if suffix == "pth" else save_file(state, path)
        config = TokensConfig(encoder="test_vit", weights=path, precision="float32")
        image = torch.rand(1, 3, 32, 32)
        with torch.inference_mode():
            sequence = network.eval().forward_features((image - 0.5) / 0.5)
        expected = sequence[:, 1:].reshape(1, 2, 2, -1).permute(0, 3, 1, 2)
        torch.testing.assert_close(build_encoder(config, CPU).encode(image), expected)

    def test_positions_of_another_size_are_resampled(self, tmp_path: Path) -> None:
        other = load_timm().create_model("test_vit", num_classes=0, img_size=96)
        path = tmp_path / "w.pth"
        torch.save(other.state_dict(), path)
        build_encoder(TokensConfig(encoder="test_vit", weights=path), CPU)

    def test_a_file_of_another_network_is_refused(self, tmp_path: Path) -> None:
        torch.save(torch.nn.Linear(2, 2).state_dict(), tmp_path / "w.pth")
        config = TokensConfig(encoder="test_vit", weights=tmp_path / "w.pth")
        with pytest.raises(ConfigError, match=r"w.pth has 0 of the \d+ tensors of test_vit"):
            build_encoder(config, CPU)

    def test_a_failed_download_says_what_to_do(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: Any, **__: Any) -> Any:
            raise OSError("no route to host")

        monkeypatch.setattr(load_timm(), "create_model", fail)
        with pytest.raises(UserError, match="weights of test_vit: no route") as found:
            build_encoder(TokensConfig(encoder="test_vit", pretrained=True), CPU)
        assert "model.weights" in found.value.hint
