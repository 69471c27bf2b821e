"""The verdicts on trials: a column of the table of trials, and what each of them means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from string import ascii_uppercase

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from sweeper.study.records import SweepRecord
from sweeper.verdicts import RuleCount, Tally, Verdict, count_verdicts

__all__ = ["print_verdicts", "verdict_labels"]

_STYLES = {Verdict.SUCCESS: "green", Verdict.PARTIAL: "yellow", Verdict.FAILED: "red"}
_MAX_LISTED = 8


def verdict_labels(record: SweepRecord) -> Mapping[int, Text]:
    """A few letters for each trial with a verdict; `print_verdicts` says what they mean."""
    return {
        number: Text(_label(letter, found), style=_STYLES.get(found.verdict, "dim"))
        for letter, found in _lettered(count_verdicts(record.verdicts))
        for number in found.trials
    }


def print_verdicts(console: Console, record: SweepRecord) -> None:
    """How many trials came to what, by which rule, why, and what to do; nothing without rules."""
    tally = count_verdicts(record.verdicts)
    if not tally.rules:
        return
    _print(console, f"verdicts: {_counts(tally)}{_main_failure(tally)}", 0)
    for letter, found in _lettered(tally):
        first = found.trials[0]
        because = record.verdicts[first].because
        example = because if len(found.trials) == 1 else f"such as #{first}: {because}"
        title = Text(_label(letter, found), style=_STYLES.get(found.verdict, "dim"))
        named = f"  {found.rule}" if found.rule else ""
        _print(console, title.append(f"{named}  {_listed(found.trials)}", style="default"), 2)
        _print(console, Text(example, style="dim"), 4)
        if found.advice:
            _print(console, found.advice, 4)


def _print(console: Console, text: str | Text, indent: int) -> None:
    whole = Text(text) if isinstance(text, str) else text
    console.print(Padding(whole, (0, 0, 0, indent), expand=False), highlight=False)


def _lettered(tally: Tally) -> Iterator[tuple[str, RuleCount]]:
    for index, found in enumerate(tally.rules):
        yield ascii_uppercase[index] if index < len(ascii_uppercase) else str(index), found


def _label(letter: str, found: RuleCount) -> str:
    return f"{letter} {found.verdict}"


def _counts(tally: Tally) -> str:
    return ", ".join(f"{count} {verdict}" for verdict, count in tally.counts.items())


def _main_failure(tally: Tally) -> str:
    main = tally.main_failure
    if main is None:
        return ""
    failed = tally.counts[Verdict.FAILED]
    return f"; most failures ({len(main.trials)} of {failed}): {main.rule}"


def _listed(trials: Sequence[int]) -> str:
    shown = ", ".join(f"#{number}" for number in trials[:_MAX_LISTED])
    rest = len(trials) - _MAX_LISTED
    return f"{shown} and {rest} more" if rest > 0 else shown
