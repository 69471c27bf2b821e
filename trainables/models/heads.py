"""From the features of a network to its maps."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from trainables.models.padding import cut_to

__all__ = ["HeadedNetwork"]


class HeadedNetwork(nn.Module):
    """A network that ends in heads for nuclei, HoVer maps and, where there are types, those.

    Attributes:
        np_head: Gives one logit.
        hv_head: Gives two maps.
        nt_head: Gives the logits of background and types; None: there are none.
        hv_tanh: Whether the HoVer maps are kept in (-1, 1).
    """

    np_head: nn.Conv2d
    hv_head: nn.Conv2d
    nt_head: nn.Conv2d | None
    hv_tanh: bool

    def maps_of(
        self, image: Tensor, np_features: Tensor, hv_features: Tensor, nt_features: Tensor
    ) -> dict[str, Tensor]:
        """Applies the heads.

        Args:
            image: (B, C, H, W); the maps are cut to its size.
            np_features: (B, F, height, width), not smaller than the image.
            hv_features: Of the same shape.
            nt_features: Of the same shape; of no use without types.

        Returns:
            `np`: logits (B, 1, H, W); `hv`: (B, 2, H, W), horizontal and vertical; with types `nt`:
            logits (B, 1 + types, H, W).
        """
        # Decoding takes slopes of the maps, which the 8 bits of bfloat16 would turn into steps.
        with torch.autocast(image.device.type, enabled=False):
            logits = self.np_head(np_features.to(self.np_head.weight))
            maps = self.hv_head(hv_features.to(self.hv_head.weight))
        if self.hv_tanh:
            maps = torch.tanh(maps)
        outputs = {"np": cut_to(logits, image), "hv": cut_to(maps, image)}
        if self.nt_head is not None:
            outputs["nt"] = cut_to(self.nt_head(nt_features), image)
        return outputs
