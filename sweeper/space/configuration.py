"""The configuration of a trial."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from sweeper.parameters import active_params
from sweeper.spec import SweepSpec

__all__ = ["build_config"]


def build_config(spec: SweepSpec, params: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that a trial is set to.

    Args:
        spec: What was asked for; it is not changed, nor does the result share anything with it.
        params: The trial's parameters, from `suggest` or from the study.

    Returns:
        Nested settings: those of `fixed`, `data`, `epochs`, and each parameter at its path.

    Raises:
        ValueError: See `active_params`.
    """
    config = copy.deepcopy({**spec.fixed, "data": spec.data, "epochs": spec.budget.epochs})
    for path, value in active_params(spec.space, params).items():
        *groups, key = path.split(".")
        holder = config
        for group in groups:
            holder = holder.setdefault(group, {})
        holder[key] = copy.deepcopy(value)
    return config
