"""How the images of a data set are dealt to train, val and test."""

from trainables.data.splits.config import FolderSplits, SplitsConfig

__all__ = ["FolderSplits", "SplitsConfig"]
