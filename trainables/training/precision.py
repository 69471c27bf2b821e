"""Mixed precision, where the hardware computes in it."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch

__all__ = ["Precision"]


class Precision:
    """In what the inner layers of a network compute, and how their gradients are kept in range."""

    def __init__(self, device: torch.device, *, amp: bool) -> None:
        """Chooses half precision only where the hardware computes in it.

        Args:
            device: Where the network is.
            amp: Whether half precision is wanted.
        """
        self._device_type = device.type
        self._dtype = _half_dtype(device) if amp else torch.float32
        self.scaler = torch.amp.GradScaler(device.type, enabled=self._dtype is torch.float16)

    def autocast(self) -> AbstractContextManager[None]:
        """The precision in which the network runs, for evaluation too."""
        return torch.autocast(
            self._device_type, dtype=self._dtype, enabled=self._dtype is not torch.float32
        )


def _half_dtype(device: torch.device) -> torch.dtype:
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    in_hardware = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.bfloat16 if in_hardware else torch.float32
