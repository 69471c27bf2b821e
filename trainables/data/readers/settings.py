"""What the settings of all readers have in common."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from trainables.data.splits.config import FolderSplits, SplitsConfig

__all__ = ["ReaderConfig"]


class ReaderConfig(BaseModel):
    """A place on disk, and how its images are dealt to train, val and test.

    Attributes:
        path: The folder of the data set; `~` is the home folder, a relative path starts at the
            working directory.
        only_val: There is nothing to train on: what the layout calls `val` is scored (without any,
            `test`; without any, what is in no split), everything else there is left alone.
        splits: How images are dealt to train, val and test.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    path: Path = Field(strict=False)
    only_val: bool = False
    splits: SplitsConfig = FolderSplits()

    @field_validator("path")
    @classmethod
    def _expand_home(cls, path: Path) -> Path:
        return path.expanduser()

    @model_validator(mode="after")
    def _score_or_deal(self) -> ReaderConfig:
        if self.only_val and not isinstance(self.splits, FolderSplits):
            raise ValueError("only_val scores images without dealing them: leave splits out")
        return self
