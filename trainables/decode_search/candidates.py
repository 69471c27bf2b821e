"""Decodings that may be tried, and those that were."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sweeper.parameters import Space, is_active, parents_first
from sweeper.parameters.values import is_number

__all__ = ["SeenValues", "active_defaults"]


def active_defaults(space: Space, default: Mapping[str, Any]) -> dict[str, Any]:
    """The default's values of the parameters that are active under it; any values may stand there.

    Args:
        space: All parameters.
        default: All settings of the decoding by name.
    """
    values: dict[str, Any] = {}
    for name in parents_first(space):
        if name in default and is_active(space, name, values):
            values[name] = default[name]
    return {name: values[name] for name in space if name in values}


class SeenValues:
    """Tells what is new: values that decode alike are equal, 1 and 1.0 too."""

    def __init__(self) -> None:
        self._keys: set[str] = set()

    def add(self, values: Mapping[str, Any]) -> bool:
        """Notes values of active parameters; whether they are new."""
        plain = {name: float(v) if is_number(v) else v for name, v in values.items()}
        key = json.dumps(plain, sort_keys=True, default=repr)
        if key in self._keys:
            return False
        self._keys.add(key)
        return True
