"""Pictures of images with true and predicted nuclei. No torch."""

from trainables.pictures.overlay import draw_overlay, shown_image
from trainables.pictures.page import Panel, Rgb, draw_page, enlarged, outlined, panel_scale
from trainables.pictures.type_overlay import draw_types

__all__ = [
    "Panel",
    "Rgb",
    "draw_overlay",
    "draw_page",
    "draw_types",
    "enlarged",
    "outlined",
    "panel_scale",
    "shown_image",
]
