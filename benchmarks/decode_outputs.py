"""Real outputs for `decode_search.py`: a small network, trained once, and its maps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

SEED = 1
STEPS = 20


@dataclass(frozen=True)
class Image:
    """One validation image: `outputs` as a decoder takes them, and the true labels (H, W)."""

    outputs: dict[str, np.ndarray]
    labels: np.ndarray


def load_images(data: Path | None, work: Path, epochs: int) -> list[Image]:
    """All validation images of a folder, or 40 drawn ones, with a network's maps.

    Args:
        data: The folder; None: images are drawn.
        work: What was made before lies here, and is read again.
        epochs: How long the network is trained, 20 steps each.
    """
    path = work / f"{'synthetic' if data is None else data.name}_{epochs}.npz"
    if not path.exists():
        images = _predict(data, work, epochs)
        found = {
            f"{name}_{i:03d}": array
            for i, image in enumerate(images)
            for name, array in {**image.outputs, "true": image.labels}.items()
        }
        np.savez(path, **found)
    with np.load(path) as file:
        numbers = sorted(key.removeprefix("np_") for key in file if key.startswith("np_"))
        return [
            Image({"np": file[f"np_{n}"], "hv": file[f"hv_{n}"]}, file[f"true_{n}"])
            for n in numbers
        ]


def _predict(data: Path | None, work: Path, epochs: int) -> list[Image]:
    import torch

    from trainables.data import prepare
    from trainables.hv.config import load_hv_config
    from trainables.models import build_model
    from trainables.views import image_tensor
    from trainables.whole_image import predict_whole

    raw = {
        "epochs": epochs,
        "data": {"source": "synthetic", "num_train": 96, "num_val": 40, "num_test": 0}
        if data is None
        else {"source": "folder", "path": str(data)},
        "eval_every": epochs,
        "steps_per_epoch": STEPS,
        "model": {"name": "unet", "width": 16},
        "optim": {"lr": 4e-3},
        "augment": {"preset": "some"},
        "decode": {"search": "fixed"},
    }
    _train(raw, work)
    config = load_hv_config(raw)
    prepared = prepare(config.data, work / "cache")
    model = build_model(config.model, prepared.channels)
    state = torch.load(work / "trained" / "trainer.pt", weights_only=True)
    model.load_state_dict(state["model"])
    model.eval()
    images = []
    for i in range(len(prepared.val)):
        with torch.inference_mode():
            maps = predict_whole(model, image_tensor(prepared.val.image(i)))
        outputs = {"np": maps["np"][0, 0].sigmoid().numpy(), "hv": maps["hv"][0].numpy()}
        images.append(Image(outputs, np.asarray(prepared.val.labels(i))))
    return images


def _train(raw: dict, work: Path) -> None:
    from sweeper.protocol import TrialContext
    from trainables.hv import HVTrainable

    for folder in ("trained", "artifacts", "cache"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    context = TrialContext(
        seed=SEED,
        number=0,
        device="cpu",
        workdir=work,
        artifacts_dir=work / "artifacts",
        cache_dir=work / "cache",
        cpu_threads=2,
    )
    trainable = HVTrainable()
    trainable.setup(raw, context)
    for _ in range(raw["epochs"]):
        metrics = trainable.step()
        print(f"training: epoch {metrics['epoch']:.0f} of {raw['epochs']}", flush=True)
    trainable.save(work / "trained")
    trainable.close()
