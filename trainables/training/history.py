"""Scalars of an epoch's steps, kept on the device so that reading them does not stall it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

__all__ = ["StepHistory"]


class StepHistory:
    """Collects the same scalars at every step; copies them to the host only when asked."""

    def __init__(self) -> None:
        self._names: tuple[str, ...] = ()
        self._rows: list[Tensor] = []
        self._num_checked = 0

    def append(self, values: Mapping[str, Tensor]) -> None:
        """Adds a step.

        Args:
            values: Scalar tensors on one device; every step has the same names in the same order.
        """
        self._names = tuple(values)
        self._rows.append(torch.stack([value.detach().float() for value in values.values()]))

    def not_finite(self) -> dict[str, float]:
        """Looks at the steps since the last call.

        Returns:
            The first NaN or infinite value of each scalar that has one, by name.
        """
        rows = self._rows[self._num_checked :]
        self._num_checked = len(self._rows)
        if not rows or bool(torch.stack(rows).isfinite().all()):
            return {}
        found: dict[str, float] = {}
        for row in rows:
            for name, value in zip(self._names, row.tolist(), strict=True):
                if not math.isfinite(value):
                    found.setdefault(name, value)
        return found

    def means(self) -> dict[str, float]:
        """The mean of every scalar over its finite values, summed in float64.

        A scalar without a finite value is left out; so is everything when there was no step.
        """
        if not self._rows:
            return {}
        table = torch.stack(self._rows).cpu().double()
        finite = table.isfinite()
        counts = finite.sum(dim=0)
        sums = table.where(finite, 0.0).sum(dim=0)
        return {
            name: float(total / count)
            for name, total, count in zip(self._names, sums, counts, strict=True)
            if count > 0
        }
