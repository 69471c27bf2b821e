"""Optuna's own pruners on any metric, also in studies with several objectives."""

from __future__ import annotations

import hashlib
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import optuna
from optuna.pruners import (
    BasePruner,
    HyperbandPruner,
    PatientPruner,
    SuccessiveHalvingPruner,
    WilcoxonPruner,
)
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from sweeper.pruning.base import ReasonedPruner
from sweeper.pruning.measured import Goal, label, measurements, newest_epoch
from sweeper.pruning.mirror import MirrorStorage, mirror_study, mirror_trial
from sweeper.pruning.verdict import Verdict
from sweeper.pruning.wording import Judged, explain

__all__ = ["OnMetric"]


class OnMetric(ReasonedPruner):
    """Lets a pruner of Optuna judge a metric of its own, whatever the study optimizes.

    The pruner sees a study of one objective under the same name, with the same trial numbers, whose
    intermediate values are the metric's curve, steps being epochs. It is asked in the epochs in
    which the metric was measured; a trial is compared with others at the same epoch, so a metric
    that is measured every few epochs works. NaN counts as not measured.

    Nothing is remembered in the process: each verdict, and the rungs of successive halving and
    Hyperband, are written to the trial's system attributes (one write a judged epoch). After a
    restart all decisions are those that an uninterrupted process would have made, and an epoch that
    a trial reports again after going on from a checkpoint is not judged a second time.

    Works with the median, percentile, successive halving, Hyperband, patient and threshold pruners,
    and with any other that reads a study's direction, name and trials only.
    Differs: a trial whose values are all NaN goes on, where Optuna would prune it.

    Example:
        >>> import optuna
        >>> from sweeper.study.curves import report_metrics
        >>> rule = OnMetric(
        ...     optuna.pruners.MedianPruner(n_startup_trials=2), metric="val/aji", goal="maximize"
        ... )
        >>> study = optuna.create_study(directions=["maximize", "minimize"])
        >>> for aji in (0.4, 0.6, 0.3):
        ...     trial = study.ask()
        ...     _ = report_metrics(trial, 1, {"val/aji": aji, "cost/gpu_s": 7.0})
        ...     reason = rule.decide(study, study.get_trials(deepcopy=False)[trial.number])
        ...     if reason is None:
        ...         _ = study.tell(trial, [aji, 7.0])
        >>> reason
        'pruned at epoch 1: val/aji 0.30 is below the median 0.50 of 2 earlier trials'

    Attributes:
        pruner: The pruner of Optuna. Give each rule a fresh one.
        metric: Which metric; None: what `trial.report` got.
        goal: Whether higher or lower is better.

    Raises:
        ValueError: The pruner would guess its resource from the trials so far ("auto"), which no
            restart could repeat, or `goal` is unknown.
        TypeError: The pruner compares final values (Wilcoxon).
    """

    def __init__(self, pruner: BasePruner, metric: str | None = None, *, goal: Goal) -> None:
        _refuse_unusable(pruner)
        if goal not in ("maximize", "minimize"):
            raise ValueError(f"goal must be maximize or minimize, not {goal!r}")
        self.pruner = pruner
        self.metric = metric
        self.goal = goal
        self._direction = StudyDirection.MAXIMIZE if goal == "maximize" else StudyDirection.MINIMIZE
        self._key = _key(pruner, metric, goal)
        # Trials that have ended never change; those of one metric are mirrored once.
        self._ended: WeakKeyDictionary[BaseStorage, dict[int, FrozenTrial]] = WeakKeyDictionary()

    def decide(self, study: optuna.Study, trial: FrozenTrial) -> str | None:
        """Asks the pruner, once per measured epoch; see the base class."""
        epoch = newest_epoch(trial, self.metric)
        curve = measurements(trial, self.metric)
        if not curve or curve[-1][0] != epoch:
            return None
        trials = study.get_trials(deepcopy=False)
        stored = trials[trial.number] if trial.number < len(trials) else None
        known = Verdict.read(stored, self._key) if stored is not None else None
        if known is not None and known.epoch >= epoch:
            return known.reason if known.epoch == epoch else None
        judged = mirror_trial(trial, curve, known.rungs if known is not None else {})
        judged.state = TrialState.RUNNING
        verdict = self._judge(study, judged, trials)
        if stored is not None and not stored.state.is_finished():
            verdict.write(study._storage, stored, self._key)
        return verdict.reason

    def __repr__(self) -> str:
        pruner = type(self.pruner).__name__
        return f"OnMetric({pruner}, {self.metric!r}, goal={self.goal!r})"

    def _judge(self, study: optuna.Study, trial: FrozenTrial, trials: list[FrozenTrial]) -> Verdict:
        mirrored = [self._mirrored(study._storage, other) for other in trials]
        mirrored[trial.number : trial.number + 1] = [trial]
        storage = MirrorStorage(self._direction, mirrored)
        mirror = mirror_study(study, storage)
        # A percentile between two infinite values is NaN, and then nothing is pruned.
        with np.errstate(invalid="ignore"):
            stops = self.pruner.prune(mirror, trial)
        epoch = newest_epoch(trial, None)
        reason = None
        if stops:
            case = Judged(study=mirror, trial=trial, name=label(self.metric), goal=self.goal)
            clause = explain(self.pruner, case, storage.written)
            reason = f"pruned at epoch {epoch}: {clause}"
        return Verdict(epoch=epoch, reason=reason, rungs={**trial.system_attrs, **storage.written})

    def _mirrored(self, storage: BaseStorage, trial: FrozenTrial) -> FrozenTrial:
        ended = self._ended.setdefault(storage, {})
        if trial._trial_id in ended:
            return ended[trial._trial_id]
        verdict = Verdict.read(trial, self._key)
        rungs = verdict.rungs if verdict is not None else {}
        mirrored = mirror_trial(trial, measurements(trial, self.metric), rungs)
        if trial.state.is_finished():
            ended[trial._trial_id] = mirrored
        return mirrored

    def __getstate__(self) -> dict[str, Any]:
        # A study is pickled with its pruner; weak references are not.
        return {key: value for key, value in vars(self).items() if key != "_ended"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _ended=WeakKeyDictionary())


def _refuse_unusable(pruner: BasePruner) -> None:
    match pruner:
        case HyperbandPruner(_max_resource="auto") | SuccessiveHalvingPruner(_min_resource=None):
            raise ValueError(f"give {type(pruner).__name__} its resource as a number of epochs")
        case WilcoxonPruner():
            raise TypeError("WilcoxonPruner compares final values; it needs the study itself")
        case PatientPruner(_wrapped_pruner=BasePruner() as wrapped):
            _refuse_unusable(wrapped)


def _key(pruner: BasePruner, metric: str | None, goal: Goal) -> str:
    digest = hashlib.sha256(_settings(pruner).encode()).hexdigest()[:8]
    return f"pruning/{type(pruner).__name__}-{digest}/{goal}/{metric or ''}"


def _settings(pruner: BasePruner) -> str:
    own = {
        name: _settings(value) if isinstance(value, BasePruner) else value
        for name, value in vars(pruner).items()
    }
    return f"{type(pruner).__qualname__}({sorted(own.items())})"
