"""What a trial found on three of its validation images, as pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from trainables.data import Split
from trainables.decode_search import SearchResult
from trainables.decoding import vote_types
from trainables.hv.trial_decoding import decode_honestly
from trainables.pictures.overlay import draw_overlay
from trainables.pictures.type_overlay import draw_types

if TYPE_CHECKING:
    from trainables.hv.evaluation import Evaluation

__all__ = ["save_overlays"]


def save_overlays(evaluation: Evaluation, result: SearchResult, split: Split, folder: Path) -> None:
    """Draws the validation images of the lowest, the middle and the highest AJI.

    Args:
        evaluation: Of all images of the split.
        result: Of the search of their decoding.
        split: The images.
        folder: Gets `val_worst.png`, `val_median.png` and `val_best.png`; where nuclei have types
            also `val_worst_types.png` and so on.
    """
    scores = [table.aji() for table in result.honest.tables]
    order = sorted(range(len(scores)), key=scores.__getitem__)
    shown = {"worst": order[0], "median": order[len(order) // 2], "best": order[-1]}
    for rank, item in shown.items():
        found = decode_honestly(result, evaluation.outputs[item], item)
        picture = draw_overlay(split.image(item), evaluation.labels[item], found)
        Image.fromarray(picture).save(folder / f"val_{rank}.png")
        if split.type_names:
            votes = vote_types(found, evaluation.outputs[item]["nt"])
            picture = draw_types(
                split.image(item),
                (evaluation.labels[item], evaluation.types[item][:, 1]),
                (found, votes),
                split.type_names,
                f"{split.names[item]}: AJI {scores[item]:.3f}",
            )
            Image.fromarray(picture).save(folder / f"val_{rank}_types.png")
