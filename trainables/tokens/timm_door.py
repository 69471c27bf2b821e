"""The one importer of timm, which is an extra."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

__all__ = ["NEEDS_TIMM", "has_timm", "load_timm"]

NEEDS_TIMM: Final = "needs timm, which is not installed: pip install 'sweeper[tokens]'"

_SIGNATURE: Final = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
#: Libraries of operators live as long as this list.
_declared: list[Any] = []


def has_timm() -> bool:
    """Whether timm is installed; imports nothing."""
    return find_spec("timm") is not None


def load_timm() -> Any:
    """Imports timm, and torch and torchvision with it.

    timm imports torchvision, whose compiled operators are missing beside some builds of torch (for
    the CPU wheels of torch there may be no torchvision that fits). Importing torchvision then fails
    while it describes its operator `nms` to torch's compiler, which no encoder uses. Declaring the
    operators without an implementation is enough for it.
    """
    import torch

    if not _declared and not _compiled_operators():
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}{_SIGNATURE}")
        _declared.append(library)
    return import_module("timm")


def _compiled_operators() -> bool:
    """Whether torchvision brings its own operators, which must not be declared twice."""
    import torch

    spec = find_spec("torchvision")
    folders = (spec.submodule_search_locations if spec else None) or ()
    for library in (found for folder in folders for found in Path(folder).glob("_C.*")):
        try:
            torch.ops.load_library(library)
        except OSError:  # built for another torch
            continue
        return True
    return spec is None
