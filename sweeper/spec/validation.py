"""The content of a space file against the models, with all mistakes at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sweeper.parameters.fields import FieldPath, Mistake, MistakesError, SweepName
from sweeper.parameters.kinds import Parameter
from sweeper.spec.checks import Parts, find_conflicts
from sweeper.spec.goals import with_goals
from sweeper.spec.messages import mistakes_of
from sweeper.spec.rules import Rule
from sweeper.spec.samplers import Sampler
from sweeper.spec.sections import Budget, Objective
from sweeper.spec.sweep_spec import SweepSpec
from sweeper.spec.verdicts import VerdictRule

__all__ = ["validate"]


def validate(raw: Mapping[str, Any]) -> SweepSpec | list[Mistake]:
    """Builds the spec, or says all that is wrong with it.

    Args:
        raw: Sections by name, as they came from YAML. A section without a value is left out.
    """
    # `pruning:` with all its rules commented out means none.
    filled = {key: value for key, value in raw.items() if value is not None}
    try:
        return SweepSpec.model_validate(filled)
    except ValidationError as error:
        details = error.errors(include_url=False)
    mistakes = [mistake for detail in details for mistake in mistakes_of(detail)]
    if not any(_crosses_sections(detail) for detail in details):
        # Pydantic looks across sections only when each of them is sound.
        mistakes += find_conflicts(_sound_parts(filled))
    return _without_echoes(mistakes)


def _without_echoes(mistakes: list[Mistake]) -> list[Mistake]:
    """Drops what only follows from another mistake: one mistake, one message."""
    guesses = {(path[:-1], reason.partition("did you mean ")[2]) for path, reason in mistakes}
    no_objective = any(path[0] == "objective" for path, _ in mistakes)

    def follows(path: FieldPath, reason: str) -> bool:
        if reason.startswith("is missing"):
            misspelt = (path[:-1], f"{path[-1]}?") in guesses
            return misspelt or (no_objective and path[0] == "pruning" and path[-1] == "goal")
        # Pydantic counts only the sound items of a list.
        return reason == "must not be empty" and any(
            other[: len(path)] == path and other != path for other, _ in mistakes
        )

    return [mistake for mistake in dict.fromkeys(mistakes) if not follows(*mistake)]


def _crosses_sections(detail: Mapping[str, Any]) -> bool:
    return not detail["loc"] and isinstance(detail.get("ctx", {}).get("error"), MistakesError)


def _sound_parts(raw: Mapping[str, Any]) -> Parts:
    filled = with_goals(raw)
    space = filled.get("space")
    objectives = filled.get("objective")
    data, fixed = filled.get("data"), filled.get("fixed")
    return Parts(
        name=_sound(SweepName, filled.get("name")),
        data=data if isinstance(data, Mapping) else {},
        fixed=fixed if isinstance(fixed, Mapping) else {},
        space=_all_sound(Parameter, space.items() if isinstance(space, Mapping) else ()),
        space_names=tuple(space) if isinstance(space, Mapping) else (),
        constraints=_all_sound(str, _numbered(filled.get("constraints"))),
        start=_all_sound(dict[str, Any], _numbered(filled.get("start"))),
        objectives=_all_sound(
            Objective, _numbered([objectives] if isinstance(objectives, Mapping) else objectives)
        ),
        sampler=_sound(Sampler, filled.get("sampler")),
        pruning=_all_sound(Rule, _numbered(filled.get("pruning"))),
        verdicts=_all_sound(VerdictRule, _numbered(filled.get("verdicts"))),
        budget=_sound(Budget, filled.get("budget")),
    )


def _numbered(items: Any) -> Iterable[tuple[int, Any]]:
    return enumerate(items) if isinstance(items, list) else ()


def _all_sound(kind: Any, items: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    found = {key: _sound(kind, value) for key, value in items}
    return {key: value for key, value in found.items() if value is not None}


def _sound(kind: Any, value: Any) -> Any:
    """The value as the given kind, or None if it is not one."""
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return None
