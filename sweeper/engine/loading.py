"""From `package.module:Class` to the class."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from sweeper.errors import UserError
from sweeper.protocol import (
    BaseTrainable,
    DecodingTable,
    NetworkScores,
    ScoringRequest,
    Trainable,
)

__all__ = ["LoadedTrainable", "TrainableClass", "load_trainable", "user_import_paths"]

TrainableClass = type[BaseTrainable]


class LoadedTrainable(Trainable, Protocol):
    """An object of a class that `load_trainable` gave: it has the optional methods too."""

    def chosen(self) -> Mapping[str, Any]:
        """See `BaseTrainable`."""

    def search_decodings(self, progress: Callable[[int, int], None]) -> DecodingTable:
        """See `BaseTrainable`."""

    def score_network(self, request: ScoringRequest) -> NetworkScores:
        """See `BaseTrainable`."""


_COMPLETED: dict[type, TrainableClass] = {}
_METHODS = ("setup", "step", "save", "load", "close")


def user_import_paths() -> tuple[str, ...]:
    """Folders from which a user expects to import: the current one."""
    return (str(Path.cwd()),)


def load_trainable(target: str, import_paths: Sequence[str] = ()) -> TrainableClass:
    """Imports a trainable.

    Args:
        target: `package.module:Class`.
        import_paths: Folders to look in besides those of Python.

    Raises:
        UserError: The module, the class or one of its methods is missing.
    """
    for path in import_paths:
        if path not in sys.path:
            sys.path.append(path)
    module_name, _, class_name = target.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise UserError(
                f"trainable '{target}' imports '{error.name}', which is not installed"
            ) from error
        raise UserError(
            f"trainable: no module named '{error.name}' (in '{target}')",
            hint="write package.module:Class, and start sweeper where the package can be imported",
        ) from error
    found = getattr(module, class_name, None)
    if not inspect.isclass(found):
        classes = [name for name, value in vars(module).items() if _is_trainable(value)]
        raise UserError(
            f"trainable: module '{module_name}' has no class '{class_name}'",
            hint=f"it has: {', '.join(classes) or 'no trainable at all'}",
        )
    missing = [name for name in _METHODS if not callable(getattr(found, name, None))]
    if missing:
        raise UserError(
            f"trainable '{target}' lacks the method{'s' * (len(missing) > 1)} {', '.join(missing)}",
            hint="the methods are described in sweeper.protocol.Trainable",
        )
    return found if issubclass(found, BaseTrainable) else _with_checks(found)


def _with_checks(kind: type) -> TrainableClass:
    """A class without the optional class methods gets those that check nothing."""
    if kind not in _COMPLETED:
        _COMPLETED[kind] = type(kind.__name__, (kind, BaseTrainable), {})
    return _COMPLETED[kind]


def _is_trainable(value: object) -> bool:
    return inspect.isclass(value) and all(hasattr(value, name) for name in _METHODS)
