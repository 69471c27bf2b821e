"""Pictures of mistakes."""

from __future__ import annotations

import numpy as np
import pytest

from trainables.metrics import OverlapTable
from trainables.scoring import draw_mistakes, find_fates

GREEN, MAGENTA, RED = (0, 175, 125), (225, 70, 200), (225, 65, 20)


def colours(picture: np.ndarray) -> set[tuple[int, ...]]:
    return {tuple(rgb) for rgb in picture.reshape(-1, 3).tolist()}


def drawn(true: np.ndarray, pred: np.ndarray, channels: int = 1) -> np.ndarray:
    image = np.linspace(-1, 1, true.size * channels, dtype=np.float32)
    fates = find_fates(OverlapTable.from_labels(true, pred))
    return draw_mistakes(image.reshape(*true.shape, channels), true, pred, fates, "a title")


@pytest.mark.parametrize("channels", [1, 3])
def test_panels_lie_side_by_side_and_show_each_fate(channels: int) -> None:
    true, pred = np.zeros((2, 60, 80), np.int32)
    true[5:25, 5:20], true[5:25, 20:35], true[40:55, 50:70] = 1, 2, 9
    pred[5:25, 5:35] = 4
    picture = drawn(true, pred, channels)
    assert picture.dtype == np.uint8
    scale, gap, top = 6, 8, 15 * 3 // 2 + 16
    height, width = 60 * scale, 80 * scale
    panels = [picture[top : top + height, gap + i * (width + gap) :][:, :width] for i in range(3)]
    assert panels[0].shape == (height, width, 3)
    assert not colours(panels[0]) & {GREEN, MAGENTA, RED}
    assert {MAGENTA, RED} <= colours(panels[1])
    assert tuple(panels[1][40 * scale, 60 * scale]) == RED
    assert tuple(panels[1][5 * scale, 10 * scale]) == MAGENTA
    assert MAGENTA in colours(panels[2])
    assert RED not in colours(panels[2])


def test_right_nuclei_are_outlined_alone() -> None:
    true = np.zeros((50, 50), np.int32)
    true[10:40, 10:40] = 7
    picture = drawn(true, true)
    assert GREEN in colours(picture)
    assert MAGENTA in colours(picture)  # in the legend: every colour is explained


@pytest.mark.parametrize(("true", "pred"), [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_nothing_and_everything_can_be_drawn(true: int, pred: int) -> None:
    picture = drawn(np.full((40, 30), true, np.int32), np.full((40, 30), pred, np.int32))
    assert picture.shape[1] == 3 * 480 + 4 * 8
