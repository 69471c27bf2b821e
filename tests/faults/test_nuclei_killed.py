"""A network, its optimizer, schedule, random numbers and data order through a kill."""

from __future__ import annotations

import pytest
from processes import RIG, kill_all
from stage import Moment

from sweeper.engine.session import EpochReport
from sweeper.training import train_once


def measured(metrics):
    """All but what the clock says."""
    return {name: value for name, value in metrics.items() if not name.startswith("time/")}


@pytest.mark.parametrize("victim", ["worker", pytest.param("driver", marks=pytest.mark.matrix)])
def test_an_interrupted_network_gives_the_same_numbers_to_the_last_bit(
    nuclei, victim, tmp_path, monkeypatch
):
    # Epoch 3 is trained and not saved; 2 and 4 are those that are evaluated, and 5 as the last.
    driver = nuclei.start(Moment(where="step", trial=0, epoch=3))
    nuclei.stage.wait_until_reached()
    kill_all(nuclei.victims(victim, driver, trial=0))
    nuclei.stage.let_go()
    assert driver.wait() == {"worker": 0, "driver": -9}[victim], driver.printed
    nuclei.resume_to_the_end()
    nuclei.audit()

    curves = nuclei.curves
    assert sorted(curves) == [0, 1]
    monkeypatch.chdir(RIG)
    for number, curve in curves.items():
        alone = train_once(
            nuclei.trial(number).config,
            overrides=(),
            out=tmp_path / f"alone-{number}",
            home=nuclei.home,
            device="cpu",
            threads=1,
        )
        expected = [report.metrics for report in alone if isinstance(report, EpochReport)]
        assert [measured(epoch) for epoch in curve] == [measured(epoch) for epoch in expected]
        assert [epoch["epoch"] for epoch in curve if "val/aji" in epoch] == [2.0, 4.0, 5.0]
