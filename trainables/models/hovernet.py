"""MONAI's HoVerNet for images of any size, with the outputs of the other networks."""

from __future__ import annotations

from typing import Any, Final

import torch
from monai.networks.nets.hovernet import HoVerNet
from torch import Tensor, nn

from trainables.models.config import HoVerNetConfig
from trainables.models.padding import cut_to, pad_to_multiple

__all__ = ["PaddedHoVerNet"]

#: The encoder halves the image three times.
_DOWNSAMPLING: Final = 8


class PaddedHoVerNet(nn.Module):
    """HoVer-Net: a ResNet-50 encoder and one dense decoder per head, about 34 million weights.

    Differs from MONAI's `HoVerNet(mode="fast")`, whose modules and initialisation it uses: the
    decoders' convolutions are padded, so that the output covers the input; any input size goes,
    not 256 x 256 alone; and the decoders add their skip connections at all scales (MONAI's own
    forward leaves out those at full and half size as soon as the decoders are padded).

    Source: Graham et al. 2019, doi:10.1016/j.media.2019.101563.
    """

    def __init__(self, config: HoVerNetConfig, in_channels: int, num_types: int = 0) -> None:
        super().__init__()
        self.hv_tanh = config.hv_tanh
        self.net = HoVerNet(
            mode="fast",
            in_channels=in_channels,
            out_classes=num_types + 1 if num_types else 0,
            decoder_padding=True,
            dropout_prob=config.dropout,
        )

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """Predicts all maps at the image's size.

        Args:
            image: (B, C, H, W) float; any H and W.

        Returns:
            `np`: logits (B, 1, H, W), the difference of the two NP channels, whose sigmoid is the
            softmax's foreground; `hv`: (B, 2, H, W), in (-1, 1) with `hv_tanh`, unbounded without;
            with types `nt`: logits (B, 1 + types, H, W).
        """
        features = self.net.conv0(pad_to_multiple(image, _DOWNSAMPLING))
        levels = []
        for block in self.net.res_blocks:
            features = block(features)
            levels.append(features)
        features = self.net.upsample(self.net.bottleneck(features))
        background, nuclei = _decode(self.net.nucleus_prediction, features, levels).split(1, dim=1)
        maps = _decode(self.net.horizontal_vertical, features, levels)
        if self.hv_tanh:
            maps = torch.tanh(maps)
        outputs = {"np": cut_to(nuclei - background, image), "hv": cut_to(maps, image)}
        if self.net.type_prediction is not None:
            types = _decode(self.net.type_prediction, features, levels)
            outputs["nt"] = cut_to(types, image)
        return outputs


def _decode(branch: Any, bottom: Tensor, levels: list[Tensor]) -> Tensor:
    """Runs one of MONAI's decoder branches; `levels` are the encoder's features, finest first."""
    finest, middle, coarse, _ = levels
    features = bottom + coarse
    for block, skip in zip(branch.decoder_blocks, (middle, finest), strict=True):
        features = branch.upsample(block(features)) + skip
    return branch.output_features(features)
