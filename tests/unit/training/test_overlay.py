import numpy as np

from trainables.overlay import draw_overlay


def test_contours_are_green_magenta_and_white_where_they_agree() -> None:
    image = np.zeros((5, 9, 1), np.float32)
    true, pred = np.zeros((2, 5, 9), np.int32)
    true[1:4, 0:3] = 1
    pred[1:4, 2:5] = 7
    picture = draw_overlay(image, true, pred)
    assert picture.dtype == np.uint8
    assert picture[1, 1].tolist() == [0, 220, 60]
    assert picture[1, 3].tolist() == [255, 60, 220]
    assert picture[2, 2].tolist() == [255, 255, 255]
    assert picture[0, 8].tolist() == [0, 0, 0]
    assert picture[2, 1].tolist() == [0, 0, 0]


def test_a_dim_colour_image_is_stretched() -> None:
    image = np.random.default_rng(0).uniform(0.2, 0.3, (40, 40, 3)).astype(np.float32)
    nothing = np.zeros((40, 40), np.int32)
    picture = draw_overlay(image, nothing, nothing)
    assert picture.min() == 0
    assert picture.max() == 255
