"""Scores a trained network on its own images or on others; nothing is trained or searched.

Needs neither Ray nor MLflow, and changes nothing of a sweep: what was found gets a folder of its
own.
"""

from __future__ import annotations

from sweeper.evaluating.evaluation import Evaluated, EvaluationWatcher, evaluate
from sweeper.evaluating.subject import Origin, Wish

__all__ = ["Evaluated", "EvaluationWatcher", "Origin", "Wish", "evaluate"]
