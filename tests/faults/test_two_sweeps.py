"""Two sweeps in one home: what happens to one is nothing to the other."""

from __future__ import annotations

import dataclasses

import pytest
from processes import kill_all
from stage import Moment, Stage

pytestmark = pytest.mark.matrix


@pytest.fixture
def neighbour(play, tmp_path):
    (tmp_path / "beside").mkdir()
    stage = Stage(tmp_path / "beside")
    neighbour = dataclasses.replace(play, name="beside", stage=stage, commands=[])
    yield neighbour
    neighbour.close()


@pytest.mark.parametrize("victim", ["driver", "machine"])
def test_a_kill_and_a_resume_beside_a_sweep_that_runs(play, neighbour, undisturbed, victim):
    moment = Moment(where="step", trial=1, epoch=2)
    beside = neighbour.start(moment)
    driver = play.start(moment)
    play.stage.wait_until_reached()
    neighbour.stage.wait_until_reached()
    kill_all(play.victims(victim, driver))
    driver.wait()
    play.stage.let_go()
    resumed = play.resume()
    resumed.wait_for("goes on")
    neighbour.stage.let_go()
    assert beside.wait() == 0, beside.printed
    assert resumed.wait() == 0, resumed.printed
    for sweep in (play, neighbour):
        audit = sweep.command("audit", sweep.name)
        assert audit.wait() == 0, audit.printed
        assert sweep.curves == undisturbed
    assert [neighbour.stage.steps_of(trial) for trial in range(4)] == [[1, 2, 3]] * 4
