"""Every setting of a trial comes from one place: space, fixed, data or budget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sweeper.parameters.fields import Mistake
from sweeper.spec.checks.parts import Parts

__all__ = ["check_paths"]


def check_paths(parts: Parts) -> Iterator[Mistake]:
    """No setting is given twice, and none lies inside another."""
    yield from _check_fixed(parts.fixed)
    whole = {**parts.fixed, "data": parts.data}
    for name in parts.space_names:
        path = ("space", name)
        if name == "epochs":
            yield path, "the number of epochs is budget.epochs; it can't vary"
        elif name == "data":
            yield path, "can't vary as a whole; write data.SETTING"
        elif outer := next((o for o in parts.space_names if name.startswith(f"{o}.")), None):
            yield path, f"lies inside of {outer}, which is in the space too"
        elif reason := _collision(name, whole):
            yield path, reason


def _check_fixed(fixed: Mapping[str, Any]) -> Iterator[Mistake]:
    for key in fixed:
        if key == "epochs":
            yield ("fixed", key), "the number of epochs is budget.epochs"
        elif key == "data":
            yield ("fixed", key), "data has a section of its own: move it there"
        elif "." in key:
            outer, inner = key.split(".", 1)
            yield (
                ("fixed", key),
                f"no dots here; write {outer}: and below it {inner}:",
            )


def _collision(name: str, settings: Mapping[str, Any]) -> str:
    """Why a setting of the space can't be set, or nothing."""
    value: Any = settings
    keys = name.split(".")
    section = "data" if keys[0] == "data" else "fixed"
    for depth, key in enumerate(keys):
        if not isinstance(value, Mapping):
            held = ".".join(keys[:depth])
            where = held if section == "data" else f"fixed.{held}"
            return f"{where} is a value, so nothing can lie inside of it"
        if key not in value:
            return ""
        value = value[key]
    return f"is in {section} too; a setting either varies or not"
