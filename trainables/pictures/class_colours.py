"""The colours of the classes of nuclei, the same in all pictures."""

from __future__ import annotations

__all__ = ["CLASS_RGB", "colour_of_class"]

#: Contours: of nuclei without a known class, then of the classes 1, 2, ... in turn.
CLASS_RGB = (
    (90, 235, 120),
    (255, 99, 97),
    (88, 166, 255),
    (255, 208, 60),
    (214, 120, 255),
    (64, 224, 208),
    (255, 150, 60),
)


def colour_of_class(number: int) -> int:
    """The place in `CLASS_RGB` of a class from 1 on; 0 is the place of what has none."""
    return 1 + (number - 1) % (len(CLASS_RGB) - 1) if number else 0
