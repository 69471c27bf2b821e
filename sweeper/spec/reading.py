"""Space files and training files, read with all their mistakes at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sweeper.errors import Problem, SpecError
from sweeper.parameters.wording import nearest
from sweeper.spec.origins import Origins
from sweeper.spec.overrides import apply_overrides
from sweeper.spec.source import Source, YamlError, parse_yaml
from sweeper.spec.sweep_spec import SweepSpec
from sweeper.spec.validation import validate

__all__ = ["SpecFile", "load_spec", "read_source", "read_spec"]

_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecFile:
    """A space file that was read.

    Attributes:
        spec: What it asks for.
        origins: Where each setting came from.
    """

    spec: SweepSpec
    origins: Origins

    def locate(self, field: str) -> str:
        """Where a setting came from, to begin a message about it with.

        Args:
            field: Dotted path in a trial's configuration (`loss.hv_magnitude`, `data.path`), or
                in the file (`pruning.0.metric`).

        Returns:
            `FILE:LINE: field`, or `--set KEY`. A setting that nobody wrote down is located at the
            nearest section around it.
        """
        return self.origins.locate(field)


def load_spec(path: Path | str, overrides: Sequence[str] = ()) -> SweepSpec:
    """Reads a space file; see `read_spec`."""
    return read_spec(path, overrides).spec


def read_spec(path: Path | str, overrides: Sequence[str] = ()) -> SpecFile:
    """Reads a space file.

    Args:
        path: A YAML file.
        overrides: `KEY=VALUE`, as after `--set`; see `sweeper.spec.overrides`.

    Raises:
        SpecError: All mistakes of the file and of the overrides at once, in the order of lines.
    """
    file = Path(path)
    source = read_source(file)
    overridden = apply_overrides(source.value, source.lines, overrides)
    origins = Origins(
        file=file,
        value=overridden.value,
        lines=overridden.lines,
        overrides=overridden.keys,
    )
    found = validate(overridden.value)
    unread = {place for place, _ in source.mistakes}
    mistakes = source.mistakes + [
        mistake
        for mistake in (found if isinstance(found, list) else ())
        if mistake[0] not in unread
    ]
    problems = [
        Problem(where=origins.where(place), reason=reason)
        for place, reason in sorted(mistakes, key=lambda mistake: origins.line(mistake[0]))
    ]
    if problems or overridden.problems or isinstance(found, list):
        raise SpecError([*problems, *overridden.problems])
    return SpecFile(spec=found, origins=origins)


def read_source(file: Path) -> Source:
    """A YAML file whose content is a mapping.

    Raises:
        SpecError: The file can't be read, is empty, or is not YAML.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise _error(file, f"no such file{_neighbour(file)}") from None
    except IsADirectoryError:
        raise _error(file, "is a folder; name a file inside of it") from None
    except OSError as error:
        raise _error(file, f"can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        reason = f"byte {error.object[error.start]:#04x} is not UTF-8; save the file as UTF-8"
        raise _error(f"{file}:{line}", reason) from error
    try:
        source = parse_yaml(text)
    except YamlError as error:
        raise _error(f"{file}:{error.line}", error.reason) from error
    if source.value is None:
        raise _error(file, "is empty")
    if not isinstance(source.value, dict):
        raise _error(f"{file}:1", "must hold `key: value` lines, such as name: hv")
    return source


def _neighbour(file: Path) -> str:
    try:
        names = sorted(p.name for p in file.parent.iterdir() if p.suffix in _SUFFIXES)
    except OSError:
        return ""
    guess = nearest(file.name, names) or nearest(f"{file.name}.yaml", names)
    return f"; did you mean {file.parent / guess}?" if guess else ""


def _error(where: Path | str, reason: str) -> SpecError:
    return SpecError([Problem(where=str(where), reason=reason)])
