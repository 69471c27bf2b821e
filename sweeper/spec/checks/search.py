"""The sampler can handle the space and the objectives."""

from __future__ import annotations

from collections.abc import Iterator

from sweeper.parameters.fields import Mistake
from sweeper.parameters.grid import count_grid
from sweeper.parameters.kinds import ChoiceParameter, FloatParameter, IntParameter
from sweeper.spec.checks.constraints import sound_constraints
from sweeper.spec.checks.parts import Parts
from sweeper.spec.samplers import CmaesSampler, GridSampler

__all__ = ["MAX_GRID_POINTS", "check_sampler"]

MAX_GRID_POINTS = 100_000


def check_sampler(parts: Parts) -> Iterator[Mistake]:
    """Grid and CMA-ES do not take every space."""
    match parts.sampler:
        case GridSampler():
            yield from _check_grid(parts)
        case CmaesSampler():
            yield from _check_cmaes(parts)
        case _:
            pass


def _check_grid(parts: Parts) -> Iterator[Mistake]:
    found: list[Mistake] = []
    for name, parameter in parts.space.items():
        if parameter.finite_values() is None:
            reason = "a grid needs values that can be counted: add a step, or write a choice"
            found.append((("space", name), reason))
        if parameter.when:
            reason = "a grid can't follow conditions; take another sampler"
            found.append((("space", name, "when"), reason))
    yield from found
    if found or len(parts.space) < len(parts.space_names):
        return
    size = count_grid(parts.space) or 0
    if size > MAX_GRID_POINTS:
        yield (
            ("sampler",),
            f"the grid has {size:,} points, more than {MAX_GRID_POINTS:,}; use tpe or random",
        )
        return
    constraints = sound_constraints(parts)
    allowed = count_grid(parts.space, constraints) if constraints else size
    if parts.budget is not None and allowed and parts.budget.trials > allowed:
        only = " that keep to the constraints" if constraints else ""
        yield (
            ("budget", "trials"),
            f"{parts.budget.trials} trials, but the grid has only {allowed} points{only}",
        )


def _check_cmaes(parts: Parts) -> Iterator[Mistake]:
    if len(parts.objectives) > 1:
        yield ("sampler",), "cmaes takes one objective; use tpe or nsgaii for several"
    if len(parts.space) < len(parts.space_names):
        return
    ranged = [n for n, p in parts.space.items() if isinstance(p, FloatParameter | IntParameter)]
    if not any(not parts.space[name].when for name in ranged):
        choices = [n for n, p in parts.space.items() if isinstance(p, ChoiceParameter)]
        reasons = [
            f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} {what}"
            for names, what in ((choices, "a choice"), (ranged, "conditional"))
            if names
        ]
        why = f" ({'; '.join(reasons)})" if reasons else ""
        yield ("sampler",), f"cmaes needs a float or an int without a condition{why}"
