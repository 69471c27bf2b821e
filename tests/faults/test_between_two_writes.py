"""Kills between two writes that belong together, where the first one alone is wrong."""

from __future__ import annotations

import dataclasses
import signal

import psutil
import pytest
from processes import kill_all, wait_until
from stage import Moment

pytestmark = pytest.mark.matrix

MOMENTS = [
    pytest.param(Moment(where="migrate", trial=0, epoch=1), id="store begun"),
    pytest.param(Moment(where="migrate", trial=0, epoch=20), id="store half made"),
    pytest.param(Moment(where="migrate", trial=0, epoch=50), id="store nearly made"),
    pytest.param(Moment(where="told", trial=1), id="ending in the study, not in MLflow"),
    pytest.param(Moment(where="run", trial=1), id="run in MLflow, its parameters not"),
    pytest.param(Moment(where="batch", trial=1), id="metrics in MLflow, not marked as sent"),
]


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_second_write_is_made_once(play, undisturbed, moment):
    driver = play.start(moment)
    play.stage.wait_until_reached()
    kill_all(play.victims("machine", driver))
    driver.wait()
    play.resume_to_the_end()
    play.audit()
    assert play.curves == undisturbed


def test_a_pruned_trial_leaves_no_checkpoint(play):
    # After one epoch trial 0 is at 0.27, trial 2 at 0.44.
    rule = "pruning=[{rule: gate, metric: score, epoch: 2, min: 0.5}]"
    play = dataclasses.replace(play, settings=[rule])
    driver = play.start(Moment(where="told", trial=2))
    play.stage.wait_until_reached()
    kill_all(play.victims("machine", driver))
    driver.wait()
    play.resume_to_the_end()
    audit = play.command("audit", "walk")
    assert audit.wait() == 0, audit.printed
    assert not list(play.trial(2).checkpoints.glob("*"))
    assert play.stage.steps_of(2) == [1, 2]


def test_a_sweep_that_was_half_made_is_made_anew(play, undisturbed):
    driver = play.start(Moment(where="create", trial=0))
    play.stage.wait_until_reached()
    driver.signal(signal.SIGKILL)
    driver.wait()
    resumed = play.resume()
    assert resumed.wait() == 2
    assert "no sweep named 'walk'" in resumed.printed
    again = play.start()
    assert again.wait() == 0, again.printed
    play.audit()
    assert play.curves == undisturbed


def test_a_kill_while_mlflow_gets_the_rest(play, undisturbed):
    driver = play.start()
    driver.wait_for("finishing the MLflow runs")
    driver.signal(signal.SIGKILL)
    driver.wait()
    play.resume_to_the_end()
    play.audit()
    assert play.curves == undisturbed


@pytest.mark.parametrize("said", ["died", "starting Ray", "starting workers"])
def test_a_kill_while_it_resumes(play, undisturbed, said):
    driver = play.start(Moment(where="step", trial=1, epoch=2))
    play.stage.wait_until_reached()
    kill_all(play.victims("machine", driver))
    driver.wait()
    second = play.resume()
    second.wait_for(said)
    second.signal(signal.SIGKILL)
    second.wait()
    play.resume_to_the_end()
    play.audit()
    assert play.curves == undisturbed


def test_a_shutdown_of_the_machine(play, undisturbed):
    """Everybody gets SIGTERM at once, and SIGKILL after a while."""
    driver = play.start(Moment(where="step", trial=1, epoch=2))
    play.stage.wait_until_reached()
    everybody = play.victims("machine", driver)
    for process in everybody:
        process.terminate()
    play.stage.let_go()
    wait_until(lambda: not psutil.pid_exists(driver.pid), 5)
    kill_all(everybody)
    assert "Traceback" not in driver.printed
    play.resume_to_the_end()
    play.audit()
    assert play.curves == undisturbed
