"""A disk that is full while a sweep runs on it."""

from __future__ import annotations

import dataclasses

import pytest
from small_disk import SmallDisk, why_not
from stage import Moment

matrix = pytest.mark.matrix
MOMENTS = [
    pytest.param(Moment(where="ask", trial=2), id="proposing"),
    pytest.param(Moment(where="step", trial=1, epoch=2), id="training", marks=matrix),
    pytest.param(Moment(where="save", trial=1, epoch=2), id="checkpointing", marks=matrix),
    pytest.param(Moment(where="tell", trial=1), id="ending", marks=matrix),
]


@pytest.fixture
def disk(play):
    if reason := why_not():
        pytest.skip(f"no small file system here: {reason}")
    play.home.mkdir()
    disk = SmallDisk(play.home, size_mib=16)
    yield disk
    disk.close()


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_sweep_stops_and_goes_on_when_there_is_room(play, disk, undisturbed, moment):
    play = dataclasses.replace(play, door=disk.door)
    driver = play.start(moment)
    play.stage.wait_until_reached()
    disk.fill()
    play.stage.let_go()
    assert driver.wait() == 3, driver.printed
    assert "Traceback" not in driver.printed
    assert "o space left on" in driver.printed
    assert "resume walk" in driver.printed
    disk.make_room()
    play.resume_to_the_end()
    disk.copy_out()
    play.audit()
    assert play.curves == undisturbed
