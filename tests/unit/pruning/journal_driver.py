"""A driver of a sweep that can be cut off after any event: prints the verdicts it has given.

Run as `python journal_driver.py JOURNAL FIRST LAST`; events are those of a fixed interleaving.
"""

from __future__ import annotations

import json
import random
import sys

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from sweeper.pruning import AnyOf, GatePruner, OnMetric
from sweeper.study.curves import report_metrics

NUM_TRIALS = 12
NUM_EPOCHS = 9


def interleaved():
    """(trial, epoch, value) of 12 trials, three at a time."""
    rng = random.Random(7)
    quality = [rng.random() for _ in range(NUM_TRIALS)]
    waiting, running, events = list(range(NUM_TRIALS)), {}, []
    while waiting or running:
        while waiting and len(running) < 3:
            running[waiting.pop(0)] = 0
        trial = rng.choice(sorted(running))
        running[trial] += 1
        events.append((trial, running[trial], round(quality[trial] + rng.gauss(0, 0.2), 2)))
        if running[trial] == NUM_EPOCHS:
            del running[trial]
    return events


def build():
    pruners = optuna.pruners
    return AnyOf(
        [
            GatePruner("x", epoch=2, min=0.0),
            OnMetric(pruners.MedianPruner(n_startup_trials=2), "x", goal="maximize"),
            OnMetric(pruners.SuccessiveHalvingPruner(4, 2), "x", goal="maximize"),
            OnMetric(pruners.HyperbandPruner(1, NUM_EPOCHS, 3), "x", goal="maximize"),
        ]
    )


def drive(journal, first, last):
    storage = JournalStorage(JournalFileBackend(journal))
    study = optuna.create_study(
        storage=storage,
        study_name="hv",
        directions=["maximize", "minimize"],
        load_if_exists=True,
    )
    rules = build()
    verdicts = []
    for number, epoch, value in interleaved()[first:last]:
        while len(study.get_trials(deepcopy=False)) <= number:
            study.ask()
        trial = study.get_trials(deepcopy=False)[number]
        if trial.state.is_finished():
            continue
        report_metrics(_Attributes(storage, trial._trial_id), epoch, {"x": value})
        reason = rules.decide(study, study.get_trials(deepcopy=False)[number])
        verdicts.append([number, epoch, reason])
        if reason is not None:
            study.tell(number, state=TrialState.PRUNED)
        elif epoch == NUM_EPOCHS:
            study.tell(number, [value, value])
    return verdicts


class _Attributes:
    def __init__(self, storage, trial_id):
        self.storage, self.trial_id = storage, trial_id

    def set_user_attr(self, key, value):
        self.storage.set_trial_user_attr(self.trial_id, key, value)


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    json.dump(drive(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])), sys.stdout)
