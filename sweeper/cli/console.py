"""Where commands print: texts as they are, and a standard output that holds an answer alone."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from rich.console import Console

__all__ = ["open_console", "stdout_kept_clean"]

_STDOUT, _STDERR = 1, 2


def open_console(
    *, stderr: bool = False, soft_wrap: bool = False, highlight: bool = True
) -> Console:
    """A console that prints texts as they are.

    Much of what is printed was typed by users: names of files, values, advice. Rich would take
    `[x]` in it for a style, break on `[/x]`, and make an emoji of the `:100:` of `FILE:100: ...`.

    Args:
        stderr: Print to standard error.
        soft_wrap: Leave long lines to the terminal.
        highlight: Colour numbers and paths.
    """
    return Console(
        stderr=stderr, soft_wrap=soft_wrap, highlight=highlight, markup=False, emoji=False
    )


@contextmanager
def stdout_kept_clean() -> Iterator[None]:
    """Sends to standard error what training code, and what it starts, prints in the block."""
    sys.stdout.flush()
    kept = os.dup(_STDOUT)
    os.dup2(_STDERR, _STDOUT)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, _STDOUT)
        os.close(kept)
