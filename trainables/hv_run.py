"""One trial of the 2-D trainable: everything that needs torch."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from sweeper.protocol import TrialContext, TrialError
from trainables.augment import build_augmentation
from trainables.criterion import Outputs
from trainables.data import prepare
from trainables.hv_config import HVConfig
from trainables.hv_crops import CropBatches, CropSampling
from trainables.hv_evaluation import HVEvaluator
from trainables.losses import build_loss
from trainables.models import build_model
from trainables.overlay import draw_overlay
from trainables.training import Trainer, TrainerSettings, seed_torch

__all__ = ["HVRun"]

_MODEL_KEY = 0
_CHECKPOINT = "trainer.pt"
_GIB = 2**30
_TIMED_STEPS = 3


class HVRun:
    """Trains and evaluates one network from settings and a seed."""

    def __init__(self, config: HVConfig, context: TrialContext) -> None:
        """Opens the data and builds the network; nothing is trained yet.

        Raises:
            DataError: The data can't be used.
        """
        torch.set_num_threads(context.cpu_threads)
        device = torch.device(context.device)
        on_gpu = device.type == "cuda"
        if on_gpu:
            torch.cuda.reset_peak_memory_stats(device)
        # On a CPU all but one thread compute; a single thread does everything in turn.
        workers = context.cpu_threads if on_gpu else min(1, context.cpu_threads - 1)
        data = prepare(config.data, context.cache_dir)
        seed_torch(context.seed, _MODEL_KEY)
        self._config = config
        self._device = device
        self._artifacts_dir = context.artifacts_dir
        self._gpu_s = 0.0
        self._source = CropBatches(
            data.train,
            build_augmentation(config.augment),
            sampling=CropSampling(
                crop_px=config.crop_px,
                batch_size=config.batch_size,
                num_steps=config.num_steps(len(data.train)),
                area_power=config.area_power,
                nuclei_frac=config.nuclei_frac,
            ),
            seed=context.seed,
        )
        self._trainer = Trainer(
            model=build_model(config.model, data.channels).to(device),
            criterion=build_loss(config.loss).to(device),
            source=self._source,
            probe=_foreground_means,
            settings=TrainerSettings(
                epochs=config.epochs,
                optim=config.optim,
                amp=config.amp,
                device=device,
                workers=workers,
                seed=context.seed,
            ),
        )
        self._evaluator = HVEvaluator(
            data.val, config.decode.build(), device=device, workers=workers
        )

    def step(self) -> dict[str, float]:
        """Trains the next epoch and evaluates when due.

        Raises:
            DivergedError: A loss, a gradient or a weight is not finite.
            TrialError: The GPU's memory is too small, or is taken by others.
        """
        try:
            return self._step()
        except torch.OutOfMemoryError as error:
            raise TrialError(
                f"out of GPU memory at epoch {self._trainer.epoch}",
                hint="lower batch_size, crop_px or model.width, or run fewer trials on a GPU",
                retryable=True,
            ) from error

    def _step(self) -> dict[str, float]:
        start = time.perf_counter()
        metrics = self._trainer.train_epoch()
        trained = time.perf_counter()
        epoch = self._trainer.epoch
        metrics |= {"epoch": float(epoch), "time/train_s": self._trainer.trained_s}
        if epoch % self._config.eval_every == 0 or epoch == self._config.epochs:
            evaluation = self._evaluator.evaluate(self._trainer)
            metrics |= {**evaluation.metrics, "time/eval_s": time.perf_counter() - trained}
            if epoch == self._config.epochs:
                self._write_overlays([table.aji() for table in evaluation.tables])
        if self._device.type == "cuda":
            self._gpu_s += time.perf_counter() - start
            metrics["gpu/peak_gib"] = torch.cuda.max_memory_allocated(self._device) / _GIB
            metrics["cost/gpu_s"] = self._gpu_s
        return metrics

    def save(self, directory: Path) -> None:
        """Writes everything that `load` needs."""
        self._trainer.save(directory / _CHECKPOINT, {"gpu_s": self._gpu_s})

    def load(self, directory: Path) -> None:
        """Goes on from what `save` wrote.

        Raises:
            TrialError: There is no checkpoint of these settings.
        """
        self._gpu_s = self._trainer.load(directory / _CHECKPOINT)["gpu_s"]

    def measure_epoch_s(self) -> float:
        """Times a few real steps and one validation image of middle size.

        The run is of no use for training afterwards.

        Returns:
            Roughly the seconds of an epoch, a share of the evaluations included.
        """
        step_s = self._trainer.measure_step_s(_TIMED_STEPS)
        num_px = [self._evaluator.split.labels(i).size for i in range(len(self._evaluator.split))]
        middle = sorted(range(len(num_px)), key=num_px.__getitem__)[len(num_px) // 2]
        start = time.perf_counter()
        self._evaluator.evaluate(self._trainer, [middle])
        evaluation_s = (time.perf_counter() - start) * sum(num_px) / num_px[middle]
        return step_s * self._source.num_steps + evaluation_s / self._config.eval_every

    def close(self) -> None:
        """Ends all threads and gives back the GPU's memory."""
        self._trainer.close()
        del self._trainer, self._evaluator
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    def _write_overlays(self, scores: Sequence[float]) -> None:
        """Shows the validation images of the lowest, the middle and the highest score."""
        order = sorted(range(len(scores)), key=scores.__getitem__)
        shown = {"worst": order[0], "median": order[len(order) // 2], "best": order[-1]}
        split = self._evaluator.split
        for rank, item in shown.items():
            found = self._evaluator.segment(self._trainer, item)
            picture = draw_overlay(split.image(item), split.labels(item), found)
            Image.fromarray(picture).save(self._artifacts_dir / f"val_{rank}.png")


def _foreground_means(outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {"pred_mean": outputs["np"].sigmoid().mean(), "target_mean": targets["np"].mean()}
