"""What there is to separate at all, and what the decoding makes of perfect maps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sweeper.protocol import DataFinding
from trainables.inspection.subject import Subject
from trainables.inspection.wording import counted

__all__ = ["find_in_separation"]

#: Above this AJI of plain connected components HoVer maps have next to nothing to win.
COMPONENTS_ENOUGH = 0.97
#: So many nuclei, none of which touches another: this does not happen in tissue.
SUSPICIOUS_NUCLEI = 200
#: What a decoding loses on perfect maps is lost for every network; the default reaches 0.99.
DECODING_WARNING, DECODING_SEVERE = 0.93, 0.7


def find_in_separation(subject: Subject) -> Iterator[DataFinding]:
    """Findings about neighbours and the decoding; on val, where scores decide."""
    split = subject.split("val")
    if split is None:
        return
    nuclei = int(subject.facts["val/nuclei"])
    # On an image without nuclei every decoding is perfect, which says nothing about it.
    has_nuclei = split.per_image("num_nuclei") > 0
    if not has_nuclei.any():
        return
    components = split.per_image("components_aji")[has_nuclei]
    if nuclei >= SUSPICIOUS_NUCLEI and not subject.facts["val/touching_frac"]:
        yield DataFinding(
            severity="note",
            subject="val: no neighbours",
            sentence=f"none of {counted(nuclei, 'nucleus', 'nuclei')} touches another one",
            consequence="labels made as connected components of a mask look like this; if so, "
            "nuclei that touch are one in these labels, and nothing can learn to separate them",
        )
    elif components.mean() >= COMPONENTS_ENOUGH:
        yield DataFinding(
            severity="note",
            subject="val: hardly any neighbours",
            sentence=f"connected components of the true mask reach AJI {components.mean():.2f}",
            consequence="the mask is nearly all there is to learn; "
            "settings of the HoVer maps will make no difference to val/aji",
        )
    decoded = split.per_image("decoded_aji")
    tried = np.flatnonzero(np.isfinite(decoded) & has_nuclei)
    mean = float(decoded[tried].mean()) if tried.size else 1.0
    if mean < DECODING_WARNING:
        order = tried[np.argsort(decoded[tried], kind="stable")]
        yield DataFinding(
            severity="severe" if mean < DECODING_SEVERE else "warning",
            subject="val: decoding of perfect maps",
            sentence=f"the decoding ({subject.decoder}) makes AJI {mean:.2f} of the true maps of "
            f"{counted(tried.size, 'image')} with nuclei",
            consequence="no network scores above that there: the labels are broken, or decode.* "
            "does not suit them",
            worst=[split.images[place].name for place in order],
        )
