"""What the KEY of `--set KEY=VALUE` means in a given file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sweeper.parameters.fields import FieldPath
from sweeper.parameters.wording import did_you_mean, nearest
from sweeper.spec.sections import Budget, Faults, Resources
from sweeper.spec.sweep_spec import SweepSpec

__all__ = ["RefusedError", "holds", "leaves", "resolve_key"]

_SECTIONS = tuple(field.alias or name for name, field in SweepSpec.model_fields.items())
_LISTS = ("objective", "pruning", "verdicts", "start", "constraints")
_SCALARS = ("name", "family", "trainable", "seed")


class RefusedError(ValueError):
    """An override that can't be carried out; the text says why."""


def resolve_key(settings: Mapping[str, Any], key: str, value: Any) -> FieldPath:
    """The path in the file that a key means.

    Args:
        settings: Sections by name.
        key: As written after `--set`.
        value: What it shall be set to; a mapping may bring a new parameter into the space.

    Raises:
        RefusedError: There is no such setting.
    """
    head, *rest = key.split(".")
    if not all((head, *rest)):
        raise RefusedError("a dot too many")
    if head in _SCALARS and rest:
        raise RefusedError(f"{head} is one value, without anything inside")
    if head == "space" and rest:
        return "space", *_in_space(settings, rest, value)
    if head in _LISTS and rest:
        return head, *_in_list(settings, head, rest)
    if head in _SECTIONS:
        return head, *rest
    return _in_configuration(settings, key)


def holds(settings: Any, path: FieldPath) -> bool:
    """Whether there is a setting at a path."""
    for key in path:
        match settings:
            case Mapping() if key in settings:
                settings = settings[key]
            case list() if isinstance(key, int) and key < len(settings):
                settings = settings[key]
            case _:
                return False
    return True


def leaves(settings: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The dotted paths of all settings in a mapping, groups included."""
    for key, value in settings.items():
        yield f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from leaves(value, f"{prefix}{key}.")


def _in_space(settings: Mapping[str, Any], keys: list[str], value: Any) -> FieldPath:
    names = _mapping(settings, "space")
    for length in range(len(keys), 0, -1):
        name = ".".join(keys[:length])
        if name in names:
            return name, *_in_parameter(keys[length:])
    whole = ".".join(keys)
    if isinstance(value, Mapping):
        return (whole,)
    raise RefusedError(f"no parameter {whole} in the space{did_you_mean(whole, names)}")


def _in_parameter(keys: list[str]) -> FieldPath:
    # Conditions are named by dotted paths of other parameters.
    return ("when", ".".join(keys[1:])) if keys[:1] == ["when"] and keys[1:] else tuple(keys)


def _in_list(settings: Mapping[str, Any], section: str, keys: list[str]) -> FieldPath:
    entries = settings.get(section)
    if section == "objective" and isinstance(entries, Mapping):
        return tuple(keys)
    count = len(entries) if isinstance(entries, list) else 0
    if not keys[0].isdecimal() or int(keys[0]) >= count:
        there = f"0 to {count - 1}" if count else "none"
        raise RefusedError(f"entries of {section} have numbers; there are {there}")
    # Values that are tried first are named by dotted paths of parameters.
    below = (".".join(keys[1:]),) if section == "start" and keys[1:] else tuple(keys[1:])
    return int(keys[0]), *below


def _in_configuration(settings: Mapping[str, Any], key: str) -> FieldPath:
    if key == "epochs":
        return "budget", "epochs"
    path = ("fixed", *key.split("."))
    if key in _mapping(settings, "space") or holds(settings, path):
        return path
    guess = nearest(key, _known(settings))
    more = f"; did you mean {guess}?" if guess else f"; known: {', '.join(_SECTIONS)}"
    raise RefusedError(f"the file has no {key}{more} (a new setting is --set fixed.{key}=...)")


def _known(settings: Mapping[str, Any]) -> Iterator[str]:
    yield from _SECTIONS
    yield from (f"budget.{name}" for name in Budget.model_fields)
    yield from (f"resources.{name}" for name in Resources.model_fields)
    yield from (f"faults.{name}" for name in Faults.model_fields)
    yield from _mapping(settings, "space")
    yield from leaves(_mapping(settings, "fixed"))
    yield from leaves(_mapping(settings, "data"), "data.")


def _mapping(settings: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    found = settings.get(section)
    return found if isinstance(found, Mapping) else {}
