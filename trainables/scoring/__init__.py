"""Scores of a trained network over sets of images: intervals, mistakes, pictures, a judgement."""

from __future__ import annotations

from trainables.scoring.bootstrap import INTERVAL
from trainables.scoring.estimates import ImageRecord, estimate_split
from trainables.scoring.fates import Fate, Fates, find_fates
from trainables.scoring.judgement import judge
from trainables.scoring.maps import MAP_NAMES, map_level
from trainables.scoring.picture import draw_mistakes
from trainables.scoring.worst import worst_images

__all__ = [
    "INTERVAL",
    "MAP_NAMES",
    "Fate",
    "Fates",
    "ImageRecord",
    "draw_mistakes",
    "estimate_split",
    "find_fates",
    "judge",
    "map_level",
    "worst_images",
]
