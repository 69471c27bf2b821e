"""What a trial of the 2-D trainable keeps in a checkpoint beside its weights. No torch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweeper.protocol import UserError
from trainables.data import PreparedData

__all__ = ["Beside", "as_trained_on", "read_beside", "write_beside"]

_DECODING = "decoding.json"
_TYPES = "types.json"
_INPUTS = "inputs.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What is written beside the weights.

    Attributes:
        chosen: The decoding that was chosen, by dotted path; empty: none.
        channels: Of the images that the network was trained on; None: an older checkpoint, which
            does not say it.
        type_names: The classes of nuclei that the network tells apart; empty: none.
    """

    chosen: Mapping[str, Any]
    channels: int | None
    type_names: Sequence[str]


def write_beside(directory: Path, beside: Beside) -> None:
    """Writes it into the folder of a checkpoint."""
    _write(directory / _DECODING, dict(beside.chosen))
    _write(directory / _INPUTS, {"channels": beside.channels})
    if beside.type_names:
        _write(directory / _TYPES, list(beside.type_names))


def read_beside(directory: Path) -> Beside:
    """Reads what `write_beside` wrote; older checkpoints have less."""
    return Beside(
        chosen=_read(directory / _DECODING, {}),
        channels=_read(directory / _INPUTS, {}).get("channels"),
        type_names=_read(directory / _TYPES, []),
    )


def as_trained_on(beside: Beside, data: PreparedData) -> PreparedData:
    """The data with the channels and the classes that a network knows; the same if it does.

    Raises:
        UserError: The images are in colour, and the network was trained on gray ones.
    """
    channels = data.channels if beside.channels is None else beside.channels
    if channels < data.channels:
        raise UserError(
            "these images are in colour, and the network was trained on gray ones",
            hint="convert the images to gray, or train on images in colour",
        )
    if channels != data.channels:
        data = data.recoloured(channels)
    if list(beside.type_names) != list(data.type_names):
        data = data.retyped(beside.type_names)
    return data


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2), encoding="utf-8")


def _read(path: Path, otherwise: Any) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else otherwise
