"""Signals that end a driver, while all is well and while something hangs."""

from __future__ import annotations

import dataclasses
import signal
import time

import psutil
import pytest
from stage import Moment

matrix = pytest.mark.matrix
EPOCH = Moment(where="step", trial=1, epoch=2)


def assert_ends(command):
    """How soon is told by benchmarks/stopping.py."""
    assert command.wait() == 130, command.printed
    assert "Traceback" not in command.printed


def assert_nothing_was_lost(play, undisturbed):
    play.resume_to_the_end()
    play.audit()
    assert play.curves == undisturbed


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGINT, id="SIGINT", marks=matrix),
        pytest.param(signal.SIGTERM, id="SIGTERM"),
        pytest.param(signal.SIGHUP, id="SIGHUP", marks=matrix),
    ],
)
def test_one_signal_waits_for_running_epochs(play, undisturbed, number):
    driver = play.start(EPOCH)
    play.stage.wait_until_reached()
    # A terminal sends these to everything that was started from it.
    send = driver.signal if number == signal.SIGTERM else driver.signal_group
    send(number)
    driver.wait_for("stopping")
    play.stage.let_go()
    assert_ends(driver)
    assert "resume walk" in driver.printed
    # The epoch in flight was waited for, so that it is not trained twice.
    assert_nothing_was_lost(play, undisturbed)
    assert play.stage.steps_of(1) == [1, 2, 3]


@matrix
def test_one_signal_does_not_wait_for_an_epoch_that_hangs(play, undisturbed):
    driver = play.start(EPOCH)
    play.stage.wait_until_reached()
    driver.signal_group(signal.SIGINT)
    assert_ends(driver)
    play.stage.let_go()
    assert_nothing_was_lost(play, undisturbed)


@matrix
def test_one_signal_does_not_wait_for_a_server_that_hangs(play, server, undisturbed):
    server.start()
    play = dataclasses.replace(play, store=server.uri)
    driver = play.start(EPOCH)
    play.stage.wait_until_reached()
    server.suspend()
    play.stage.let_go()
    driver.signal_group(signal.SIGINT)
    assert_ends(driver)
    server.wake()
    assert_nothing_was_lost(play, undisturbed)


@pytest.mark.parametrize("pause_s", [0.0, pytest.param(1.0, marks=matrix)])
def test_two_signals_end_it_at_once(play, undisturbed, pause_s):
    driver = play.start(EPOCH)
    play.stage.wait_until_reached()
    driver.signal_group(signal.SIGINT)
    driver.wait_for("stopping")
    time.sleep(pause_s)
    driver.signal_group(signal.SIGINT)
    assert_ends(driver)
    play.stage.let_go()
    assert_nothing_was_lost(play, undisturbed)


@matrix
def test_a_signal_while_ray_starts_ends_it_at_once(play, undisturbed):
    driver = play.start()
    driver.wait_for("starting Ray")
    driver.signal_group(signal.SIGINT)
    assert_ends(driver)
    assert_nothing_was_lost(play, undisturbed)


@matrix
def test_a_second_driver_is_refused_while_the_first_lives(play, undisturbed):
    driver = play.start(EPOCH)
    play.stage.wait_until_reached()
    second = play.resume()
    assert second.wait() == 2
    assert f"is being run by pid {driver.pid} on " in second.printed
    # A driver that hangs holds its sweep all the same.
    psutil.Process(driver.pid).suspend()
    third = play.resume()
    assert third.wait() == 2
    psutil.Process(driver.pid).resume()
    play.stage.let_go()
    assert driver.wait() == 0, driver.printed
    play.audit()
    assert play.curves == undisturbed


@matrix
def test_ctrl_z_and_back(play, undisturbed):
    """Workers are not stopped with their driver; they only wait for it, and nobody hangs."""
    play = dataclasses.replace(play, settings=["faults.hang_s=4"])
    driver = play.start(EPOCH)
    play.stage.wait_until_reached()
    driver.signal_group(signal.SIGSTOP)
    play.stage.let_go()
    time.sleep(20)
    driver.signal_group(signal.SIGCONT)
    assert driver.wait() == 0, driver.printed
    play.audit()
    assert play.curves == undisturbed
    assert play.stage.steps_of(1) == [1, 2, 3]
