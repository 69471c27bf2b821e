"""Training states on disk, and aside in memory."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sweeper.protocol import TrialError

__all__ = ["copy_to_host", "reading", "write_state"]

_FORMAT = 1
_UNREADABLE = (OSError, EOFError, RuntimeError, ValueError, KeyError, pickle.UnpicklingError)


def write_state(path: Path, state: Mapping[str, Any]) -> None:
    """Writes tensors and plain values, nested in mappings and sequences, into one file."""
    torch.save({"format": _FORMAT, **state}, path)


@contextmanager
def reading(path: Path, device: torch.device) -> Iterator[dict[str, Any]]:
    """Reads what `write_state` wrote; the body takes from it what it needs.

    Yields:
        The state, its tensors on the device.

    Raises:
        TrialError: The file can't be read, or the body has no use for what is in it.
    """
    try:
        state = torch.load(path, map_location=device, weights_only=True)
        if state["format"] != _FORMAT:
            raise TrialError(f"{path}: a checkpoint of another version of the program")
        yield state
    except _UNREADABLE as error:
        raise TrialError(f"{path}: not a checkpoint of these settings ({error})") from error


def copy_to_host(state: dict[str, Any]) -> dict[str, Any]:
    """A copy that training does not touch, in host memory, so that a GPU's is not needed twice.

    Args:
        state: Tensors on any device and plain values, nested in dicts and lists.

    Returns:
        The same; tensors with the same strides.
    """
    copies: dict[int, Any] = {
        id(tensor): tensor.detach().to("cpu", copy=True) for tensor in _tensors(state)
    }
    # State dicts carry versions of modules beside their entries, which deepcopy keeps.
    return copy.deepcopy(state, copies)


def _tensors(state: object) -> Iterator[Tensor]:
    match state:
        case Tensor():
            yield state
        case Mapping():
            for value in state.values():
                yield from _tensors(value)
        case list() | tuple():
            for value in state:
                yield from _tensors(value)
