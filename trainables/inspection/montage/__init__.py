"""A picture of a data set: images, labels, HoVer targets, and what augmentation makes of them."""

from trainables.inspection.montage.montage import draw_montage

__all__ = ["draw_montage"]
