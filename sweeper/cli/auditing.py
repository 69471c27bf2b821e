"""`sweeper audit`: is anything lost or double? Changes nothing."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from sweeper.cli.console import open_console
from sweeper.cli.options import HomeOption, NameArgument

if TYPE_CHECKING:
    from sweeper.auditing import Audit, Check

__all__ = ["audit"]

_WRONG = 1
_UNCHECKED = 3
_MOST_FINDINGS = 30


def audit(
    name: NameArgument,
    home: HomeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Checks that nothing of a sweep is lost or double: study, MLflow, disk, processes.

    Exit code 0: all in order; 1: something is wrong; 3: a part could not be checked.
    """
    from sweeper.auditing import audit as look

    found = look(name, home)
    if as_json:
        typer.echo(json.dumps({**asdict(found), "verdict": _verdict(found)}, indent=2))
    else:
        _print(found)
    if found.num_wrong:
        raise typer.Exit(_WRONG)
    if found.unchecked:
        raise typer.Exit(_UNCHECKED)


def _print(audit: Audit) -> None:
    console = open_console()
    if audit.is_driven:
        console.print(
            f"a driver holds {audit.name}: only what must hold at every moment is checked",
            soft_wrap=True,
        )
    for check in audit.checks:
        console.print(_line(check), soft_wrap=True)
    for finding in audit.findings[:_MOST_FINDINGS]:
        style = "bold red" if finding.severity == "wrong" else "bold yellow"
        console.print(
            Text(f"{finding.severity}: ", style)
            + Text(f"{finding.where}: {finding.sentence}", "default"),
            soft_wrap=True,
        )
        if finding.todo:
            indent = " " * len(f"{finding.severity}: ")
            console.print(Text(f"{indent}{finding.todo}", "dim"), soft_wrap=True)
    if (rest := len(audit.findings) - _MOST_FINDINGS) > 0:
        console.print(f"and {rest} more: --json shows all", highlight=False)
    for reason in audit.unchecked:
        console.print(Text("not checked: ", "bold yellow") + Text(reason), soft_wrap=True)
    style = "bold red" if audit.num_wrong else "bold green" if audit.is_in_order else "bold yellow"
    console.print(Text(_verdict(audit), style), soft_wrap=True)


def _line(check: Check) -> Text:
    mark, style = ("✗", "red") if check.is_wrong else ("✓", "green")
    if check.unchecked:
        mark, style = "?", "yellow"
    counted = "not checked" if check.unchecked else f"{check.count} {check.unit}"
    return Text(f"{mark} ", style) + Text.assemble(
        (f"{check.area + ':':<11}", "dim"), check.title, (f"  {counted}", "dim")
    )


def _verdict(audit: Audit) -> str:
    if audit.num_wrong:
        things = "thing" if audit.num_wrong == 1 else "things"
        return f"audit: {audit.num_wrong} {things} wrong"
    counted = f"{audit.num_trials} trials, "
    counted += "" if audit.num_runs is None else f"{audit.num_runs} runs, "
    counted += f"{audit.num_epochs} epochs, each once"
    if audit.unchecked:
        return f"audit: in order as far as it could be checked: {counted}"
    return f"audit: all in order: {counted}"
