"""Images and labels: where they come from, how they are prepared, and crops of them."""

from trainables.data.config import DataConfig, FolderConfig, SyntheticConfig
from trainables.data.crops import crop, cut, draw_place
from trainables.data.prepared import PreparedData, prepare
from trainables.data.recognising import recognise
from trainables.data.split import Split

__all__ = [
    "DataConfig",
    "FolderConfig",
    "PreparedData",
    "Split",
    "SyntheticConfig",
    "crop",
    "cut",
    "draw_place",
    "prepare",
    "recognise",
]
