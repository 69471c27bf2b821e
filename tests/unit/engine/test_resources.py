"""Shares of the machine as a table."""

from __future__ import annotations

import pytest

from sweeper.engine.resources import plan_resources
from sweeper.errors import UserError
from sweeper.spec import Resources


@pytest.mark.parametrize(
    ("wanted", "cpus", "gpus", "expected"),
    [
        ({}, 2, 0, (2, 1.0, 0.0, 1)),
        ({}, 16, 0, (12, 1.0, 0.0, 1)),
        ({}, 16, 2, (2, 8.0, 1.0, 8)),
        ({"gpus_per_trial": 0.25}, 16, 1, (4, 4.0, 0.25, 4)),
        ({"gpus_per_trial": 0.1}, 16, 1, (10, 1.0, 0.1, 1)),
        ({"gpus_per_trial": 0}, 4, 1, (4, 1.0, 0.0, 1)),
        ({"concurrent": 1}, 2, 0, (1, 2.0, 0.0, 2)),
        ({"concurrent": 3}, 8, 0, (3, 2.0, 0.0, 2)),
        ({"cpus_per_trial": 2}, 5, 0, (2, 2.0, 0.0, 2)),
        ({"cpus_per_trial": 0.5}, 2, 0, (4, 0.5, 0.0, 1)),
        ({"concurrent": 40}, 64, 0, (12, 5.0, 0.0, 5)),
    ],
)
def test_plan(wanted, cpus, gpus, expected):
    plan = plan_resources(Resources(**wanted), cpus=cpus, gpus=gpus, max_trials=12)
    assert (plan.places, plan.cpus, plan.gpus, plan.cpu_threads) == expected
    assert plan.device == ("cuda" if plan.gpus else "cpu")


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"gpus_per_trial": 1}, r"gpus_per_trial: 1 asked for, 0 here"),
        ({"cpus_per_trial": 8}, r"cpus_per_trial: 8 asked for, 2 here"),
    ],
)
def test_more_than_there_is(wanted, message):
    with pytest.raises(UserError, match=message):
        plan_resources(Resources(**wanted), cpus=2, gpus=0, max_trials=12)
