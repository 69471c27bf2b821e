"""What can be wrong with the settings of `tokens`, found before any image is encoded."""

from __future__ import annotations

from collections.abc import Iterator

from sweeper.protocol import ConfigError, Problem
from trainables.augment.config import Preset
from trainables.models.config import TokensConfig
from trainables.tokens.traits import EncoderTraits, read_traits

__all__ = ["find_token_problems"]


def find_token_problems(config: TokensConfig, *, crop_px: int, preset: Preset) -> list[Problem]:
    """Mistakes of the section `model`, and of what must go with it.

    Imports timm, hence torch, but loads no weights.
    """
    problems = list(_find_conflicts(config, preset))
    try:
        traits = read_traits(config.encoder)
    except ConfigError as error:
        return [*problems, *error.problems]
    return [*problems, *_find_misfits(config, traits, crop_px)]


def _find_conflicts(config: TokensConfig, preset: Preset) -> Iterator[Problem]:
    if config.weights is not None and config.pretrained:
        reason = "should be false if model.weights names a file: the weights come from one place"
        yield Problem(where="model.pretrained", reason=reason)
    if config.weights is not None and not config.weights.is_file():
        yield Problem(where="model.weights", reason=f"there is no file {config.weights}")
    if config.context == "image" and preset == "all":
        reason = (
            "'all' changes pixels, so features of whole images can't be used: take 'some' or "
            "'none', or set model.context to crop (each crop is then encoded in every step)"
        )
        yield Problem(where="augment.preset", reason=reason)


def _find_misfits(config: TokensConfig, traits: EncoderTraits, crop_px: int) -> Iterator[Problem]:
    last = traits.num_blocks - 1
    if any(not -traits.num_blocks <= block <= last for block in config.blocks):
        reason = f"{config.encoder} has the blocks 0 to {last} (-1 is the last), "
        yield Problem(where="model.blocks", reason=f"{reason}not {list(config.blocks)}")
    if traits.in_channels not in {1, 3}:
        reason = f"{config.encoder} takes {traits.in_channels} channels; 1 or 3 are allowed"
        yield Problem(where="model.encoder", reason=reason)
    if traits.patch_px % config.zoom:
        reason = f"should divide the {traits.patch_px} pixels of a patch of {config.encoder}"
        yield Problem(where="model.zoom", reason=f"{reason}, not {config.zoom}")
        return
    grid_px = traits.patch_px // config.zoom
    if config.context == "image" and crop_px % grid_px:
        lower = crop_px // grid_px * grid_px
        reason = (
            f"should be a multiple of {grid_px}, the pixels that a token of {config.encoder} "
            f"stands for, such as {lower} or {lower + grid_px}"
        )
        yield Problem(where="crop_px", reason=reason)
