"""Milliseconds and peak memory of a step of a loss, each in a process of its own.

A step is forward and backward to the logits, on one thread; its time is that of the processor, so
that others on the machine disturb it less. Peak memory is what the operating system says: how far
the resident set rose above its level before the step, at its highest (`VmHWM` after
`/proc/self/clear_refs`), with the allocator told to give freed memory back at once. It counts
everything: distance transforms outside of torch, and the gradient of the logits.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import monai.losses
import torch
from torch import Tensor

from trainables.losses import build_loss
from trainables.losses.leaf_config import BoundaryConfig
from trainables.losses.single import build_single_loss

__all__ = ["KINDS", "SIZES", "Cost", "measure"]

#: Batches of a million pixels: 4 MiB each.
SIZES = {"2-D": (4, 1, 512, 512), "3-D": (2, 1, 32, 128, 128)}
SMOOTH = {"smooth_nr": 1e-3, "smooth_dr": 1e-3, "batch": True}
MONAI: dict[str, Callable[[], torch.nn.Module]] = {
    "dice": lambda: monai.losses.DiceLoss(sigmoid=True, **SMOOTH),
    "iou": lambda: monai.losses.DiceLoss(sigmoid=True, jaccard=True, **SMOOTH),
    "dice_ce": lambda: monai.losses.DiceCELoss(sigmoid=True, **SMOOTH),
    "tversky": lambda: monai.losses.TverskyLoss(sigmoid=True, alpha=0.3, beta=0.7, **SMOOTH),
    "focal": lambda: monai.losses.FocalLoss(),
    "boundary": lambda: monai.losses.BoundaryLoss(sigmoid=True),
    "hausdorff_dt": lambda: monai.losses.HausdorffDTLoss(sigmoid=True, include_background=True),
}
FLAT = ("hv_gradient", "hv_magnitude", "hv_aligned")
KINDS = (
    "bce",
    "dice",
    "iou",
    "dice_ce",
    "tversky",
    "focal_tversky",
    "focal",
    "combined",
    "boundary",
    "hausdorff_dt",
    "mse",
    "smooth_l1",
    *FLAT,
)
ENOUGH_S = 1.0
LEAST_STEPS = 5
_PEAKS = 9
_M_MMAP_THRESHOLD = -3
_PAGE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of one step."""

    ms: float
    peak_bytes: int
    value: float


def measure(kind: str, dims: str) -> dict[str, Cost]:
    """Measures `ours` and, where there is one, `theirs`, step by step in turn, in a new process.

    Empty if there is no such loss in these dimensions.
    """
    if kind in FLAT and dims != "2-D":
        return {}
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_measure_into, args=(sender, kind, dims))
    process.start()
    sender.close()
    costs = receiver.recv()
    process.join()
    return costs


def _measure_into(pipe, kind: str, dims: str) -> None:
    torch.set_num_threads(1)
    logits, target = _batch(kind, dims)
    losses = {"ours": _ours(kind)}
    if kind in MONAI:
        losses["theirs"] = MONAI[kind]()
    values = {who: _step(loss, logits, target) for who, loss in losses.items()}
    times_s = _times_s(losses, logits, target)
    peaks = {who: _peak_bytes(loss, logits, target) for who, loss in losses.items()}
    pipe.send(
        {
            who: Cost(
                ms=1000 * statistics.median(times_s[who]),
                peak_bytes=peaks[who],
                value=values[who],
            )
            for who in losses
        }
    )


def _ours(kind: str) -> torch.nn.Module:
    return build_single_loss(BoundaryConfig()) if kind == "boundary" else build_loss(kind)


def _batch(kind: str, dims: str) -> tuple[Tensor, Tensor]:
    """Balls and a prediction that has found them, with noise; for maps two channels of it."""
    size = SIZES[dims]
    generator = torch.Generator().manual_seed(0)
    axes = torch.meshgrid(*[torch.arange(float(side)) for side in size[2:]], indexing="ij")
    target = torch.zeros(size)
    for image in target[:, 0]:
        for _ in range(24):
            center = [float(torch.rand((), generator=generator)) * side for side in size[2:]]
            squares = [(axis - at) ** 2 for axis, at in zip(axes, center, strict=True)]
            image[torch.stack(squares).sum(dim=0) < min(size[2:]) ** 2 / 144] = 1
    logits = 4 * target - 2 + torch.randn(size, generator=generator)
    if kind in FLAT:
        logits, target = (torch.cat([each, -each], dim=1) for each in (logits, target))
    return logits.requires_grad_(), target


def _step(loss: torch.nn.Module, logits: Tensor, target: Tensor) -> float:
    logits.grad = None
    value = loss(logits, target)
    value.backward()
    return value.item()


def _times_s(losses: dict[str, torch.nn.Module], logits: Tensor, target: Tensor) -> dict:
    times_s: dict[str, list[float]] = {who: [] for who in losses}
    while sum(times_s["ours"]) < ENOUGH_S or len(times_s["ours"]) < LEAST_STEPS:
        for who, loss in losses.items():
            started_s = time.process_time()
            _step(loss, logits, target)
            times_s[who].append(time.process_time() - started_s)
    return times_s


def _peak_bytes(loss: torch.nn.Module, logits: Tensor, target: Tensor) -> int:
    libc = ctypes.CDLL(None)
    libc.mallopt(_M_MMAP_THRESHOLD, _PAGE_BYTES)
    risen = []
    for _ in range(_PEAKS):
        logits.grad = None
        libc.malloc_trim(0)
        before = _resident_bytes("VmRSS")
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        _step(loss, logits, target)
        risen.append(_resident_bytes("VmHWM") - before)
    return int(statistics.median(risen))


def _resident_bytes(field: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * int(re.search(rf"{field}:\s+(\d+) kB", status)[1])
