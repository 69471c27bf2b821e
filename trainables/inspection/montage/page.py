"""A page of texts and rows of square panels, laid out from the top to the bottom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from trainables.inspection.montage.enlarging import enlarge

__all__ = ["QUIET_RGB", "TEXT_RGB", "Page"]

Colour = tuple[int, int, int]
Picture = NDArray[np.uint8]

TEXT_RGB, QUIET_RGB = (28, 30, 36), (104, 108, 118)
_PAGE_RGB, _RULE_RGB = (250, 250, 248), (208, 210, 214)
_CAPTION_PX, _LEGEND_PX = 14, 15
_LEADING = 1.45


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    text: str
    size_px: int
    colour: Colour


@dataclass(frozen=True, slots=True, kw_only=True)
class _Legend:
    title: str
    entries: Sequence[tuple[str, Colour]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Panels:
    pictures: Sequence[Picture]
    captions: Sequence[str]


_Block: TypeAlias = _Words | _Legend | _Panels | int | None


@dataclass(slots=True, kw_only=True)
class Page:
    """What is added comes below what is there.

    Attributes:
        columns: Panels side by side.
        panel_px: Side of a panel.
        gap_px: Between panels.
        margin_px: Around everything.
    """

    columns: int
    panel_px: int
    gap_px: int = 8
    margin_px: int = 28
    _blocks: list[_Block] = field(default_factory=list)

    @property
    def width_px(self) -> int:
        """Of the whole page."""
        panels = self.columns * self.panel_px + (self.columns - 1) * self.gap_px
        return 2 * self.margin_px + panels

    def add_words(self, text: str, *, size_px: int = 15, colour: Colour = TEXT_RGB) -> None:
        """A line, or several where it is too long for the page."""
        font = ImageFont.load_default(size_px)
        room, line = self.width_px - 2 * self.margin_px, ""
        for word in text.split(" "):
            longer = f"{line} {word}" if line else word
            if line and font.getlength(longer) > room:
                self._blocks.append(_Words(text=line, size_px=size_px, colour=colour))
                longer = word
            line = longer
        self._blocks.append(_Words(text=line, size_px=size_px, colour=colour))

    def add_legend(self, title: str, entries: Sequence[tuple[str, Colour]]) -> None:
        """One line: a title, then names, each behind a patch of its colour."""
        self._blocks.append(_Legend(title=title, entries=entries))

    def add_panels(self, pictures: Sequence[Picture], captions: Sequence[str] = ()) -> None:
        """A row of at most `columns` pictures, each with a caption above it if there are any."""
        self._blocks.append(_Panels(pictures=pictures, captions=captions))

    def add_space(self, height_px: int) -> None:
        """Nothing."""
        self._blocks.append(height_px)

    def add_rule(self) -> None:
        """A thin line over the whole width."""
        self._blocks.append(None)

    def render(self) -> Image.Image:
        """Draws everything."""
        height_px = sum(self._height(block) for block in self._blocks) + 2 * self.margin_px
        page = Image.new("RGB", (self.width_px, height_px), _PAGE_RGB)
        top = self.margin_px
        for block in self._blocks:
            self._draw(page, block, top)
            top += self._height(block)
        return page

    def _height(self, block: _Block) -> int:
        match block:
            case _Words():
                return round(block.size_px * _LEADING)
            case _Legend():
                return round(_LEGEND_PX * _LEADING)
            case _Panels():
                caption_px = round(_CAPTION_PX * _LEADING) if block.captions else 0
                return caption_px + self.panel_px + self.gap_px
            case None:
                return 17
            case int():
                return block

    def _draw(self, page: Image.Image, block: _Block, top: int) -> None:
        draw, left = ImageDraw.Draw(page), self.margin_px
        match block:
            case _Words():
                font = ImageFont.load_default(block.size_px)
                draw.text((left, top), block.text, fill=block.colour, font=font)
            case _Legend():
                self._draw_legend(draw, block, top)
            case _Panels():
                self._draw_panels(page, block, top)
            case None:
                draw.line([(left, top + 8), (page.width - left, top + 8)], fill=_RULE_RGB)

    def _draw_legend(self, draw: ImageDraw.ImageDraw, legend: _Legend, top: int) -> None:
        font, left = ImageFont.load_default(_LEGEND_PX), float(self.margin_px)
        draw.text((left, top), legend.title, fill=QUIET_RGB, font=font)
        left += font.getlength(legend.title) + 14
        for name, colour in legend.entries:
            box = (left, top + 3, left + 13, top + 16)
            draw.rectangle(box, fill=colour, outline=QUIET_RGB)
            draw.text((left + 19, top), name, fill=TEXT_RGB, font=font)
            left += 19 + font.getlength(name) + 18

    def _draw_panels(self, page: Image.Image, row: _Panels, top: int) -> None:
        draw, font = ImageDraw.Draw(page), ImageFont.load_default(_CAPTION_PX)
        step = self.panel_px + self.gap_px
        for place, caption in enumerate(row.captions):
            left = self.margin_px + place * step
            text = _shortened(caption, font, self.panel_px)
            draw.text((left, top), text, fill=QUIET_RGB, font=font)
        top += round(_CAPTION_PX * _LEADING) if row.captions else 0
        for place, picture in enumerate(row.pictures):
            tile = enlarge(picture, self.panel_px)
            left = self.margin_px + place * step + (self.panel_px - tile.width) // 2
            page.paste(tile, (left, top + (self.panel_px - tile.height) // 2))


def _shortened(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, room_px: int) -> str:
    if font.getlength(text) <= room_px:
        return text
    while text and font.getlength(f"{text}...") > room_px:
        text = text[:-1]
    return f"{text}..."
