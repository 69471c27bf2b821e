"""Opens NumPy files without reading or unpickling them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainables.data.image_file import UnusableFileError

__all__ = ["map_array", "read_texts"]


def map_array(path: Path) -> NDArray[Any]:
    """Maps an array of a `.npy` file; what is used of it is read then.

    Raises:
        UnusableFileError: It is no such file, is cut short, or holds Python objects.
    """
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise UnusableFileError(f"can't be opened ({error.strerror or error})") from error
    except (ValueError, EOFError, SyntaxError, TypeError, OverflowError) as error:
        reason = " ".join(str(error).split())
        raise UnusableFileError(
            f"can't be read as .npy ({reason}); copy or save it again"
        ) from error


def read_texts(path: Path, count: int) -> list[str] | None:
    """Texts of a `.npy` file; None if it is missing, or of another kind or number.

    Texts that were saved as Python objects are left alone: reading them would run code.
    """
    try:
        texts = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError, SyntaxError, TypeError):
        return None
    is_text = isinstance(texts, np.ndarray) and texts.dtype.kind in "US"
    return [str(text) for text in texts] if is_text and texts.shape == (count,) else None
