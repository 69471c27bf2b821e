"""Opens the source that settings ask for."""

from __future__ import annotations

from pathlib import Path
from typing import assert_never

from trainables.data.config import DataConfig, FolderConfig, SyntheticConfig
from trainables.data.digests import Digests
from trainables.data.folder import open_folder
from trainables.data.readers import (
    coco,
    consep,
    geojson,
    labelled_images,
    pannuke,
    tiff_stack,
)
from trainables.data.readers.item_source import deal_items
from trainables.data.recognising import fitting_sources
from trainables.data.source import Source
from trainables.data.splits.config import FolderSplits
from trainables.data.synthetic import SyntheticSource

__all__ = ["hint_for", "open_source", "place_of"]

_FOLDER_HINT = (
    "every image needs a label of the same stem and size: one channel, one integer id a nucleus"
)


def open_source(config: DataConfig, cache_dir: Path) -> Source:
    """Lists and hashes what there is; mistakes are in the source's `problems`.

    Args:
        config: Which data set.
        cache_dir: Where hashes of large files are kept.
    """
    if isinstance(config, SyntheticConfig):
        return SyntheticSource(config=config)
    if isinstance(config, FolderConfig) and config.splits is None:
        return open_folder(config)
    digests = Digests(folder=cache_dir / "digests")
    match config:
        case FolderConfig():
            found = labelled_images.find_labelled_images(config.path, digests)
        case pannuke.PanNukeConfig():
            found = pannuke.find_pannuke(config, digests)
        case consep.CoNSePConfig():
            found = consep.find_consep(config, digests)
        case coco.CocoConfig():
            found = coco.find_coco(config, digests)
        case geojson.GeoJSONConfig():
            found = geojson.find_geojson(config, digests)
        case tiff_stack.TiffStackConfig():
            found = tiff_stack.find_tiff_stacks(config, digests)
        case _:
            assert_never(config)
    splits = config.splits or FolderSplits()
    return deal_items(config.source, found, splits, config.path, only_val=config.only_val)


def place_of(config: DataConfig) -> str:
    """What messages call the data set."""
    return config.source if isinstance(config, SyntheticConfig) else str(config.path)


def hint_for(config: DataConfig) -> str:
    """What is to be done where files can't be used; empty where the mistakes say it all.

    Looks at the files again: they may be of another reader.
    """
    if isinstance(config, SyntheticConfig):
        return ""
    fitting = fitting_sources(config.path)
    if fitting and config.source not in fitting:
        return f"the files look like those of another source; try data.source: {fitting[0]}"
    is_plain = isinstance(config, FolderConfig) and config.splits is None
    return _FOLDER_HINT if is_plain else ""
