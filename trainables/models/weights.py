"""Weights from a local file, for encoders that were trained elsewhere."""

from __future__ import annotations

import logging
import pickle
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from sweeper.protocol import ConfigError, Problem

__all__ = ["Matching", "load_state", "load_weights", "read_weights"]

_log = logging.getLogger(__name__)

#: Under what names training programs keep the network's weights, the best first.
_WRAPPERS: Final = ("state_dict_ema", "model_ema", "teacher", "state_dict", "model", "student")
_WRITERS_PREFIXES: Final = ("_orig_mod.", "module.", "_orig_mod.")
_UNREADABLE = (OSError, EOFError, RuntimeError, ValueError, KeyError, pickle.UnpicklingError)
_NUM_NAMED: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """What of a file went into a network.

    Attributes:
        loaded: Tensors that were taken from the file.
        missing: Tensors of the network that the file does not have; they keep their values.
        unused: Tensors of the file that the network does not have.
    """

    loaded: Sequence[str]
    missing: Sequence[str]
    unused: Sequence[str]

    def __str__(self) -> str:
        total = len(self.loaded) + len(self.missing)
        text = f"{len(self.loaded)} of {total} tensors"
        if self.missing:
            text += f"; not in the file: {_some(self.missing)}"
        if self.unused:
            text += f"; in the file but not in the network: {_some(self.unused)}"
        return text


def load_weights(network: nn.Module, path: Path, *, of: str) -> Matching:
    """Reads a file of weights into a network, and says what fitted and what did not.

    Args:
        network: Takes the tensors whose names it has; names may have a prefix in the file.
        path: `.safetensors`, or what `torch.save` wrote of tensors and plain values.
        of: Name of the network, for messages.

    Raises:
        ConfigError: The file can't be read, or is of another network.
    """
    return load_state(network, read_weights(path), path, of=of)


def read_weights(path: Path) -> dict[str, Tensor]:
    """Reads the tensors of a file by name; nothing in the file is executed.

    Returns:
        On the CPU, without the names that training programs wrap around them.

    Raises:
        ConfigError: There is no such file, or it holds no tensors by name.
    """
    try:
        content = _read_safetensors(path) if path.suffix == ".safetensors" else _read_torch(path)
    except _UNREADABLE as error:
        reason = f"{path} can't be read as weights: {_first_line(error)}"
        raise _refused(f"{reason}; a .pth of plain tensors or a .safetensors is allowed") from error
    for name in _WRAPPERS:
        if isinstance(content, Mapping) and isinstance(content.get(name), Mapping):
            content = content[name]
            break
    tensors = {_plain(name): value for name, value in _items(content) if isinstance(value, Tensor)}
    if not tensors:
        raise _refused(f"{path} holds no tensors by name")
    return tensors


def load_state(
    network: nn.Module, tensors: Mapping[str, Tensor], path: Path, *, of: str
) -> Matching:
    """Puts tensors into a network, see `load_weights`.

    Raises:
        ConfigError: Less than half of the network's tensors are there, or shapes differ.
    """
    wanted = network.state_dict()
    prefix = _common_prefix(tensors, wanted)
    given = {name.removeprefix(prefix): value for name, value in tensors.items()}
    fitting = {name: _fitted(given[name], wanted[name]) for name in wanted if name in given}
    counters = [name for name in wanted if name.endswith("num_batches_tracked")]
    if 2 * len(fitting) < len(wanted) - len(counters):
        reason = f"{path} has {len(fitting)} of the {len(wanted)} tensors of {of}"
        raise _refused(f"{reason}; its own are {_some(list(tensors))}")
    for name, value in fitting.items():
        if value.shape != wanted[name].shape:
            shapes = f"{tuple(value.shape)}, not {tuple(wanted[name].shape)}"
            raise _refused(f"{path} is not of {of}: {name} is {shapes}")
    network.load_state_dict(fitting, strict=False)
    matching = Matching(
        loaded=list(fitting),
        missing=[name for name in wanted if name not in fitting and name not in counters],
        unused=[name for name in given if name not in wanted],
    )
    _log.log(
        logging.WARNING if matching.missing else logging.INFO,
        "weights of %s from %s: %s",
        of,
        path,
        matching,
    )
    return matching


def _read_torch(path: Path) -> Any:
    return torch.load(path, map_location="cpu", weights_only=True)


def _read_safetensors(path: Path) -> Any:
    try:
        from safetensors import SafetensorError
        from safetensors.torch import load_file
    except ModuleNotFoundError as error:
        reason = f"{path}: safetensors is not installed: pip install 'sweeper[tokens]'"
        raise _refused(reason) from error
    try:
        return load_file(path)
    except SafetensorError as error:
        raise ValueError(str(error)) from error


def _items(content: Any) -> list[tuple[str, Any]]:
    return list(content.items()) if isinstance(content, Mapping) else []


def _plain(name: str) -> str:
    for prefix in _WRITERS_PREFIXES:
        name = name.removeprefix(prefix)
    return name


def _common_prefix(tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> str:
    """What stands before most of the wanted names in the file, such as `backbone.`."""
    found: Counter[str] = Counter()
    for name in tensors:
        parts = name.split(".")
        for at in range(len(parts)):
            if ".".join(parts[at:]) in wanted:
                found["".join(f"{part}." for part in parts[:at])] += 1
    return found.most_common(1)[0][0] if found else ""


def _fitted(value: Tensor, wanted: Tensor) -> Tensor:
    """A first convolution over colours, for gray images; or over gray, for colours.

    Gray sums over the colours, since a gray image is the same in all of them.
    """
    if value.ndim != 4 or value.shape[0] != wanted.shape[0] or value.shape[2:] != wanted.shape[2:]:
        return value
    match value.shape[1], wanted.shape[1]:
        case 3, 1:
            return value.sum(dim=1, keepdim=True)
        case 1, 3:
            return value.expand(-1, 3, -1, -1) / 3
        case _:
            return value


def _refused(reason: str) -> ConfigError:
    return ConfigError([Problem(where="model.weights", reason=reason)])


def _first_line(error: BaseException) -> str:
    text = error.strerror if isinstance(error, OSError) else str(error)
    return (text or type(error).__name__).splitlines()[0]


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NUM_NAMED])
    return shown if len(names) <= _NUM_NAMED else f"{shown} and {len(names) - _NUM_NAMED} more"
