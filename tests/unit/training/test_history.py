import math

import pytest
import torch

from trainables.training.history import StepHistory


def row(loss: float, norm: float) -> dict[str, torch.Tensor]:
    return {"loss": torch.tensor(loss), "norm": torch.tensor(norm, dtype=torch.float64)}


def test_means_are_over_steps() -> None:
    history = StepHistory()
    for loss, norm in ((1.0, 4.0), (2.0, 4.0), (6.0, 7.0)):
        history.append(row(loss, norm))
    assert history.means() == {"loss": 3.0, "norm": 5.0}


def test_nothing_gives_nothing() -> None:
    assert StepHistory().means() == {}
    assert StepHistory().not_finite() == {}


def test_the_first_bad_value_of_each_scalar_is_named_once() -> None:
    history = StepHistory()
    history.append(row(1.0, 1.0))
    assert history.not_finite() == {}
    history.append(row(1.0, math.inf))
    history.append(row(math.nan, -math.inf))
    found = history.not_finite()
    assert list(found) == ["norm", "loss"]
    assert found["norm"] == math.inf
    assert math.isnan(found["loss"])
    history.append(row(1.0, 1.0))
    assert history.not_finite() == {}


def test_means_leave_out_what_is_not_finite() -> None:
    history = StepHistory()
    history.append(row(1.0, math.nan))
    history.append(row(math.inf, math.nan))
    assert history.means() == {"loss": 1.0}


def test_values_are_cut_off_from_the_graph() -> None:
    weight = torch.ones((), requires_grad=True)
    history = StepHistory()
    history.append({"loss": 2 * weight})
    assert history.means()["loss"] == pytest.approx(2.0)
    assert not history._rows[0].requires_grad
