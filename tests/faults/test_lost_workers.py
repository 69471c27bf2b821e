"""Workers that die or hang while their driver lives."""

from __future__ import annotations

import dataclasses

import psutil
import pytest
from stage import Moment


@pytest.mark.matrix
def test_a_trial_whose_worker_is_killed_goes_on_from_its_checkpoint(play, undisturbed):
    driver = play.start(Moment(where="step", trial=1, epoch=3))
    psutil.Process(play.stage.wait_until_reached()).kill()
    play.stage.let_go()
    assert driver.wait() == 0, driver.printed
    assert "#1 goes on after epoch 2" in driver.printed
    assert play.stage.steps_of(1) == [1, 2, 3]
    play.audit()
    assert play.curves == undisturbed


@pytest.mark.matrix
def test_a_worker_that_hangs_is_killed_and_its_trial_goes_on(play, undisturbed):
    play = dataclasses.replace(play, settings=["faults.hang_s=4"])
    driver = play.start(Moment(where="step", trial=1, epoch=3))
    psutil.Process(play.stage.wait_until_reached()).suspend()
    play.stage.let_go()
    assert driver.wait() == 0, driver.printed
    assert "#1 goes on after epoch 2" in driver.printed
    play.audit()
    assert play.curves == undisturbed
