"""YAML 1.2 scalars, line numbers, and files that would do harm."""

from __future__ import annotations

from typing import Any

import pytest

from sweeper.spec.source import YamlError, parse_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E+3", 1000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("-1", -1),
        ("+1", 1),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("none", "none"),
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("no", "no"),
        ("y", "y"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2024-01-01", "2024-01-01"),
        ("1e", "1e"),
        ("'1e-3'", "1e-3"),
        ("!!str 12", "12"),
        ("!!float 1", 1.0),
        ("../shared/data", "../shared/data"),
    ],
)
def test_scalar(text: str, value: Any) -> None:
    found = parse_yaml(f"key: {text}\n")
    assert found.mistakes == []
    assert found.value == {"key": value}
    assert type(found.value["key"]) is type(value)


def test_lines_of_keys_and_items() -> None:
    found = parse_yaml("a: 1\nb:\n  c.d: {e: 2,\n    f: 3}\n  g:\n    - 4\n    -\n      5\n")
    assert found.lines == {
        ("a",): 1,
        ("b",): 2,
        ("b", "c.d"): 3,
        ("b", "c.d", "e"): 3,
        ("b", "c.d", "f"): 4,
        ("b", "g"): 5,
        ("b", "g", 0): 6,
        ("b", "g", 1): 8,
    }


def test_anchors_and_merge_keys() -> None:
    found = parse_yaml(
        "base: &base {p: 1, q: 2}\nalias: *base\nmerged: {<<: *base, q: 3, r: 4}\n"
        "both: {<<: [*base, {p: 9, s: 5}]}\n"
    )
    assert found.mistakes == []
    assert found.value == {
        "base": {"p": 1, "q": 2},
        "alias": {"p": 1, "q": 2},
        "merged": {"q": 3, "r": 4, "p": 1},
        "both": {"p": 1, "q": 2, "s": 5},
    }


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("a: 1\na: 2", [(("a",), "stands twice, in lines 1 and 2")]),
        ("a: {b: 1,\n b: 2}", [(("a", "b"), "stands twice, in lines 1 and 2")]),
        ("1: 2", [(("1",), "a key must be a text; put it in quotes")]),
        ("? [a]\n: 3", [(("?",), "a key must be a text; put it in quotes")]),
        ("a: .inf", [(("a",), "must be a finite number, not .inf")]),
        ("a: 1e999", [(("a",), "must be a finite number, not 1e999")]),
        ("a: 9223372036854775808", [(("a",), "'9223372036854775808' does not fit into 64 bits")]),
        ("a: !!int x", [(("a",), "'x' is not !!int")]),
        ("a: !x y", [(("a",), "tags such as !x are not allowed")]),
        ("a: !!set {b}", [(("a",), "tags such as !!set are not allowed")]),
        ("a: {<<: 3}", [(("a",), "<< needs an alias of a mapping")]),
    ],
)
def test_mistakes_leave_the_rest_readable(text: str, mistakes: list[Any]) -> None:
    found = parse_yaml(f"{text}\nlast: 1\n")
    assert found.mistakes == mistakes
    assert found.value["last"] == 1


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a: b: c", 1, "a second ': ' in one value; use quotes or mend the indentation"),
        ("a:\n  b: 1\n c: 2", 3, "the indentation does not fit the lines above"),
        ("a: 1\nb: 'x", 2, "a quote is not closed"),
        ("a: @x", 1, "a value can't begin like this; put it in quotes"),
        ("a: ]", 1, "a value can't begin like this; put it in quotes"),
        ("a: *", 1, "* and & stand before the name of an anchor; put the value in quotes"),
        ("a: *b", 1, "found undefined alias 'b'"),
        ("a: 1\nb: \x07", 2, "character 0x07 is not allowed"),
        ("[" * 5000, 1, "is nested too deeply"),
        ("a: &a [*a]", 1, "is nested too deeply"),
        ("a: &a {<<: *a}", 1, "is nested too deeply"),
    ],
)
def test_not_yaml(text: str, line: int, reason: str) -> None:
    with pytest.raises(YamlError) as caught:
        parse_yaml(text)
    assert (caught.value.line, caught.value.reason) == (line, reason)


def test_aliases_of_aliases_do_not_fill_the_memory() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 12):
        inner = ", ".join([f"*a{level - 1}"] * 10)
        rows.append(f"a{level}: &a{level} [{inner}]")
    with pytest.raises(YamlError, match="more than 100,000 settings"):
        parse_yaml("\n".join(rows))
