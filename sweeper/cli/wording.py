"""Numbers and times as people read them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sweeper.study.events import TrialEnded, TrialRetried

__all__ = ["clock", "duration", "ending", "number", "program", "retrying", "settings", "short_name"]


def clock(seconds: float) -> str:
    """`75` as `01:15`; from an hour on `1:01:15`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes:02d}:{rest:02d}"


def duration(seconds: float) -> str:
    """`75` as `1 min 15 s`, `5000` as `1 h 23 min`."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def ending(event: TrialEnded) -> str:
    """The reason of an ending, with its state unless it begins with it, and the verdict."""
    whole = (
        event.reason if event.reason.startswith(event.state) else f"{event.state}: {event.reason}"
    )
    judgement = event.judged.judgement if event.judged is not None else None
    return f"{whole} [{judgement.words}]" if judgement is not None and judgement.rule else whole


def retrying(event: TrialRetried) -> str:
    """What broke and from where the trial is tried again."""
    start = f"epoch {event.epoch}" if event.epoch else "the start"
    return f"{event.reason}; retry {event.attempt}, from {start}"


def number(value: Any) -> str:
    """A setting or a metric in at most four significant digits."""
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e5 else f"{value:.3e}"
    return str(value)


def short_name(path: str) -> str:
    """The last part of a dotted setting or of a metric's name."""
    return path.replace("/", ".").rpartition(".")[2]


def program() -> str:
    """What to type for this program: its name if that is found, else its path as it was typed."""
    if shutil.which("sweeper"):
        return "sweeper"
    return "python -m sweeper" if Path(sys.argv[0]).name == "__main__.py" else sys.argv[0]


def settings(params: Mapping[str, Any]) -> str:
    """Settings on one line: `lr=0.0021 preset=all`."""
    return " ".join(f"{short_name(path)}={number(value)}" for path, value in params.items())
