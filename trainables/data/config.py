"""What a data set's settings are: drawn from a seed, or read from files. No torch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from trainables.data.readers.coco import CocoConfig
from trainables.data.readers.consep import CoNSePConfig
from trainables.data.readers.geojson import GeoJSONConfig
from trainables.data.readers.pannuke import PanNukeConfig
from trainables.data.readers.tiff_stack import TiffStackConfig
from trainables.data.splits.config import SplitsConfig

__all__ = ["DataConfig", "FolderConfig", "Look", "SyntheticConfig"]

Look = Literal["fluorescence", "tissue", "mixed"]


class SyntheticConfig(BaseModel):
    """Nuclei drawn from a seed; labels are exact.

    Attributes:
        look: `fluorescence` (gray), `tissue` (RGB), `mixed` (both in turn, all with 3 channels).
        num_train: Training images, at least 1.
        num_val: Validation images, at least 1.
        num_test: Test images; 0 for none.
        size_px: Height and width of every image.
        seed: Image i of a split depends on the seed, the look, the kinds, the crowding and the size
            alone, so more images leave the others as they are.
        crowding: Nuclei an image, as a share of what is usual: with 0.1 the foreground is 2 or 3 %.
        kinds: Types of nuclei, which differ in how their inside looks: solid, hollow, speckled, in
            this order, each rarer than the one before. Labels are the same for any number; with 1
            nuclei have no types.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    source: Literal["synthetic"] = "synthetic"
    look: Look = "fluorescence"
    num_train: int = Field(default=96, ge=1, le=100_000)
    num_val: int = Field(default=24, ge=1, le=100_000)
    num_test: int = Field(default=24, ge=0, le=100_000)
    size_px: int = Field(default=160, ge=48, le=2048)
    seed: int = Field(default=0, ge=0, lt=2**32)
    kinds: int = Field(default=1, ge=1, le=3)
    crowding: float = Field(default=1.0, gt=0.0, le=1.0)


class FolderConfig(BaseModel):
    """Images and labels on disk: `train|val|test/images/*` and `labels/*`, equal stems.

    Nuclei have types if `types.txt` in `path` names the classes, one a line; `types/STEM.csv`
    beside `labels/` gives them, in the columns `id` and `type`.

    Attributes:
        path: The folder that holds `train/`; `~` is the home folder, a relative path starts at
            the working directory.
        only_val: There is nothing to train on: `val/`, or `images/` and `labels/` of `path` itself,
            are scored, everything else there is left alone.
        val_frac: Share of the training images held out for validation, used only where there is
            no `val` folder; at least one image is held out and one is left.
        split_seed: Chooses the images held out, used only where there is no `val` folder.
        splits: How images are dealt to train, val and test if not by the folders alone: by a
            column of a table, by groups, by fractions; `images/` and `labels/` may then lie in
            `path` itself.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    source: Literal["folder"]
    path: Path = Field(strict=False)
    only_val: bool = False
    val_frac: float = Field(default=0.2, gt=0.0, lt=1.0)
    split_seed: int = Field(default=0, ge=0, lt=2**32)
    splits: SplitsConfig | None = None

    @field_validator("path")
    @classmethod
    def _expand_home(cls, path: Path) -> Path:
        return path.expanduser()

    @model_validator(mode="after")
    def _deal_in_one_way(self) -> FolderConfig:
        others = {"only_val", "val_frac", "split_seed"} & self.model_fields_set
        if self.splits is not None and others - ({"only_val"} if not self.only_val else set()):
            raise ValueError(
                "splits says how images are dealt: leave only_val, val_frac and split_seed out "
                "(splits has val_frac and seed of its own)"
            )
        return self


DataConfig = Annotated[
    SyntheticConfig
    | FolderConfig
    | PanNukeConfig
    | CoNSePConfig
    | CocoConfig
    | GeoJSONConfig
    | TiffStackConfig,
    Field(discriminator="source"),
]
