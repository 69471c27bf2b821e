"""The frozen encoder: images in, a grid of patch tokens out."""

from __future__ import annotations

import logging
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from sweeper.protocol import UserError
from trainables.models.config import TokensConfig
from trainables.models.padding import pad_to_multiple
from trainables.models.weights import load_state, read_weights
from trainables.tokens.traits import EncoderTraits, create_encoder, read_traits
from trainables.whole_image import spans

__all__ = ["TokenEncoder", "build_encoder"]

_log = logging.getLogger(__name__)

#: Cells of the largest piece of an image that goes through the encoder at once: attention costs
#: time with the square of their number.
_WINDOW_CELLS: Final = 64
#: What a piece sees beyond its own part.
_MARGIN_CELLS: Final = 8
_RANDOM_SEED: Final = 0


class TokenEncoder:
    """A vision transformer that is not trained.

    Attributes:
        grid_px: Side of the square of the image that a token stands for.
    """

    def __init__(self, network: Any, traits: EncoderTraits, config: TokensConfig) -> None:
        """Takes a model of timm, in evaluation mode on its device."""
        self.grid_px = traits.patch_px // config.zoom
        self._network = network
        self._traits = traits
        self._blocks = [block % traits.num_blocks for block in config.blocks]
        self._zoom = config.zoom
        self._dtype = getattr(torch, config.precision)
        self._device = next(network.parameters()).device

    @torch.inference_mode()
    def encode(self, image: Tensor) -> Tensor:
        """Computes the tokens of images.

        An image of more than 64 tokens on a side is encoded in overlapping pieces.

        Args:
            image: (B, C, H, W) float32, mostly in [0, 1]; on any device.

        Returns:
            (B, K, rows, columns) in the precision of the settings, on the encoder's device: one
            token for each square of `grid_px` pixels, those of all chosen blocks put together; at
            least two squares on each side, the last of which may go beyond the image.

        Raises:
            UserError: A token is too large for the precision.
        """
        padded = pad_to_multiple(self._normalised(image.to(self._device)), self.grid_px)
        rows, columns = (side // self.grid_px for side in padded.shape[-2:])
        channels = self._traits.channels * len(self._blocks)
        tokens = padded.new_empty((len(padded), channels, rows, columns), dtype=self._dtype)
        for row in spans(rows, _WINDOW_CELLS, _MARGIN_CELLS):
            for column in spans(columns, _WINDOW_CELLS, _MARGIN_CELLS):
                piece = padded[..., self._pixels(row.seen), self._pixels(column.seen)]
                seen = self._tokens(piece)[..., row.inner, column.inner]
                tokens[..., row.kept, column.kept] = seen
        if not tokens.isfinite().all():
            raise UserError(
                "the encoder's features do not fit into float16 or are not finite",
                hint="set model.precision to float32; else the weights are broken",
            )
        return tokens

    def _normalised(self, image: Tensor) -> Tensor:
        """Brings the image to what the encoder was trained with."""
        wanted = self._traits.in_channels
        if image.shape[1] > wanted:
            image = image.mean(dim=1, keepdim=True)
        image = image.expand(-1, wanted, -1, -1).clamp(0, 1)
        mean, std = (image.new_tensor(part)[:, None, None] for part in self._moments())
        return (image - mean) / std

    def _moments(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        return self._traits.mean, self._traits.std

    def _pixels(self, cells: slice) -> slice:
        return slice(cells.start * self.grid_px, cells.stop * self.grid_px)

    def _tokens(self, piece: Tensor) -> Tensor:
        if self._zoom > 1:
            piece = functional.interpolate(piece, scale_factor=self._zoom, mode="bilinear")
        # Class and register tokens stand before those of the patches; timm leaves them out here.
        with torch.autocast(self._device.type, enabled=False):
            grids = self._network.forward_intermediates(
                piece,
                indices=sorted(set(self._blocks)),
                norm=True,
                stop_early=True,
                output_fmt="NCHW",
                intermediates_only=True,
            )
        by_block = dict(zip(sorted(set(self._blocks)), grids, strict=True))
        return torch.cat([by_block[block] for block in self._blocks], dim=1)


def build_encoder(config: TokensConfig, device: torch.device) -> TokenEncoder:
    """Loads an encoder, frozen.

    Without weights it is random, but the same every time; torch's global generator is left alone.

    Raises:
        ConfigError: The file of weights can't be used, or there is no such encoder.
        UserError: The weights can't be downloaded.
    """
    traits = read_traits(config.encoder)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_RANDOM_SEED)
        network = (
            _downloaded(config.encoder) if config.pretrained else create_encoder(config.encoder)
        )
    if config.weights is not None:
        state = _converted(network, read_weights(config.weights))
        load_state(network, state, config.weights, of=config.encoder)
    elif not config.pretrained:
        _log.warning("%s has random weights: model.weights names no file", config.encoder)
    network = network.eval().requires_grad_(requires_grad=False).to(device)
    return TokenEncoder(network, traits, config)


def _downloaded(name: str) -> nn.Module:
    try:
        network: nn.Module = create_encoder(name, pretrained=True)
    except (OSError, RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(
            f"can't get the pretrained weights of {name}: {reason}",
            hint="download the file where there is a network, and name it as model.weights",
        ) from error
    return network


def _converted(network: nn.Module, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights as their authors publish them, in timm's names and for this patch size.

    timm keeps the conversion of a family of models beside it, as `checkpoint_filter_fn`.
    """
    from importlib import import_module

    convert = getattr(import_module(type(network).__module__), "checkpoint_filter_fn", None)
    if convert is None:
        return state
    try:
        converted: dict[str, Tensor] = convert(dict(state), network)
    except (AttributeError, KeyError, RuntimeError, ValueError):
        # Of something else: what does not fit is told when it is loaded.
        return state
    return converted
