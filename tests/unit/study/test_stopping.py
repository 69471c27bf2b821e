"""Requests to stop reach the driver that they were meant for."""

from __future__ import annotations

import pytest

from sweeper.paths import SweepPaths
from sweeper.study.lock import drive
from sweeper.study.stopping import Request, ask_to_stop, await_end, read_request


@pytest.fixture
def paths(tmp_path):
    return SweepPaths(tmp_path)


@pytest.mark.parametrize("request_", list(Request))
def test_the_driver_hears_it(paths, request_):
    with drive(paths) as driver:
        assert read_request(paths, driver) is None
        assert ask_to_stop(paths, request_) == driver
        assert read_request(paths, driver) is request_
        assert not await_end(paths, driver, patience_s=0)
    assert await_end(paths, driver, patience_s=0)


def test_nobody_is_asked_where_nobody_drives(paths):
    assert ask_to_stop(paths, Request.NOW) is None
    with drive(paths):
        pass
    assert ask_to_stop(paths, Request.NOW) is None
    assert not paths.stop.exists()


def test_the_next_driver_is_not_meant(paths):
    with drive(paths):
        ask_to_stop(paths, Request.NOW)
    with drive(paths) as driver:
        assert read_request(paths, driver) is None


def test_what_only_syncs_is_not_asked(paths):
    with drive(paths, task="synced"):
        assert ask_to_stop(paths, Request.NOW) is None
