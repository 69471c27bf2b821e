"""Says what is wrong with a configuration in words that a user of YAML understands."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel, ValidationError

from sweeper.parameters.fields import PATTERN_WORDS, MistakesError
from sweeper.protocol import Problem

__all__ = ["find_problems"]


def find_problems(model: type[BaseModel], config: Mapping[str, Any]) -> list[Problem]:
    """Validates a mapping and lists its mistakes.

    Args:
        model: The pydantic model of the configuration.
        config: Nested settings, as YAML gives them.

    Returns:
        One problem per mistake, `where` a dotted path as in the file; empty if there is none.
    """
    try:
        model.model_validate(config)
    except ValidationError as error:
        found = error.errors(include_url=False)
        return [problem for details in found for problem in _problems(model, details)]
    return []


def _problems(model: type[BaseModel], details: Mapping[str, Any]) -> Iterator[Problem]:
    cause = details.get("ctx", {}).get("error")
    if not isinstance(cause, MistakesError):
        yield _problem(model, details)
        return
    path = _resolve(model, details["loc"]).path
    for below, reason in cause.found:
        where = ".".join(map(str, (path, *below) if path else below))
        yield Problem(where=where or "config", reason=reason)


def _problem(model: type[BaseModel], details: Mapping[str, Any]) -> Problem:
    path, members = _resolve(model, details["loc"])
    match details["type"]:
        case "extra_forbidden":
            parent = _resolve(model, details["loc"][:-1]).members
            return Problem(where=path, reason=_unknown_name(path.rpartition(".")[2], parent))
        case "missing":
            return Problem(where=path, reason="is missing")
        case "union_tag_not_found":
            return Problem(where=f"{path}.{_tag_field(members)}", reason="is missing")
        case "union_tag_invalid":
            context = details["ctx"]
            reason = f"should be {context['expected_tags']}, not {context['tag']!r}"
            return Problem(where=f"{path}.{_tag_field(members)}", reason=reason)
        case "string_pattern_mismatch" if words := PATTERN_WORDS.get(details["ctx"]["pattern"]):
            return Problem(where=path, reason=f"{details['input']!r} {words}")
        case "too_short":
            return Problem(where=path, reason="should not be empty")
        case "model_attributes_type" | "model_type" | "dict_type":
            reason = f"should be a mapping of names to values, not {details['input']!r}"
            return Problem(where=path or "config", reason=reason)
        case _:
            return Problem(where=path or "config", reason=_reason(details))


def _reason(details: Mapping[str, Any]) -> str:
    message = str(details["msg"]).removeprefix("Value error, ").removeprefix("Input ").rstrip(".")
    value = details["input"]
    if isinstance(value, str | int | float | None) and not message.endswith(f", not {value!r}"):
        message += f", not {value!r}"
    return message[:1].lower() + message[1:]


def _unknown_name(name: str, members: list[type[BaseModel]]) -> str:
    names = sorted({known for member in members for known in member.model_fields})
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if near:
        return f"unknown name, did you mean {near[0]!r}?"
    return f"unknown name, known are {', '.join(names)}"


class _Place(NamedTuple):
    """A location without pydantic's union tags, and the models that may stand there."""

    path: str
    members: list[type[BaseModel]]


def _resolve(model: type[BaseModel], location: tuple[int | str, ...]) -> _Place:
    parts: list[str] = []
    members = [model]
    is_key = False
    for part in location:
        if part == "[key]":
            continue
        if is_key:
            # Of a mapping or a list: what holds for one value holds for all.
            parts.append(str(part))
            is_key = False
            continue
        chosen = [member for member in members if part in _tags(member).values()]
        if chosen and len(members) > 1:
            members = chosen
            continue
        parts.append(str(part))
        fields = [member.model_fields.get(str(part)) for member in members]
        members = [found for field in fields if field for found in _models_in(field.annotation)]
        is_key = any(field is not None and _has_keys(field.annotation) for field in fields)
    return _Place(".".join(parts), members)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    inner = get_args(annotation)
    for part in inner[:1] if get_origin(annotation) is Annotated else inner:
        yield from _models_in(part)


def _has_keys(annotation: Any) -> bool:
    """Whether values of the type have keys or positions, which stand in locations."""
    origin = get_origin(annotation)
    if origin in {dict, list, tuple, Mapping}:
        return True
    inner = get_args(annotation)
    return origin is not Literal and any(
        _has_keys(part) for part in (inner[:1] if origin is Annotated else inner)
    )


def _tag_field(members: list[type[BaseModel]]) -> str:
    return next(name for member in members for name in _tags(member))


def _tags(model: type[BaseModel]) -> dict[str, Any]:
    """The fields that allow a single value, by which the members of a union are told apart."""
    return {
        name: get_args(field.annotation)[0]
        for name, field in model.model_fields.items()
        if get_origin(field.annotation) is Literal and len(get_args(field.annotation)) == 1
    }
