"""Proposals of Optuna's TPE, in memory and seeded."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.trial import TrialState

from sweeper.parameters import suggest
from trainables.decode_search.blocks import OrderKey, Values
from trainables.decode_search.candidates import SeenValues
from trainables.decode_search.settings import SearchSettings

__all__ = ["TpeProposals"]

optuna.logging.set_verbosity(optuna.logging.WARNING)

_BLOCK_SIZE = 8
# Draws of TPE for each decoding of a block, then random ones: when TPE keeps repeating itself or
# breaking constraints, something new may still be found elsewhere.
_TPE_DRAWS = 16
_RANDOM_DRAWS = 64


class TpeProposals:
    """Draws blocks from what the blocks before taught; those of a block do not know each other."""

    def __init__(
        self, settings: SearchSettings, default: Values, seen: SeenValues, order_key: OrderKey
    ) -> None:
        self.num_planned = 1 + settings.combinations
        self._default = default
        self._space = settings.space
        self._constraints = settings.parsed_constraints()
        self._seen = seen
        self._order_key = order_key
        self._num_proposed = 0
        self._asked: list[optuna.Trial | None] = []
        conditional = any(parameter.when for parameter in settings.space.values())
        with warnings.catch_warnings():
            # `group` has been experimental, and unchanged, for years.
            warnings.simplefilter("ignore", ExperimentalWarning)
            self._tpe = optuna.samplers.TPESampler(
                multivariate=True, group=conditional, seed=settings.seed
            )
        self._random = optuna.samplers.RandomSampler(seed=settings.seed)
        self._study = optuna.create_study(direction="maximize", sampler=self._tpe)

    def next_block(self) -> Sequence[Values]:
        """See `Proposals`."""
        first = [] if self._num_proposed else [self._default]
        size = min(_BLOCK_SIZE, self.num_planned - self._num_proposed) - len(first)
        drawn = self._draw(size, self._tpe, _TPE_DRAWS * size)
        if not drawn:
            drawn = self._draw(size, self._random, _RANDOM_DRAWS * size)
        drawn.sort(key=lambda pair: self._order_key(pair[1]))
        self._num_proposed += len(first) + len(drawn)
        if not drawn:
            self.num_planned = self._num_proposed
        self._asked = [None for _ in first] + [trial for trial, _ in drawn]
        return [*first, *(values for _, values in drawn)]

    def tell(self, criteria: Sequence[float]) -> None:
        """See `Proposals`."""
        for trial, value in zip(self._asked, criteria, strict=True):
            # The default may lie outside of what Optuna can be told.
            if trial is not None:
                self._study.tell(trial, value)

    def _draw(
        self, size: int, sampler: optuna.samplers.BaseSampler, max_draws: int
    ) -> list[tuple[optuna.Trial, dict[str, Any]]]:
        self._study.sampler = sampler
        drawn: list[tuple[optuna.Trial, dict[str, Any]]] = []
        for _ in range(max_draws):
            if len(drawn) == size:
                break
            trial = self._study.ask()
            values = suggest(trial, self._space)
            if all(c.holds(values) for c in self._constraints) and self._seen.add(values):
                drawn.append((trial, values))
            else:
                # A failed trial teaches nothing, so that only what was scored counts.
                self._study.tell(trial, state=TrialState.FAIL)
        return drawn
