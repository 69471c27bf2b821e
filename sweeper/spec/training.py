"""Training files: one configuration that runs alone, as each trial leaves it behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from sweeper.errors import Problem, SpecError
from sweeper.parameters.fields import FieldPath, Mistake, Section, TrainableName, Whole
from sweeper.parameters.wording import nearest, shown
from sweeper.spec.keys import RefusedError, holds, leaves
from sweeper.spec.messages import mistakes_of
from sweeper.spec.origins import Origins
from sweeper.spec.overrides import apply_overrides
from sweeper.spec.reading import read_source
from sweeper.spec.writing import dump_yaml

__all__ = ["TrainingFile", "dump_training", "read_training"]


class _Training(Section):
    trainable: TrainableName = Field(description="The training code, `package.module:Class`.")
    seed: Annotated[Whole, Field(ge=0, lt=2**32)] = Field(0, description="Decides every draw.")
    config: dict[str, Any] = Field(description="The complete configuration.")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingFile:
    """A training file that was read.

    Attributes:
        trainable: `package.module:Class`.
        seed: In [0, 2**32).
        config: The complete configuration; `epochs` is a whole number of at least 1.
        origins: Where each setting came from.
    """

    trainable: str
    seed: int
    config: Mapping[str, Any]
    origins: Origins

    def locate(self, field: str) -> str:
        """Where a dotted path of the configuration came from: `FILE:LINE: field` or `--set KEY`."""
        return self.origins.where(("config", *field.split(".")))


def dump_training(trainable: str, seed: int, config: Mapping[str, Any]) -> str:
    """A training file that `read_training` reads back."""
    return dump_yaml({"trainable": trainable, "seed": seed, "config": dict(config)})


def read_training(path: Path | str, overrides: Sequence[str] = ()) -> TrainingFile:
    """Reads a training file.

    Args:
        path: YAML with `trainable`, `seed` and `config`.
        overrides: `KEY=VALUE`; KEY is a path in the file (`config.optim.lr`), or one below `config`
            that is there (`optim.lr`).

    Raises:
        SpecError: All mistakes at once.
    """
    source = read_source(Path(path))
    overridden = apply_overrides(source.value, source.lines, overrides, resolve=_resolve_key)
    origins = Origins(
        file=Path(path),
        value=overridden.value,
        lines=overridden.lines,
        overrides=overridden.keys,
    )
    found = _validate(overridden.value)
    mistakes = source.mistakes + (found if isinstance(found, list) else [])
    problems = [Problem(where=origins.where(place), reason=reason) for place, reason in mistakes]
    if problems or overridden.problems or isinstance(found, list):
        raise SpecError([*problems, *overridden.problems])
    return TrainingFile(
        trainable=found.trainable, seed=found.seed, config=found.config, origins=origins
    )


def _validate(raw: Mapping[str, Any]) -> _Training | list[Mistake]:
    try:
        training = _Training.model_validate(raw)
    except ValidationError as error:
        details = error.errors(include_url=False)
        return [mistake for detail in details for mistake in mistakes_of(detail, _Training)]
    epochs = training.config.get("epochs")
    if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
        written = f", not {shown(epochs)}" if "epochs" in training.config else "; it is missing"
        return [(("config", "epochs"), f"must be a whole number of at least 1{written}")]
    return training


def _resolve_key(settings: Mapping[str, Any], key: str, value: Any) -> FieldPath:
    del value
    keys = key.split(".")
    if not all(keys):
        raise RefusedError("a dot too many")
    if keys[0] in _Training.model_fields:
        return tuple(keys)
    path = ("config", *keys)
    if holds(settings, path):
        return path
    config = settings.get("config")
    guess = nearest(key, leaves(config)) if isinstance(config, Mapping) else None
    more = f"; did you mean {guess}?" if guess else ""
    raise RefusedError(f"the file has no {key}{more} (a new setting is --set config.{key}=...)")
