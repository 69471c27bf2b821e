"""YAML with a line number for every setting.

The scalars of YAML 1.2 are read, not those of 1.1: `1e-3` is a number; `on`, `off`, `yes`, `no`,
`1:30` and `2024-01-01` are texts; only `true` and `false` are truth values. Anchors, aliases and
merge keys (`<<`) work; tags, repeated keys, NaN and infinity are mistakes.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from sweeper.parameters.fields import FieldPath, Mistake
from sweeper.parameters.wording import shown

__all__ = ["SCALARS", "Source", "YamlError", "parse_yaml"]

_TAG = "tag:yaml.org,2002:"
# Aliases of aliases can write down more settings than memory holds.
_MAX_SETTINGS = 100_000
_MAX_DEPTH = 100
_MAX_INT = 2**63 - 1

#: Tag, pattern and possible first characters of the scalars of YAML 1.2's core schema.
SCALARS = (
    (f"{_TAG}bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")),
    (f"{_TAG}null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]),
    (f"{_TAG}int", re.compile(r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$"), list("-+0123456789")),
    (
        f"{_TAG}float",
        re.compile(
            r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
            r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
        ),
        list("-+0123456789."),
    ),
    (f"{_TAG}merge", re.compile(r"^<<$"), ["<"]),
)


class _Loader(yaml.SafeLoader):
    """Finds the nodes; their values are built here, not by PyYAML."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


for _scalar in SCALARS:
    _Loader.add_implicit_resolver(*_scalar)


class YamlError(ValueError):
    """A text is not YAML.

    Attributes:
        line: From 1.
        reason: What is wrong, as a sentence without a final stop.
    """

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a text says, and where.

    Attributes:
        value: Mappings, lists and scalars; None for an empty text.
        lines: Line of each key and list item, from 1.
        mistakes: What can't be read; the rest of the text can.
    """

    value: Any
    lines: dict[FieldPath, int]
    mistakes: list[Mistake]


def parse_yaml(text: str) -> Source:
    """Reads one YAML document.

    Raises:
        YamlError: The text breaks the rules of YAML.
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
        builder = _Builder()
        value = builder.build(node, ()) if node else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(mark.line + 1 if mark else 1, _syntax_words(error)) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlError(line, f"character {error.character:#04x} is not allowed") from error
    except RecursionError as error:
        raise YamlError(1, "is nested too deeply") from error
    return Source(value=value, lines=builder.lines, mistakes=builder.mistakes)


#: What PyYAML says, and what it means to somebody who wrote the file.
_SYNTAX_WORDS = (
    ("'\\t'", "a tab can't stand here; YAML wants spaces"),
    (
        "mapping values are not allowed",
        "a second ': ' in one value; use quotes or mend the indentation",
    ),
    ("found another document", "a second document begins here (---); a file holds one"),
    ("expected <block end>", "the indentation does not fit the lines above"),
    ("expected ':'", "a ':' is missing after a key, or the line is not indented enough"),
    ("expected ',' or", "a bracket is not closed, or a comma is missing"),
    ("unexpected end of stream", "a quote is not closed"),
    ("cannot start any token", "a value can't begin like this; put it in quotes"),
    ("expected the node content", "a value can't begin like this; put it in quotes"),
    ("expected alphabetic", "* and & stand before the name of an anchor; put the value in quotes"),
)


def _syntax_words(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "can't be read"
    for part, words in _SYNTAX_WORDS:
        if part in problem:
            return words
    return problem


@dataclass(slots=True)
class _Builder:
    """Turns nodes into values and notes their lines."""

    lines: dict[FieldPath, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    num_settings: int = 0

    def build(self, node: Node, path: FieldPath) -> Any:
        self.num_settings += 1
        if self.num_settings > _MAX_SETTINGS:
            raise YamlError(node.start_mark.line + 1, f"more than {_MAX_SETTINGS:,} settings")
        if len(path) > _MAX_DEPTH:
            # An alias inside of its own anchor ends here too.
            raise YamlError(node.start_mark.line + 1, "is nested too deeply")
        match node:
            case MappingNode():
                self._check_tag(node, "map", path)
                return self._mapping(node, path)
            case SequenceNode():
                self._check_tag(node, "seq", path)
                return self._sequence(node, path)
            case _:
                return self._scalar(node, path)

    def _check_tag(self, node: Node, expected: str, path: FieldPath) -> None:
        if node.tag != f"{_TAG}{expected}":
            self.mistakes.append((path, f"tags such as {_short(node.tag)} are not allowed"))

    def _sequence(self, node: SequenceNode, path: FieldPath) -> list[Any]:
        values = []
        for index, item in enumerate(node.value):
            self.lines[*path, index] = item.start_mark.line + 1
            values.append(self.build(item, (*path, index)))
        return values

    def _mapping(self, node: MappingNode, path: FieldPath) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == f"{_TAG}merge":
                continue
            key = self._key(key_node, path)
            if key is None:
                continue
            below = (*path, key)
            line = key_node.start_mark.line + 1
            if key in values:
                first = self.lines[below]
                self.mistakes.append((below, f"stands twice, in lines {first} and {line}"))
                continue
            self.lines[below] = line
            values[key] = self.build(value_node, below)
        for key_node, value_node in node.value:
            if key_node.tag == f"{_TAG}merge":
                self._merge(value_node, path, values)
        return values

    def _merge(self, node: Node, path: FieldPath, values: dict[str, Any]) -> None:
        """Adds the settings of `<<: *anchor` that are not there yet."""
        for part in node.value if isinstance(node, SequenceNode) else [node]:
            if not isinstance(part, MappingNode):
                self.mistakes.append((path, "<< needs an alias of a mapping"))
                continue
            inner = _Builder(num_settings=self.num_settings)
            merged = inner.build(part, path)
            self.num_settings = inner.num_settings
            self.mistakes.extend(inner.mistakes)
            for key, value in merged.items():
                values.setdefault(key, value)
            for below, line in inner.lines.items():
                self.lines.setdefault(below, line)

    def _key(self, node: Node, path: FieldPath) -> str | None:
        text = str(node.value) if isinstance(node, ScalarNode) else "?"
        if isinstance(node, ScalarNode) and node.tag == f"{_TAG}str":
            return text
        self.lines[*path, text] = node.start_mark.line + 1
        self.mistakes.append(((*path, text), "a key must be a text; put it in quotes"))
        return None

    def _scalar(self, node: Node, path: FieldPath) -> Any:
        text = str(node.value)
        try:
            match node.tag.removeprefix(_TAG):
                case "null":
                    return None
                case "bool":
                    return {"true": True, "false": False}[text.lower()]
                case "int":
                    return self._int(text, path)
                case "float":
                    return self._float(text, path)
                case "str" | "merge":
                    return text
        except (ValueError, KeyError):
            self.mistakes.append((path, f"{shown(text)} is not {_short(node.tag)}"))
            return None
        self.mistakes.append((path, f"tags such as {_short(node.tag)} are not allowed"))
        return None

    def _int(self, text: str, path: FieldPath) -> int | None:
        number = int(text, 0 if text[:2] in {"0o", "0x"} else 10)
        if abs(number) <= _MAX_INT:
            return number
        self.mistakes.append((path, f"{shown(text)} does not fit into 64 bits"))
        return None

    def _float(self, text: str, path: FieldPath) -> float | None:
        number = float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        if math.isfinite(number):
            return number
        self.mistakes.append((path, f"must be a finite number, not {text}"))
        return None


def _short(tag: str) -> str:
    return tag.replace(_TAG, "!!")
