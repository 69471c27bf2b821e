"""Settings of the 2-D trainable. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sweeper.protocol import ConfigError, Problem
from trainables.augment import AugmentConfig
from trainables.data import DataConfig, PreparedData, SyntheticConfig
from trainables.decode_search.config import DecodeConfig
from trainables.losses import HVLossConfig
from trainables.models import FlexibleUNetConfig, ModelConfig, TokensConfig, UNetConfig
from trainables.optimization import OptimConfig
from trainables.problems import find_problems

__all__ = ["HVConfig", "check_hv_config", "load_hv_config"]


class HVConfig(BaseModel):
    """A trial's configuration, section by section.

    Attributes:
        epochs: How many epochs will be trained; the learning rate's schedule spans them.
        data: Where images and labels come from.
        types: Whether nuclei are classified: `auto` where the data have classes, `none` nowhere.
            Data with classes were classified by somebody for a purpose, so they are used unless one
            says no; without a head for them a step costs as little as without classes.
        crop_px: Side of a training crop.
        batch_size: Crops in a step.
        steps_per_epoch: None: as many as give one crop per training image, on average.
        area_power: A training image is shown in proportion to its area to this power: 0 shows all
            images equally often, 1 all pixels.
        nuclei_frac: Share of the crops that are placed on a nucleus; the others lie anywhere.
        eval_every: Epochs between evaluations; the last epoch is always evaluated.
        eval_also: Further epochs to evaluate, such as the early ones that a gate looks at.
        collapse_every: Steps between looks at what the network answers to training batches, for
            `train/pred_mean` and its kind, and for a warning in the log when it has collapsed; the
            last step of an epoch is always looked at. A look costs about a fiftieth of a step.
            None: nobody looks.
        amp: Mixed precision, on GPUs and on CPUs with AVX512-BF16 or AMX; no effect elsewhere.
        model: The network.
        loss: Weights of the terms and of the heads.
        optim: Optimizer and learning rate.
        augment: How crops are varied.
        decode: From maps to instances: thresholds, and how they are searched.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    epochs: int = Field(ge=1, le=100_000)
    data: DataConfig = SyntheticConfig()
    types: Literal["auto", "none"] = "auto"
    crop_px: int = Field(default=128, ge=32, le=2048)
    batch_size: int = Field(default=8, ge=1, le=1024)
    steps_per_epoch: int | None = Field(default=None, ge=1)
    area_power: float = Field(default=1.0, ge=0, le=1)
    nuclei_frac: float = Field(default=1.0, ge=0, le=1)
    eval_every: int = Field(default=3, ge=1)
    eval_also: list[Annotated[int, Field(ge=1)]] = []
    collapse_every: int | None = Field(default=10, ge=1)
    amp: bool = True
    model: ModelConfig = UNetConfig()
    loss: HVLossConfig = HVLossConfig()
    optim: OptimConfig = OptimConfig()
    augment: AugmentConfig = AugmentConfig()
    decode: DecodeConfig = DecodeConfig()

    def typed(self, data: PreparedData) -> PreparedData:
        """The data as `types` asks for them."""
        return data if self.types == "auto" else data.retyped(())

    def is_evaluated(self, epoch: int) -> bool:
        """Whether the validation images are looked at after an epoch, from 1."""
        return epoch % self.eval_every == 0 or epoch in (*self.eval_also, self.epochs)

    @property
    def evaluated_frac(self) -> float:
        """Evaluations per epoch."""
        evaluated = {*range(self.eval_every, self.epochs + 1, self.eval_every), self.epochs}
        return len(evaluated.union(e for e in self.eval_also if e < self.epochs)) / self.epochs

    def num_steps(self, num_images: int) -> int:
        """Steps of an epoch over `num_images` training images, at least 1."""
        return self.steps_per_epoch or -(-num_images // self.batch_size)


def load_hv_config(config: Mapping[str, Any]) -> HVConfig:
    """Reads a trial's settings.

    Raises:
        ConfigError: All mistakes at once.
    """
    problems = check_hv_config(config)
    if problems:
        raise ConfigError(problems)
    return HVConfig.model_validate(config)


def check_hv_config(config: Mapping[str, Any]) -> list[Problem]:
    """All mistakes of a complete configuration, those between sections too."""
    problems = find_problems(HVConfig, config)
    if problems:
        return problems
    return _check_together(HVConfig.model_validate(config))


def _check_together(config: HVConfig) -> list[Problem]:
    problems = []
    if config.optim.warmup_epochs > config.epochs:
        reason = f"should be at most the {config.epochs} epochs of a trial"
        problems.append(Problem(where="optim.warmup_epochs", reason=reason))
    return [*problems, *_check_model(config)]


def _check_model(config: HVConfig) -> list[Problem]:
    model = config.model
    if isinstance(model, TokensConfig):
        # Knows timm, and with it torch.
        from trainables.tokens.checks import find_token_problems

        return find_token_problems(model, crop_px=config.crop_px, preset=config.augment.preset)
    weights = model.weights if isinstance(model, FlexibleUNetConfig) else None
    if weights is not None and not weights.is_file():
        return [Problem(where="model.weights", reason=f"there is no file {weights}")]
    return []
