"""Settings of how the images of a data set are dealt to train, val and test. No torch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from trainables.data.source import SplitName

__all__ = [
    "ColumnSplits",
    "FolderSplits",
    "FractionSplits",
    "GroupSplits",
    "SplitsConfig",
    "Values",
    "texts_of",
]

#: What is written in a table or in names, as text; YAML gives numbers for `[1, 2]`.
Values = dict[SplitName, list[str | int]]


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class _Drawn(_Settings):
    val_frac: float = Field(default=0.2, gt=0.0, lt=1.0)
    test_frac: float = Field(default=0.0, ge=0.0, lt=1.0)
    seed: int = Field(default=0, ge=0, lt=2**32)
    keep_test: bool = True

    @model_validator(mode="after")
    def _leave_some_to_train_on(self) -> _Drawn:
        if self.val_frac + self.test_frac >= 1.0:
            raise ValueError("val_frac and test_frac together should be below 1")
        return self


def _check_pattern(pattern: str | None) -> str | None:
    if pattern is not None:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"is no regular expression ({error})") from error
    return pattern


class FolderSplits(_Settings):
    """As the data set's own folders or files say: `train`, `val`, `test`, or folds.

    Attributes:
        val_frac: Share of the training images held out where nothing serves as validation.
        seed: Chooses them.
        pattern: Regular expression on image names whose first group (or whole match) names the
            patient, slide, ...: groups in two splits are reported, and held out as a whole.
        csv: A table that names the groups instead, as in `by: column`.
        column: Its column.
        image_column: Its column of image names.
    """

    by: Literal["folder"] = "folder"
    val_frac: float = Field(default=0.2, gt=0.0, lt=1.0)
    seed: int = Field(default=0, ge=0, lt=2**32)
    pattern: str | None = None
    csv: Path | None = Field(default=None, strict=False)
    column: str | None = None
    image_column: str | None = None

    @field_validator("pattern")
    @classmethod
    def _compile(cls, pattern: str | None) -> str | None:
        return _check_pattern(pattern)

    @model_validator(mode="after")
    def _need_both(self) -> FolderSplits:
        if (self.csv is None) != (self.column is None):
            raise ValueError("csv and column belong together; give both, or neither")
        if self.csv is not None and self.pattern is not None:
            raise ValueError("pattern and csv both name the groups; give one of them")
        return self


class ColumnSplits(_Drawn):
    """By a column of a CSV file: the split itself, or a patient, slide, ... that is not divided.

    A column that holds nothing but `train`, `val` and `test` (or `training`, `valid`,
    `validation`, `testing`) says the split of each image. Of any other, all images with the same
    value go to one split: as `values` says, or drawn.

    Attributes:
        csv: The table, with a header line; relative to the data's `path`.
        column: Name of the column.
        image_column: Column of image names (with or without folder and ending); None: the first
            of `image`, `name`, `file`, `filename`, `file_name`, ... that there is.
        group_column: With a column of splits: the column of patients, slides, ..., which is only
            compared: groups in two splits are reported.
        values: Which values of the column go to which split; what is not listed goes to `train`,
            or nowhere if `train` is listed. None: drawn by the fractions.
        val_frac: Share of the images for validation, as near as whole groups allow.
        test_frac: Share for the test; 0 for none.
        seed: Draws them.
        keep_test: Images that the data set's own layout calls test stay that; False deals them out
            like all others. A column of splits has the last word in any case.
    """

    by: Literal["column"]
    csv: Path = Field(strict=False)
    column: str
    image_column: str | None = None
    group_column: str | None = None
    values: Values | None = None


class GroupSplits(_Drawn):
    """By a part of the images' names: a patient, slide, ... that is not divided.

    Attributes:
        pattern: Regular expression that is searched in the name; its first group (or the whole
            match) names the group: `^(TCGA-..-....)`.
        values: Which groups go to which split, see `by: column`; None: drawn by the fractions.
        val_frac: Share of the images for validation, as near as whole groups allow.
        test_frac: Share for the test; 0 for none.
        seed: Draws them.
        keep_test: See `by: column`.
    """

    by: Literal["group"]
    pattern: str
    values: Values | None = None

    @field_validator("pattern")
    @classmethod
    def _compile(cls, pattern: str | None) -> str | None:
        return _check_pattern(pattern)


class FractionSplits(_Drawn):
    """Drawn image by image, wherever they lie.

    Attributes:
        val_frac: Share of the images for validation.
        test_frac: Share for the test; 0 for none.
        seed: Draws them.
        keep_test: See `by: column`.
    """

    by: Literal["fraction"]


SplitsConfig = Annotated[
    FolderSplits | ColumnSplits | GroupSplits | FractionSplits, Field(discriminator="by")
]


def texts_of(values: Sequence[str | int]) -> list[str]:
    """Values as a table holds them."""
    return [str(value) for value in values]
