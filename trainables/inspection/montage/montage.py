"""The whole page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sweeper.protocol import DataFinding
from trainables.augment.config import Preset
from trainables.data import PreparedData
from trainables.inspection.montage.page import QUIET_RGB, Page
from trainables.inspection.montage.panels import (
    direction_wheel,
    framed,
    maps_of,
    middle_of,
    sample_panels,
    tinted,
)
from trainables.inspection.montage.pointed import find_pointed
from trainables.inspection.montage.samples import choose_samples
from trainables.inspection.montage.variations import Patch, choose_crop, find_turn, vary
from trainables.pictures import CLASS_RGB, colour_of_class

__all__ = ["draw_montage"]

_COLUMNS, _PANEL_PX = 6, 208
_SHOWN = {"train": 2, "val": 2}
_HEADS = ("image", "contours", "labels", "h: to the right", "v: down", "direction")
_PRESETS: dict[Preset, str] = {
    "some": "flips and quarter turns",
    "all": "flips, turns, small warps, brightness, contrast, noise, blur",
}
#: A window or a middle shows about so many nuclei side by side.
_NUCLEI_ACROSS, _NUCLEI_IN_MIDDLE = 11, 3.2
_WRONG_RGB = (200, 30, 30)


def draw_montage(
    data: PreparedData,
    path: Path,
    *,
    crop_px: int,
    findings: Sequence[DataFinding] = (),
    seed: int = 0,
) -> None:
    """Draws samples of train and val with their targets, and a crop under each preset.

    Equal data and arguments give an equal picture.

    Args:
        data: From any source.
        path: A PNG file; replaced if it exists.
        crop_px: Side of a training crop.
        findings: What `inspect` has found: the samples that it names first are shown too.
        seed: Chooses samples, crop and variations.

    Raises:
        OSError: The file can't be written.
    """
    page = Page(columns=_COLUMNS, panel_px=_PANEL_PX)
    page.add_words("What the network will be shown", size_px=27)
    for line in data.summary().lines:
        page.add_words(line, colour=QUIET_RGB)
    page.add_rule()
    _add_samples(page, data, seed)
    page.add_rule()
    _add_variations(page, data, crop_px, seed)
    _add_pointed(page, data, findings)
    page.render().save(path, format="PNG", optimize=True)


def _add_samples(page: Page, data: PreparedData, seed: int) -> None:
    page.add_words("Images, labels and HoVer targets", size_px=20)
    page.add_words(
        "h and v: offset from the centre of the nucleus, blue is -1, white 0, red +1. Each nucleus "
        "must be blue on the left (h) and at the top (v), red on the right and at the bottom.",
        colour=QUIET_RGB,
    )
    if data.type_names:
        page.add_legend("contours:", [*zip(data.type_names, _class_colours(data), strict=True)])
    page.add_space(6)
    splits = {"train": data.train, "val": data.val}
    counts = {name: min(count, len(splits[name])) for name, count in _SHOWN.items()}
    window_px = int(np.clip(_NUCLEI_ACROSS * _diameter_px(data), 64, 256))
    captions: Sequence[str] = _HEADS
    for sample in choose_samples(splits, counts, window_px, seed):
        page.add_words(sample.title, size_px=14)
        page.add_panels(sample_panels(sample, _PANEL_PX), captions)
        captions = ()


def _add_variations(page: Page, data: PreparedData, crop_px: int, seed: int) -> None:
    middle_px = int(np.clip(_NUCLEI_IN_MIDDLE * _diameter_px(data), 16, crop_px))
    source = data.train if len(data.train) else data.val
    patch = choose_crop(source, crop_px, middle_px, seed)
    page.add_words(
        f"One training crop of {crop_px} px under each preset of augmentation", size_px=20
    )
    page.add_words(
        "Below each crop stands the target of its framed middle. Arrows must point away from the "
        "centre of each nucleus and have the colours of the wheel, however the crop was turned: "
        "a target that turns with the picture but keeps its values would have them reversed.",
        colour=QUIET_RGB,
    )
    page.add_space(6)
    page.add_words("none: as cut", size_px=17)
    page.add_panels(
        [
            framed(patch, middle_px, _PANEL_PX),
            *maps_of(patch.labels, patch.hv),
            middle_of(patch, middle_px, _PANEL_PX),
            direction_wheel(_PANEL_PX),
        ],
        ["crop with contours", *_HEADS[3:], "framed middle", "colours of directions"],
    )
    for preset, words in _PRESETS.items():
        page.add_space(6)
        page.add_words(f"{preset}: {words}", size_px=17)
        _add_preset(page, patch, vary(patch, preset, _COLUMNS, seed), middle_px)


def _add_preset(page: Page, patch: Patch, found: Sequence[Patch], middle_px: int) -> None:
    turns = [find_turn(patch, varied) for varied in found]
    errors = [
        float(np.abs(turn.hv(patch.hv) - varied.hv).max())
        for turn, varied in zip(turns, found, strict=True)
        if turn is not None
    ]
    if errors and max(errors) > 0:
        words = f"The vectors do NOT turn with the picture: they are off by up to {max(errors):.2g}"
        page.add_words(words, colour=_WRONG_RGB)
    elif errors:
        words = f"Checked on {len(errors)}: the crop's target, turned, is exactly the turned crop's"
        page.add_words(words, colour=QUIET_RGB)
    page.add_panels(
        [framed(varied, middle_px, _PANEL_PX) for varied in found],
        [str(turn) if turn is not None else "turned and warped" for turn in turns],
    )
    page.add_panels([middle_of(varied, middle_px, _PANEL_PX) for varied in found])


def _add_pointed(page: Page, data: PreparedData, findings: Sequence[DataFinding]) -> None:
    splits = {"train": data.train, "val": data.val, "test": data.test}
    pointed = find_pointed(findings, splits, _COLUMNS)
    if not pointed:
        return
    page.add_rule()
    page.add_words("What the findings name first", size_px=20)
    page.add_space(6)
    page.add_panels(
        [tinted(one.sample, _PANEL_PX) for one in pointed],
        [one.finding.subject for one in pointed],
    )


def _class_colours(data: PreparedData) -> Sequence[tuple[int, int, int]]:
    return [CLASS_RGB[colour_of_class(one)] for one in range(1, len(data.type_names) + 1)]


def _diameter_px(data: PreparedData) -> float:
    facts = data.summary().facts
    return max(facts["train/median_diameter_px"], facts["val/median_diameter_px"], 8.0)
