"""What a look at the data found: a table of numbers, and findings, the severest first."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sweeper.cli.wording import number
from sweeper.protocol import DataFinding, DataMeasure, DataReport, DataSummary, Severity

__all__ = ["print_report"]

_STYLES: dict[Severity, str] = {"severe": "bold red", "warning": "bold yellow", "note": "cyan"}
_SHOWN_NAMES = 3


def print_report(console: Console, report: DataReport, data: DataSummary) -> None:
    """Prints it; 80 columns suffice. Without a table, what `prepare` found stands there."""
    console.print()
    for line in report.lines if report.measures else data.lines:
        console.print(line, highlight=False, markup=False, soft_wrap=not report.measures)
    if report.measures:
        console.print(_table(report))
    console.print()
    if not report.findings:
        if report.measures:
            console.print("nothing about the data stands out", style="bold green")
        return
    rows = Table.grid(padding=(0, 1))
    rows.add_column(no_wrap=True)
    rows.add_column(overflow="fold")
    for finding in report.findings:
        rows.add_row(Text(finding.severity, _STYLES[finding.severity]), _words(finding))
    console.print(rows)


def _table(report: DataReport) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("data", no_wrap=True)
    for part in report.parts:
        table.add_column(part, justify="right", min_width=8)
    for measure in report.measures:
        name = Text(measure.name, "dim" if measure.name.startswith(" ") else "")
        table.add_row(name, *(_cell(measure, part) for part in report.parts))
    return table


def _cell(measure: DataMeasure, part: str) -> str:
    value = measure.values.get(part)
    if value is None:
        return "-"
    match measure.form:
        case "count":
            return f"{value:.0f}"
        case "share":
            if 0 < value < 0.001:
                return "<0.1%"
            return f"{value:.1%}" if 0 < value < 0.1 else f"{value:.0%}"
        case "px":
            return f"{value:.0f} px"
        case "number":
            return number(round(value, 3))


def _words(finding: DataFinding) -> Text:
    words = Text.assemble((finding.subject, "bold"), f": {finding.sentence}\n")
    words.append(finding.consequence)
    if finding.worst:
        words.append(f"\nlook at: {_names(finding.worst)}", "dim")
    return words


def _names(worst: Sequence[str]) -> str:
    rest = len(worst) - _SHOWN_NAMES
    return ", ".join(worst[:_SHOWN_NAMES]) + (f" and {rest} more" if rest > 0 else "")
