"""Pydantic's findings in the words and paths of a space file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import ErrorDetails

from sweeper.parameters.fields import PATTERN_WORDS, FieldPath, Mistake, MistakesError, Section
from sweeper.parameters.kinds import PARAMETERS
from sweeper.parameters.wording import did_you_mean, listed, nearest, shown
from sweeper.spec.rules import RULES, WRAPPED_RULES
from sweeper.spec.samplers import SAMPLERS
from sweeper.spec.sections import Budget, Faults, Objective, Resources
from sweeper.spec.sweep_spec import SweepSpec
from sweeper.spec.verdicts import VerdictRule

__all__ = ["mistakes_of"]

# Settings that are a number or a word; pydantic would tell what is wrong with either. None stands
# for any position in a list.
_NUMBER_OR_WORD: Mapping[tuple[str | None, ...], str] = {
    ("resources", "cpus_per_trial"): "must be a number above 0, or auto",
    ("resources", "gpus_per_trial"): "must be 0, a fraction of 1, a whole number, or auto",
    ("resources", "concurrent"): "must be a whole number of at least 1, or auto",
    ("faults", "hang_s"): "must be a number of seconds above 0, or off",
    ("faults", "give_up_after"): "must be a whole number of at least 2, or off",
    ("verdicts", None, "at"): "must be an epoch from 1, or first, last, best or any",
}
_BOUND_WORDS = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("above", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("below", "lt"),
}
_KIND_WORDS = {
    "string_type": "a text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
    "tuple_type": "a list",
    "finite_number": "a finite number",
}


def mistakes_of(error: ErrorDetails, root: type[Section] = SweepSpec) -> Iterator[Mistake]:
    """One finding of pydantic as mistakes; none if it only follows from another one."""
    path, section = _resolve(error["loc"], root)
    value = error["input"]
    match error["type"]:
        case "default_factory_not_called":
            return
        case "value_error" if isinstance(cause := error["ctx"]["error"], MistakesError):
            yield from (((*path, *below), reason) for below, reason in cause.found)
        case kind if (words := _number_or_word(path)) and kind != "extra_forbidden":
            yield path, f"{words}, not {shown(value)}"
        case "missing":
            yield path, _missing_words(path)
        case "extra_forbidden":
            yield path, _unknown_key_words(path, section)
        case "union_tag_invalid" | "union_tag_not_found":
            yield _tag_mistake(path, value)
        case kind:
            yield path, _value_words(kind, path, value, error.get("ctx", {}))


def _resolve(
    loc: tuple[int | str, ...], root: type[Section]
) -> tuple[FieldPath, type[Section] | None]:
    """The path in the file, and the section whose key is the path's last part."""
    path: list[int | str] = []
    section: type[Section] | None = root
    rest = [part for part in loc if part != "[key]"]
    while rest:
        path.append(rest.pop(0))
        if not rest:
            break
        if kinds := _kinds(tuple(path)):
            # Pydantic puts the kind that it chose into its path; the file has none.
            section = kinds.get(str(rest.pop(0)))
        elif _number_or_word(tuple(path)):
            rest.clear()
        else:
            section = _section(tuple(path))
    return tuple(path), section


def _number_or_word(path: FieldPath) -> str:
    """What a setting must be that is a number or a word; empty if it is none."""
    anywhere = tuple(None if isinstance(part, int) else part for part in path)
    return _NUMBER_OR_WORD.get(anywhere, "")


def _kinds(path: FieldPath) -> Mapping[str, type[Section]]:
    """The kinds of section that may stand at a path; none where there is no choice."""
    match path:
        case ("space", _):
            return PARAMETERS
        case ("sampler",):
            return SAMPLERS
        case ("pruning", _):
            return RULES
        case ("pruning", _, "wrapped"):
            return WRAPPED_RULES
        case _:
            return {}


def _section(path: FieldPath) -> type[Section] | None:
    match path:
        case ("budget",):
            return Budget
        case ("resources",):
            return Resources
        case ("faults",):
            return Faults
        case ("objective", _):
            return Objective
        case ("verdicts", _):
            return VerdictRule
        case _:
            return None


def _missing_words(path: FieldPath) -> str:
    if path[0] == "pruning" and path[-1] == "goal":
        return "is missing: maximize or minimize (known by itself only for objectives)"
    return "is missing: maximize or minimize" if path[-1] == "goal" else "is missing"


def _unknown_key_words(path: FieldPath, section: type[Section] | None) -> str:
    fields = section.model_fields.items() if section else ()
    known = [field.alias or name for name, field in fields]
    key = str(path[-1])
    if section is SweepSpec and nearest(key, known) is None:
        return f"unknown key; settings of the training belong in fixed (known: {listed(known)})"
    return f"unknown key{did_you_mean(key, known)}"


def _tag_mistake(path: FieldPath, value: Any) -> Mistake:
    """The key that says which kind of section this is, is missing or unknown."""
    key = {"space": "type", "sampler": "name", "pruning": "rule"}[str(path[0])]
    kinds = _kinds(path)
    if key in value:
        tag = value[key]
        guess = did_you_mean(tag, kinds) if isinstance(tag, str) else f"; known: {listed(kinds)}"
        return (*path, key), f"unknown {key} {shown(tag)}{guess}"
    if key == "type" and value and all(isinstance(inner, Mapping) for inner in value.values()):
        return (
            path,
            f"is a group; write names with dots instead, such as {path[-1]}.{next(iter(value))}",
        )
    return (*path, key), f"is missing: one of {listed(kinds)}"


def _value_words(kind: str, path: FieldPath, value: Any, context: Mapping[str, Any]) -> str:
    if value is None:
        return "is empty"
    if kind in _BOUND_WORDS:
        words, key = _BOUND_WORDS[kind]
        return f"must be {words} {context[key]:g}, not {shown(value)}"
    if kind in _KIND_WORDS:
        return f"must be {_KIND_WORDS[kind]}, not {shown(value)}{_kind_hint(kind, path, value)}"
    match kind:
        case "literal_error":
            return f"must be {context['expected'].replace(chr(39), '')}, not {shown(value)}"
        case "string_pattern_mismatch":
            return f"{shown(value)} {PATTERN_WORDS[context['pattern']]}"
        case "string_too_long":
            return f"has more than {context['max_length']} characters"
        case "too_short":
            return "must not be empty"
        case _:
            return f"{shown(value)} can't be used here"


def _kind_hint(kind: str, path: FieldPath, value: Any) -> str:
    if kind == "string_type" and isinstance(value, int | float):
        return "; put it in quotes"
    if kind in {"int_type", "float_type"} and isinstance(value, str):
        return ", which is a text"
    if path[0] == "space" and len(path) == 2 and not isinstance(value, Mapping):
        return "; a value that does not vary is {type: fixed, value: ...}"
    return ""
