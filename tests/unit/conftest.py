"""The command line, run in this process."""

import sys

import pytest

from sweeper.cli.app import main


@pytest.fixture
def sweeper(monkeypatch, capsys):
    """Runs a command line; returns its exit code and all that it printed."""

    def call(*arguments: str) -> tuple[int, str]:
        monkeypatch.setenv("COLUMNS", "120")
        monkeypatch.setattr(sys, "argv", ["sweeper", *arguments])
        code: int | str | None = 0
        try:
            main()
        except SystemExit as done:
            code = done.code
        printed = capsys.readouterr()
        return int(code or 0), printed.out + printed.err

    return call
