"""Opens what the decoder of tokens is shown, and sees to it that the features are there."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import torch

from sweeper.protocol import ConfigError, Problem
from trainables.augment import AugmentConfig, build_augmentation
from trainables.data import PreparedData, Split
from trainables.data.cache import CACHE_VERSION
from trainables.models.config import TokensConfig
from trainables.tokens.encoder import TokenEncoder, build_encoder
from trainables.tokens.feature_files import FeatureFiles, Kind
from trainables.tokens.features import FeatureSource, LiveFeatures, StoredFeatures
from trainables.tokens.filling import Wanted, fill
from trainables.tokens.traits import read_traits
from trainables.tokens.views import EncodedCropViews, TokenViews
from trainables.views import Views

__all__ = ["TokenOpening"]


class TokenOpening:
    """Opens the splits of a data set for `tokens`."""

    def __init__(
        self,
        config: TokensConfig,
        augment: AugmentConfig,
        data: PreparedData,
        *,
        cache_dir: Path,
        device: torch.device,
    ) -> None:
        """Takes the settings; nothing is computed yet.

        Args:
            config: Of the network.
            augment: Of training crops.
            data: The images.
            cache_dir: Where features are kept.
            device: Where the encoder runs, if it must.

        Raises:
            ConfigError: The encoder or its file of weights can't be used.
        """
        self._config = config
        self._augment = augment
        self._data = data
        self._cache_dir = cache_dir
        self._device = device
        self._grid_px = read_traits(config.encoder).patch_px // config.zoom
        self._encoder: TokenEncoder | None = None
        self._lock = threading.Lock()
        self._files = self._open_files() if config.cache else None

    @property
    def files(self) -> FeatureFiles | None:
        """Where features are kept; None: they are computed anew each time."""
        return self._files

    def training(self, name: str) -> Views:
        """Crops of a split, see `Views`; computes the features that are not there yet."""
        split: Split = getattr(self._data, name)
        if self._config.context == "crop":
            live = TokenViews(split, LiveFeatures(split, self.encoder), grid_px=self._grid_px)
            return EncodedCropViews(live, build_augmentation(self._augment), self.encoder)
        source = self._source(name, self._training_kinds)
        flips = "turned" in self._training_kinds
        return TokenViews(split, source, grid_px=self._grid_px, flips=flips)

    def whole(self, name: str) -> Views:
        """Whole images of a split; computes the features that are not there yet."""
        return TokenViews(
            getattr(self._data, name), self._source(name, ("upright",)), grid_px=self._grid_px
        )

    def wanted(self) -> Sequence[Wanted]:
        """What a trial will read from disk: of the training and the validation images."""
        if self._files is None:
            return ()
        return [
            self._wanted(self._files, name, kinds)
            for name, kinds in (("train", self._training_kinds), ("val", _UPRIGHT))
            if kinds
        ]

    def encoder(self) -> TokenEncoder:
        """The encoder, loaded when it is first asked for; safe on any thread."""
        with self._lock:
            if self._encoder is None:
                self._encoder = build_encoder(self._config, self._device)
            return self._encoder

    @property
    def _training_kinds(self) -> tuple[Kind, ...]:
        if self._config.context == "crop":
            return ()
        return _UPRIGHT if self._augment.preset == "none" else ("upright", "turned")

    def _source(self, name: str, kinds: tuple[Kind, ...]) -> FeatureSource:
        split: Split = getattr(self._data, name)
        if self._files is None:
            return LiveFeatures(split, self.encoder)
        wanted = self._wanted(self._files, name, kinds)
        if fill(self._files, wanted, self.encoder) and self._config.context == "image":
            self._encoder = None
        return StoredFeatures(split, self._files, wanted.digests)

    def _wanted(self, files: FeatureFiles, name: str, kinds: tuple[Kind, ...]) -> Wanted:
        data, split = self._data, getattr(self._data, name)
        known_as = f"{data.fingerprint[:32]}-{name}-{data.channels}-v{CACHE_VERSION}"
        return Wanted(split=split, digests=files.digests(split, known_as), kinds=kinds)

    def _open_files(self) -> FeatureFiles:
        try:
            return FeatureFiles.of(self._config, self._cache_dir)
        except OSError as error:
            reason = f"{self._config.weights} can't be read: {error.strerror}"
            raise ConfigError([Problem(where="model.weights", reason=reason)]) from error


_UPRIGHT: tuple[Kind, ...] = ("upright",)
