"""Pictures of images with true and predicted nuclei. No torch."""

from trainables.pictures.class_colours import CLASS_RGB, colour_of_class
from trainables.pictures.overlay import draw_overlay, shown_image
from trainables.pictures.page import Panel, Rgb, draw_page, enlarged, outlined, panel_scale
from trainables.pictures.type_overlay import draw_types

__all__ = [
    "CLASS_RGB",
    "Panel",
    "Rgb",
    "colour_of_class",
    "draw_overlay",
    "draw_page",
    "draw_types",
    "enlarged",
    "outlined",
    "panel_scale",
    "shown_image",
]
