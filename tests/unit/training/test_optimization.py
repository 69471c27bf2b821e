import math

import pytest
from pydantic import ValidationError

from trainables.optimization import OptimConfig


def rates(config: OptimConfig, *, steps_per_epoch: int, epochs: int) -> list[float]:
    schedule = config.learning_rate(steps_per_epoch=steps_per_epoch, epochs=epochs)
    return [schedule.at(step) for step in range(steps_per_epoch * epochs)]


def test_warm_up_rises_linearly_to_the_peak_and_a_constant_stays_there() -> None:
    config = OptimConfig(lr=0.4, schedule="constant", warmup_epochs=2.0)
    found = rates(config, steps_per_epoch=2, epochs=4)
    assert found == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.4, 0.4, 0.4, 0.4])


def test_cosine_starts_at_the_peak_and_ends_at_its_floor() -> None:
    config = OptimConfig(lr=1.0, schedule="cosine", warmup_epochs=0.0, floor_frac=0.1)
    found = rates(config, steps_per_epoch=1, epochs=5)
    assert found[0] == 1.0
    assert found[2] == pytest.approx(0.55)
    assert found[1] == pytest.approx(0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi / 4)))
    assert found[-1] == pytest.approx(0.1)


def test_part_of_an_epoch_can_warm_up() -> None:
    config = OptimConfig(lr=1.0, schedule="constant", warmup_epochs=0.5)
    assert rates(config, steps_per_epoch=4, epochs=1) == pytest.approx([0.5, 1.0, 1.0, 1.0])


def test_steps_after_the_end_keep_the_floor() -> None:
    schedule = OptimConfig(lr=1.0, floor_frac=0.2, warmup_epochs=0.0).learning_rate(
        steps_per_epoch=3, epochs=1
    )
    assert schedule.at(2) == pytest.approx(0.2)
    assert schedule.at(50) == pytest.approx(0.2)


def test_a_single_step_is_at_the_peak() -> None:
    assert rates(OptimConfig(lr=0.3, warmup_epochs=0.0), steps_per_epoch=1, epochs=1) == [0.3]


@pytest.mark.parametrize(
    "settings",
    [{"lr": 0.0}, {"lr": math.nan}, {"lr": "0.1"}, {"schedule": "linear"}, {"clip_norm": 0.0}],
)
def test_senseless_settings_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        OptimConfig(**settings)
