"""Maps of drawn vesicles as a network with doubts would give them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from trainables.data.volumes import VesicleLayout
from trainables.decoding.volumes import volume_targets

__all__ = ["noisy_maps"]

_BLUR_VOXELS = (0.5, 1.2, 1.2)


def noisy_maps(layout: VesicleLayout, rng: np.random.Generator) -> dict[str, NDArray]:
    """True maps, blurred and with noise that is some voxels wide; float32."""
    maps = volume_targets(layout.labels, spacing=layout.spacing_nm, in_plane=True)

    def doubtful(one: NDArray, noise: float, low: float) -> NDArray:
        field = ndimage.gaussian_filter(rng.standard_normal(one.shape, np.float32), _BLUR_VOXELS)
        near = ndimage.gaussian_filter(one, _BLUR_VOXELS)
        return np.clip(near + noise * field / field.std(), low, 1).astype(np.float32)

    return {
        "binary": doubtful(maps["binary"], 0.06, 0),
        "boundary": doubtful(maps["boundary"], 0.06, 0),
        "edt": doubtful(maps["edt"], 0.08, -1),
    }
