"""The section `verdicts`: what it reads as, its mistakes at their lines, what changes may do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sweeper.checking import find_problems
from sweeper.spec import dump_spec, find_notes, load_spec, read_spec
from sweeper.spec.changes import History, find_changes, merge_specs
from sweeper.spec.schema import json_schema
from sweeper.verdicts import Verdict

SPACE = """\
name: s
trainable: toy_trainable:Toy
space:
  x: {type: float, low: 0, high: 1}
objective: {metric: score, goal: maximize}
budget: {trials: 4, epochs: 6}
verdicts:
"""
SOUND = """\
  - name: fine
    verdict: success
    when: [score > 0.6, magnitude@3 >= 0.5 * score]
    at: best
    advice: >-
      Keep it,
      and go on.
  - {name: flat, verdict: failed, ended: pruned, when: [magnitude < 0.1], at: 2}
  - {name: rest, verdict: partial}
"""

TABLE: dict[str, tuple[str, list[str]]] = {
    "not a list": ("  name: a", ['7: verdicts: must be a list, not {"name": "a"}']),
    "no name, no verdict": (
        "  - {when: [score > 1]}",
        ["8: verdicts.0.name: is missing", "8: verdicts.0.verdict: is missing"],
    ),
    "another verdict": (
        "  - {name: a, verdict: bad}",
        ["8: verdicts.0.verdict: must be success, partial or failed, not 'bad'"],
    ),
    "a long name": (
        "  - {name: " + "x" * 41 + ", verdict: failed}",
        [
            "8: verdicts.0.name: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... must be one line of at "
            "most 40 characters, without blanks around it"
        ],
    ),
    "a name twice": (
        "  - {name: a, verdict: failed}\n  - {name: b, verdict: failed}\n"
        "  - {name: a, verdict: partial}",
        ["10: verdicts.2.name: 'a' stands twice"],
    ),
    "conditions": (
        "  - name: a\n    verdict: failed\n    when:\n      - score > 1\n      - score\n"
        "      - score * magnitude > 1\n      - 3",
        ["14: verdicts.0.when.3: must be a text, not 3; put it in quotes"],
    ),
    "conditions that can't be read": (
        "  - name: a\n    verdict: failed\n    when:\n      - score > 1\n      - score\n"
        "      - score * magnitude > 1",
        [
            "12: verdicts.0.when.1: 'score' compares nothing; write for example val/aji > 0.5",
            "13: verdicts.0.when.2: 'score * magnitude > 1': score times magnitude: one must be a "
            "number",
        ],
    ),
    "a text for a list": (
        "  - {name: a, verdict: failed, when: score > 1}",
        ["8: verdicts.0.when: must be a list, not 'score > 1'"],
    ),
    "no such moment": (
        "  - {name: a, verdict: failed, when: [score > 1], at: end}\n"
        "  - {name: b, verdict: failed, when: [score > 1], at: 0}",
        [
            "8: verdicts.0.at: must be an epoch from 1, or first, last, best or any, not 'end'",
            "9: verdicts.1.at: must be an epoch from 1, or first, last, best or any, not 0",
        ],
    ),
    "no such ending": (
        "  - {name: a, verdict: failed, ended: done}",
        ["8: verdicts.0.ended.0: must be completed, pruned or failed, not 'done'"],
    ),
    "misspelt": (
        "  - {name: a, verdict: failed, advise: x}",
        ["8: verdicts.0.advise: unknown key; did you mean advice?"],
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_mistake(messages: Callable[..., list[str]], case: str) -> None:
    text, expected = TABLE[case]
    assert messages(f"{SPACE}{text}\n") == expected


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def to_file(text: str) -> Path:
        file = tmp_path / "s.yaml"
        file.write_text(f"{SPACE}{text}", encoding="utf-8")
        return file

    return to_file


def test_reads_back(write) -> None:
    file = write(SOUND)
    spec = load_spec(file)
    fine, flat, rest = (rule.rule() for rule in spec.verdicts)
    assert (fine.verdict, fine.at, fine.ended) == (Verdict.SUCCESS, "best", ())
    assert fine.advice == "Keep it, and go on."
    assert [str(condition) for condition in fine.when] == [
        "score > 0.6",
        "magnitude@3 >= 0.5 * score",
    ]
    assert (flat.at, flat.ended, rest.when) == (2, ("pruned",), [])
    frozen = file.with_name("frozen.yaml")
    frozen.write_text(dump_spec(spec), encoding="utf-8")
    assert load_spec(frozen) == spec
    assert "verdicts" in json_schema()["properties"]


def test_without_rules_nothing_is_written(write) -> None:
    # Or sweeps from before there were verdicts would differ from their files.
    assert "verdicts" not in dump_spec(load_spec(write("")))


def test_metrics_are_known_to_the_trainable(write, toys) -> None:
    text = SOUND.replace("[score > 0.6", "[scor > 0.6")
    file = write(text)
    (problem,) = find_problems(read_spec(file))
    assert str(problem) == (
        f"{file}:10: verdicts.0.when.0: toy_trainable:Toy does not report a metric 'scor'; "
        "did you mean 'score'?"
    )


def test_overrides(write) -> None:
    spec = load_spec(write(SOUND), ["verdicts.0.at=any", "verdicts.1.when=[score < 0.5]"])
    assert spec.verdicts[0].at == "any"
    assert spec.verdicts[1].when == ("score < 0.5",)
    assert load_spec(write(SOUND), ["verdicts=[]"]).verdicts == ()


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        (SOUND, []),
        (
            "  - {name: all, verdict: partial}\n  - {name: a, verdict: failed, when: [score < 1]}",
            ["verdicts.1 (a) never applies: all always does before it"],
        ),
        (
            "  - {name: a, verdict: failed, when: [score < 1], at: 7}\n"
            "  - {name: b, verdict: failed, when: [score@9 < 1]}",
            [
                "verdicts.0 (a) never applies: budget.epochs is 6",
                "verdicts.1 (b) never applies: budget.epochs is 6",
            ],
        ),
    ],
)
def test_rules_that_never_apply(write, text: str, notes: list[str]) -> None:
    assert [note for note in find_notes(load_spec(write(text))) if "random" not in note] == notes


CHANGES = {
    "a condition": (
        SOUND.replace("[magnitude < 0.1]", "[magnitude < 0.2]"),
        ['verdicts.1.when: ["magnitude < 0.1"] -> ["magnitude < 0.2"] (flat)'],
    ),
    "a rule goes": (
        SOUND.replace("  - {name: rest, verdict: partial}\n", ""),
        ["verdicts: removed: rest"],
    ),
    "a rule comes first": (
        f"  - {{name: new, verdict: failed, when: [score < 0.1]}}\n{SOUND}",
        ["verdicts.0: added: new"],
    ),
    "another order": (
        "  - {name: rest, verdict: partial}\n"
        + SOUND.replace("  - {name: rest, verdict: partial}\n", ""),
        ["verdicts: in another order; the first that applies decides"],
    ),
    "none any more": (
        "",
        ["verdicts: removed: fine", "verdicts: removed: flat", "verdicts: removed: rest"],
    ),
}


@pytest.mark.parametrize("case", CHANGES)
def test_changes_are_taken_over(write, case: str) -> None:
    text, expected = CHANGES[case]
    before, after = load_spec(write(SOUND)), load_spec(write(text))
    found = find_changes(before, after, History(max_trials=4, num_begun=3))
    lines = [f"{'.'.join(map(str, change.path))}: {change.words}" for change in found]
    assert lines == expected
    assert not any(change.refusal for change in found)
    assert merge_specs(before, after).verdicts == after.verdicts
