"""`--set KEY=VALUE`: settings that replace those of the file.

KEY is one of

* a path in the file: `budget.trials`, `data.path`, `space.optim.lr.high`, `pruning.0.epoch`,
  `fixed.model.width`; it need not be there yet;
* a path of a trial's configuration that the file mentions in `space` or `fixed`: `optim.lr`.

A parameter of the space that is set by its path in the configuration is pinned: it no longer
varies, `start` no longer sets it, and conditions on it hold as before.

VALUE is YAML: `--set start=[]`, `--set 'space.optim.lr={type: float, low: 1e-4, high: 1e-2}'`.

In some sections one key decides which others make sense: `data.source`, `sampler.name`,
`pruning.N.rule`, `space.PARAMETER.type`. Setting it to another value than the file's drops its
neighbours that came from the file, and keeps those that other `--set` give, before or after it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sweeper.errors import Problem
from sweeper.parameters.fields import FieldPath
from sweeper.parameters.wording import dotted, shown
from sweeper.spec.keys import RefusedError, resolve_key
from sweeper.spec.source import YamlError, parse_yaml

__all__ = ["Overridden", "apply_overrides"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overridden:
    """The content of a file with its overrides.

    Attributes:
        value: Sections by name.
        lines: Lines of the settings that still come from the file.
        keys: Key as it was written, by the path that it set.
        problems: Overrides that can't be carried out.
    """

    value: dict[str, Any]
    lines: dict[FieldPath, int]
    keys: dict[FieldPath, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def apply_overrides(
    value: Mapping[str, Any],
    lines: Mapping[FieldPath, int],
    overrides: Sequence[str],
    *,
    resolve: Callable[[Mapping[str, Any], str, Any], FieldPath] = resolve_key,
) -> Overridden:
    """Carries out overrides, one after the other; the arguments stay as they are.

    Args:
        value: Sections of the file by name.
        lines: Lines of its settings.
        overrides: `KEY=VALUE`.
        resolve: The path that a key means, given the settings so far and the new value.
    """
    result = Overridden(value=copy.deepcopy(dict(value)), lines=dict(lines))
    for text in overrides:
        key, equals, written = (part.strip() for part in text.partition("="))
        try:
            if not equals or not key:
                raise RefusedError("write KEY=VALUE")
            new = _parsed(written)
            _apply(result, key, resolve(result.value, key, new), new)
        except RefusedError as refusal:
            result.problems.append(Problem(where=f"--set {key}".strip(), reason=str(refusal)))
    return result


def _parsed(text: str) -> Any:
    try:
        source = parse_yaml(text)
    except YamlError as error:
        raise RefusedError(error.reason) from error
    if source.mistakes:
        raise RefusedError("; ".join(reason for _, reason in source.mistakes))
    return source.value


def _apply(result: Overridden, key: str, path: FieldPath, value: Any) -> None:
    name = dotted(path[1:] if path[0] == "fixed" else path)
    space = result.value.get("space")
    if path[0] in {"fixed", "data"} and isinstance(space, dict) and name in space:
        _pin(result, space, name, value)
        path = ("space", name)
    else:
        holder = _holder(result.value, path)
        if _decides(path) and path[-1] in holder and holder[path[-1]] != value:
            _drop_neighbours(result, holder, path[:-1], key)
        holder[path[-1]] = value
    _forget(result, path)
    result.keys[path] = key


def _pin(result: Overridden, space: dict[str, Any], name: str, value: Any) -> None:
    parameter = space[name]
    when = parameter.get("when") if isinstance(parameter, dict) else None
    space[name] = {"type": "fixed", "value": value} | ({"when": when} if when else {})
    start = result.value.get("start")
    for values in start if isinstance(start, list) else ():
        if isinstance(values, dict):
            values.pop(name, None)


def _holder(settings: dict[str, Any], path: FieldPath) -> Any:
    """The mapping or list that holds the last key of a path; made where there is none."""
    holder: Any = settings
    for depth, key in enumerate(path[:-1], start=1):
        if isinstance(holder, dict):
            if path[:depth] == ("sampler",) and isinstance(holder.get(key), str):
                holder[key] = {"name": holder[key]}
            elif holder.get(key) is None:
                holder[key] = {}
        holder = holder[key]
        expected = list if isinstance(path[depth], int) else dict
        if not isinstance(holder, expected):
            held = f"{dotted(path[:depth])} is {shown(holder)}"
            raise RefusedError(f"{held}; it can only be set as a whole")
    return holder


def _decides(path: FieldPath) -> bool:
    """Whether the keys beside the last one hang on its value."""
    match path:
        case ("data", "source") | ("config", "data", "source") | ("sampler", "name"):
            return True
        case ("space", _, "type") | ("pruning", _, "rule") | ("pruning", _, "wrapped", "rule"):
            return True
        case _:
            return False


def _drop_neighbours(
    result: Overridden, holder: dict[str, Any], section: FieldPath, key: str
) -> None:
    depth = len(section)
    kept = {known[depth] for known in result.keys if known[:depth] == section and known[depth:]}
    for neighbour in [found for found in holder if found not in kept and found != "when"]:
        del holder[neighbour]
        _forget(result, (*section, neighbour))
    result.keys[section] = key


def _forget(result: Overridden, path: FieldPath) -> None:
    """Nothing at or below the path is as it was written before."""
    for known in [known for known in result.lines if known[: len(path)] == path]:
        del result.lines[known]
    for known in [known for known in result.keys if known[: len(path)] == path]:
        del result.keys[known]
