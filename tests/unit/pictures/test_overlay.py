import numpy as np

from trainables.pictures import CLASS_RGB
from trainables.pictures.overlay import draw_overlay
from trainables.pictures.type_overlay import draw_types


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


def test_types_have_colours_and_a_legend() -> None:
    image = np.zeros((40, 40, 1), np.float32)
    true, pred = np.zeros((2, 40, 40), np.int32)
    true[4:12, 4:12], true[20:30, 20:30] = 3, 8
    pred[20:30, 20:30] = 1
    picture = draw_types(
        image,
        (true, np.array([2, 0], np.int32)),
        (pred, np.array([1], np.int32)),
        ("round", "long"),
        "a title",
    )
    assert picture.dtype == np.uint8
    left, right = np.array_split(picture, 2, axis=1)

    def shows(half: np.ndarray, colour: tuple[int, int, int]) -> bool:
        return bool((half == colour).all(axis=2).any())

    # Outlines; the legend has all colours in both halves, but comes below the pictures.
    for half, there in ((left[:500], (2,)), (right[:500], (1,))):
        assert [one for one in (1, 2) if shows(half, CLASS_RGB[one])] == list(there)
    assert shows(left[:500], (150, 150, 150))
    assert not shows(right, (150, 150, 150))
    assert shows(right[500:], CLASS_RGB[2])
