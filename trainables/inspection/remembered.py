"""Reports kept beside the prepared data: `run` asks again for what `check` has found."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from sweeper.protocol import DataReport

__all__ = ["remember"]

_REPORTS = TypeAdapter(DataReport)


def remember(path: Path, look: Callable[[], DataReport]) -> DataReport:
    """The report in a file; if there is no readable one, a new one, which is then kept there.

    Args:
        path: Names everything that the report depends on. A folder that can't be written only
            costs time again.
        look: Makes a report.
    """
    try:
        return _REPORTS.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        content = _REPORTS.dump_json(look())
    with contextlib.suppress(OSError):
        handle, unfinished = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(unfinished).replace(path)
    # As the next one will read it, to the last list.
    return _REPORTS.validate_json(content)
