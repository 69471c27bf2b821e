"""Every process that a sweep has, killed at every kind of moment; then resumed and audited.

Five cases, each victim and each moment once, run by default; all of them with `-m matrix`.
"""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from processes import kill_all
from stage import Moment

VICTIMS = ["driver", "worker", "raylet", "mlflow", "machine"]
# Trial 1 is the slow one: while others begin and end it is under way.
MOMENTS = {
    "proposing": Moment(where="ask", trial=2),
    "first_epoch": Moment(where="step", trial=1, epoch=1),
    "middle": Moment(where="step", trial=1, epoch=2),
    "checkpointing": Moment(where="save", trial=1, epoch=2),
    "ending": Moment(where="tell", trial=1),
}
BY_DEFAULT = {
    ("driver", "middle"),
    ("worker", "checkpointing"),
    ("raylet", "ending"),
    ("mlflow", "first_epoch"),
    ("machine", "proposing"),
}
# How the driver's command ends. Actors outlive their raylet; whether the sweep can go on without it
# depends on whether it needs another one.
EXIT_CODES = {"driver": {-9}, "machine": {-9}, "worker": {0}, "raylet": {0, 3}, "mlflow": {0}}
CASES = [
    pytest.param(victim, moment, marks=() if (victim, moment) in BY_DEFAULT else pytest.mark.matrix)
    for victim, moment in itertools.product(VICTIMS, MOMENTS)
]


@pytest.mark.parametrize(("victim", "moment"), CASES)
def test_nothing_is_lost_and_nothing_is_twice(victim, moment, play, server, undisturbed):
    if victim == "mlflow":
        server.start()
        play = dataclasses.replace(play, store=server.uri)
    driver = play.start(MOMENTS[moment])
    play.stage.wait_until_reached()
    if victim == "mlflow":
        server.kill()
    else:
        kill_all(play.victims(victim, driver))
    play.stage.let_go()

    assert driver.wait() in EXIT_CODES[victim], driver.printed
    assert "Traceback" not in driver.printed
    if victim == "mlflow":
        server.start()
    play.resume_to_the_end()

    play.audit()
    assert play.curves == undisturbed
