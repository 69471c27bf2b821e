"""Fixtures that all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Real data and reference values, kept beside the project; absent on a plain clone."""
    default = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("SWEEPER_SHARED", default))
    if not (folder / "reference").is_dir():
        pytest.skip(f"needs the data folder {folder.name}/ beside the project (or SWEEPER_SHARED)")
    return folder


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Makes the folder of `toy_trainable:Toy` the current one."""
    folder = Path(__file__).resolve().parent / "toys"
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def parse_command():
    """Parses a command line of sweeper without running it; an unknown command or flag raises."""
    import typer.main

    from sweeper.cli.app import app

    def parse(arguments: list[str]) -> dict[str, object]:
        group = typer.main.get_command(app)
        name, *rest = arguments
        command = group.get_command(typer.Context(group), name)
        assert command is not None, f"no command {name}"
        return command.make_context(name, rest).params

    return parse
