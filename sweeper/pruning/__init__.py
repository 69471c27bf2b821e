"""Pruning rules: pruners of Optuna that give a reason. They need no Ray and no sweep."""

from sweeper.pruning.any_of import AnyOf
from sweeper.pruning.base import ReasonedPruner
from sweeper.pruning.build import build_pruner
from sweeper.pruning.collapse import CollapsePruner
from sweeper.pruning.gate import GatePruner
from sweeper.pruning.on_metric import OnMetric
from sweeper.pruning.stall import StallPruner

__all__ = [
    "AnyOf",
    "CollapsePruner",
    "GatePruner",
    "OnMetric",
    "ReasonedPruner",
    "StallPruner",
    "build_pruner",
]
