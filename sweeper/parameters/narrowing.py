"""What constraints leave of a space when some values are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sweeper.parameters.conditions import condition_values, is_active, parents_first
from sweeper.parameters.constraints import Constraint
from sweeper.parameters.kinds import FixedParameter, FloatParameter, Space
from sweeper.parameters.relations import Bounds, Number, Relations
from sweeper.parameters.values import same_value

__all__ = ["Choose", "Narrowing", "Span"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Every number from low to high, both included."""

    low: Number
    high: Number


#: Takes the name of a parameter and what it can still be, never nothing; gives one value of it.
Choose = Callable[[str, Sequence[Any] | Span], Any]


class Narrowing:
    """Completes known values of a space so that its constraints hold."""

    def __init__(self, space: Space, constraints: Sequence[Constraint]) -> None:
        """Prepares for any number of completions.

        Args:
            space: All parameters, without a mistake.
            constraints: On these parameters.
        """
        self._space = space
        self._relations = Relations(space, constraints)
        self._compared = frozenset(self._relations.names)
        order = parents_first(space)
        parents = {parent for parameter in space.values() for parent in parameter.when}
        self._parents = [name for name in order if name in parents]
        # Between values that can be counted some may fit nothing; continuous ones always go on.
        self._others = sorted(
            (name for name in order if name not in parents),
            key=lambda name: space[name].finite_values() is None,
        )

    def is_possible(self, given: Mapping[str, Any]) -> bool:
        """Whether a trial with these values can keep to all constraints.

        Args:
            given: Values of the file by name; those of parameters that a trial need not have say
                nothing where it does not have them, those of fixed parameters nothing at all.
        """
        return self.complete(given, _lowest) is not None

    def complete(
        self, given: Mapping[str, Any], choose: Choose, *, order: Sequence[str] = ()
    ) -> dict[str, Any] | None:
        """Values of all parameters that a trial has, so that all constraints hold.

        Args:
            given: See `is_possible`.
            choose: Decides where something is left to decide. What it chooses may turn out to fit
                nothing; then it is asked again without that value.
            order: Parameters that are decided one after the other before the rest, but after those
                that others hang on.

        Returns:
            Values of the file in the order of the space; None if there are none.
        """
        fixed = [name for name in given if isinstance(self._space[name], FixedParameter)]
        given = {name: value for name, value in given.items() if name not in fixed}
        return self._decide(0, {}, given, choose, order)

    def _decide(
        self,
        depth: int,
        values: dict[str, Any],
        given: Mapping[str, Any],
        choose: Choose,
        order: Sequence[str],
    ) -> dict[str, Any] | None:
        """Decides about the parameters that others hang on, then about the others."""
        if depth == len(self._parents):
            return self._fill(values, given, choose, order)
        name = self._parents[depth]
        if not is_active(self._space, name, values):
            return self._decide(depth + 1, values, given, choose, order)
        left = self._left(name, values, given)
        while left:
            value = choose(name, left)
            found = self._decide(depth + 1, {**values, name: value}, given, choose, order)
            if found is not None or isinstance(left, Span):
                return found
            left = [other for other in left if self._differs(name, other, value)]
        return None

    def _fill(
        self,
        values: dict[str, Any],
        given: Mapping[str, Any],
        choose: Choose,
        order: Sequence[str],
    ) -> dict[str, Any] | None:
        names = [name for name in self._others if is_active(self._space, name, values)]
        ranks = {name: rank for rank, name in enumerate(order)}
        names.sort(key=lambda name: ranks.get(name, len(ranks)))
        values = dict(values)
        for name in names:
            left = self._left(name, values, given)
            while left:
                values[name] = choose(name, left)
                if name not in self._compared or self._bounds(values, given) is not None:
                    break
                failed = values.pop(name)
                counted = () if isinstance(left, Span) else left
                left = [other for other in counted if not same_value(other, failed)]
            if name not in values:
                return None
        if self._bounds(values, given) is None:
            return None
        return {name: values[name] for name in self._space if name in values}

    def _left(
        self, name: str, values: Mapping[str, Any], given: Mapping[str, Any]
    ) -> Sequence[Any] | Span:
        """What an active parameter can still be; empty: nothing."""
        if name in self._compared:
            bounds = self._bounds(values, given)
            if bounds is None:
                return ()
            if name not in given:
                low, high = bounds[name]
                counted = self._relations.between(name, low, high)
                return Span(low=low, high=high) if counted is None else counted
        return (given[name],) if name in given else _everything(self._space, name)

    def _bounds(self, values: Mapping[str, Any], given: Mapping[str, Any]) -> Bounds | None:
        """Of the parameters that a trial has for certain."""
        active = [
            name
            for name in self._relations.names
            if name in values or is_active(self._space, name, values)
        ]
        return self._relations.bounds(active, {**given, **values})

    def _differs(self, name: str, one: Any, other: Any) -> bool:
        """Whether a value that others hang on leaves something else than another one does."""
        if name in self._compared:
            return not same_value(one, other)
        return self._switched(name, one) != self._switched(name, other)

    def _switched(self, name: str, value: Any) -> set[str]:
        """The parameters whose condition on `name` a value meets."""
        return {
            child
            for child, parameter in self._space.items()
            if name in parameter.when
            and any(
                same_value(value, wanted)
                for wanted in condition_values(self._space, name, parameter.when[name])
            )
        }


def _lowest(name: str, left: Sequence[Any] | Span) -> Any:
    del name
    return left.low if isinstance(left, Span) else left[0]


def _everything(space: Space, name: str) -> Sequence[Any] | Span:
    parameter = space[name]
    if isinstance(parameter, FloatParameter) and parameter.step is None:
        return Span(low=parameter.low, high=parameter.high)
    return parameter.finite_values() or ()
