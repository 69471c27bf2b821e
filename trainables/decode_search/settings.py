"""What is searched, and what may be spent on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from sweeper.parameters import (
    Constraint,
    MistakesError,
    Parameter,
    ParameterPath,
    Section,
    check_constraints,
    check_when,
    list_grid,
    parse_constraint,
)
from sweeper.parameters.fields import Mistake, Number, Whole
from sweeper.parameters.wording import did_you_mean
from trainables.decode_search.criteria import CRITERIA

__all__ = ["SearchSettings"]


def _spell_out(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class SearchSettings(Section):
    """A search among decodings."""

    space: dict[ParameterPath, Parameter] = Field(
        default_factory=dict,
        description="What may vary: names of settings of the decoding and their values; empty: "
        "only the default is scored.",
    )
    constraints: tuple[str, ...] = Field(
        (), description="Such as `a <= b` or `a < 0.5`; one on a setting without use holds."
    )
    choose_by: Annotated[tuple[str, ...], Field(min_length=1), BeforeValidator(_spell_out)] = Field(
        ("aji",),
        description="A score, or several: then their mean, errors such as are taken as 1 - are.",
    )
    combinations: Annotated[Whole, Field(ge=1)] = Field(
        48, description="Decodings that are tried at most, besides the default."
    )
    seconds: Annotated[Number, Field(gt=0)] | None = Field(
        None, description="A search ends after these seconds with what it has; null: no limit."
    )
    sampler: Literal["auto", "grid", "tpe"] = Field(
        "auto", description="grid: every combination; auto: a grid if it fits, else tpe."
    )
    seed: Annotated[Whole, Field(ge=0, lt=2**32)] = Field(
        0, description="Decides the order of trying, the proposals and the halves of the images."
    )

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        found = [*self._choice_mistakes(), *self._space_mistakes()]
        if found:
            raise MistakesError(found)
        return self

    def parsed_constraints(self) -> list[Constraint]:
        """The constraints as objects."""
        return [parse_constraint(text) for text in self.constraints]

    def grid(self) -> list[dict[str, Any]] | None:
        """Every combination, in the order of the space; None: they are searched by TPE."""
        if self.sampler == "tpe":
            return None
        return list_grid(self.space, self.parsed_constraints(), self.combinations)

    def _choice_mistakes(self) -> Iterator[Mistake]:
        for index, name in enumerate(self.choose_by):
            if name not in CRITERIA:
                guess = did_you_mean(name, CRITERIA)
                yield (
                    ("choose_by", index),
                    f"{name} is no score between 0 and 1 to choose by{guess}",
                )
            elif name in self.choose_by[:index]:
                yield ("choose_by", index), f"{name} stands twice"

    def _space_mistakes(self) -> Iterator[Mistake]:
        conditions = [(("space", *path), why) for path, why in check_when(self.space, self.space)]
        yield from conditions
        if conditions:
            return
        constraints = [
            (("constraints", *path), why)
            for path, why in check_constraints(self.space, self.constraints)
        ]
        yield from constraints
        if self.sampler == "grid" and not constraints:
            yield from self._grid_mistakes()

    def _grid_mistakes(self) -> Iterator[Mistake]:
        uncounted = [name for name, kind in self.space.items() if kind.finite_values() is None]
        for name in uncounted:
            reason = "a grid needs values that can be counted: add a step, or write a choice"
            yield ("space", name), reason
        if not uncounted and self.grid() is None:
            yield (
                ("combinations",),
                f"the grid has more than {self.combinations}; raise it, or take another sampler",
            )
