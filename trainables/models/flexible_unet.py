"""MONAI's FlexibleUNet: a known image encoder, a light decoder, and the heads of the others."""

from __future__ import annotations

from typing import Any, Final

from monai.networks.nets import FlexibleUNet
from torch import Tensor, nn

from trainables.models.config import FlexibleUNetConfig
from trainables.models.heads import HeadedNetwork
from trainables.models.padding import pad_to_multiple
from trainables.models.weights import load_weights

__all__ = ["HVFlexibleUNet"]

#: Every backbone halves the image five times.
_DOWNSAMPLING: Final = 32
#: Of the backbones' classifiers, which no map needs.
_CLASSIFIER: Final = ("_conv_head", "_bn1", "_fc", "_avg_pooling", "_dropout", "avgpool", "fc")


class HVFlexibleUNet(HeadedNetwork):
    """An EfficientNet or ResNet as the way down, MONAI's U-Net decoder as the way up.

    Differs from MONAI's network: any image size (padded to a multiple of 32 as the other networks
    pad, so all skips fit); two or three heads instead of one, on a shared or on separate decoders;
    the classifier's weights are left out.

    Source: MONAI `FlexibleUNet`; Tan and Le 2019, arXiv:1905.11946; He et al. 2016,
    arXiv:1512.03385.
    """

    def __init__(self, config: FlexibleUNetConfig, in_channels: int, num_types: int = 0) -> None:
        """Builds the network, with the encoder's weights from a file if the settings name one.

        Raises:
            ConfigError: `config.weights` can't be used for this backbone.
        """
        super().__init__()
        is_separate = config.decoders == "separate"
        self.hv_tanh = config.hv_tanh
        network = _network(config, in_channels)
        self.encoder = network.encoder
        for name in _CLASSIFIER:
            if hasattr(self.encoder, name):
                delattr(self.encoder, name)
        self.num_skips = network.skip_connect
        self.decoder = network.decoder
        self.hv_decoder = _network(config, in_channels).decoder if is_separate else None
        width = config.decoder_channels[-1]
        self.np_head = nn.Conv2d(width, 1, kernel_size=3, padding=1)
        self.hv_head = nn.Conv2d(width, 2, kernel_size=3, padding=1)
        # Last, so that the other weights are drawn as without types.
        typed = num_types > 0
        self.nt_decoder = _network(config, in_channels).decoder if is_separate and typed else None
        self.nt_head = nn.Conv2d(width, num_types + 1, kernel_size=3, padding=1) if typed else None
        if config.weights is not None:
            load_weights(self.encoder, config.weights, of=config.backbone)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """Predicts all maps at the image's size.

        Args:
            image: (B, C, H, W) float; any H and W.

        Returns:
            `np`: logits (B, 1, H, W); `hv`: (B, 2, H, W), in (-1, 1) with `hv_tanh`, unbounded
            without; with types `nt`: logits (B, 1 + types, H, W).
        """
        levels = self.encoder(pad_to_multiple(image, _DOWNSAMPLING))
        shared = self._decoded(self.decoder, levels)
        hv_features = self._decoded(self.hv_decoder, levels) if self.hv_decoder else shared
        nt_features = self._decoded(self.nt_decoder, levels) if self.nt_decoder else shared
        return self.maps_of(image, shared, hv_features, nt_features)

    def _decoded(self, decoder: nn.Module, levels: list[Tensor]) -> Tensor:
        # MONAI's decoder leaves out the first entry, which stands for the image.
        features: Tensor = decoder(levels, self.num_skips)
        return features


def _network(config: FlexibleUNetConfig, in_channels: int) -> Any:
    return FlexibleUNet(
        in_channels=in_channels,
        out_channels=1,
        backbone=config.backbone,
        pretrained=False,
        decoder_channels=config.decoder_channels,
        dropout=config.dropout,
    )
