"""What the feature cache of `tokens` saves: seconds, memory, disk, and hours of a sweep.

    python benchmarks/tokens.py [DATA] [--encoder vit_small_patch16_224] [--epochs 6] [--images 48]

DATA is a folder with train/ and val/; without it images are drawn. Four trials of one seed, each in
a process of its own, with the same decoder and the same number of crops:

    live     every training crop is encoded when it is shown (model.context: crop), whole
             validation images at every evaluation: what one does without a cache
    same     features of whole images, computed anew whenever they are needed: the very numbers of
             the cached trials, so their losses must be equal to the last bit (--same)
    first    the cache is empty: this trial fills it
    later    every further trial: the encoder is not loaded

The encoder has random weights unless --weights names a file: its time does not depend on them, AJI
does. What is measured on some images is multiplied up to a trial on all of nuclei2d. Exits with 1
if the losses of trials that must be equal differ.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from statistics import median

# As in a sweep: threads that wait do not spin on the cores of the others.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

KINDS = {
    "live": {"context": "crop", "cache": False},
    "same": {"context": "image", "cache": False},
    "first": {"context": "image", "cache": True},
    "later": {"context": "image", "cache": True},
}
CLOCKS = {"wall": "wall clock", "cpu": "CPU time"}
EVAL_EVERY = 3
BATCH = 8


def settings_of(kind: str, asked: argparse.Namespace, data: dict) -> dict:
    model = {"name": "tokens", "encoder": asked.encoder, "weights": asked.weights, **KINDS[kind]}
    return {
        "epochs": asked.epochs,
        "data": data,
        "eval_every": EVAL_EVERY,
        "model": model,
        "batch_size": BATCH,
        "augment": {"preset": asked.preset},
        "decode": {"search": "fixed"},
    }


def subset(data: Path, num_train: int, folder: Path) -> Path:
    """The first images of each split, a quarter as many of val as of train."""
    for split, count in (("train", num_train), ("val", max(1, num_train // 4))):
        images = sorted((data / split / "images").iterdir())
        stems = {image.stem for image in images[:: max(1, len(images) // count)][:count]}
        for kind in ("images", "labels"):
            (folder / split / kind).mkdir(parents=True)
            for file in (data / split / kind).iterdir():
                if file.stem in stems:
                    (folder / split / kind / file.name).symlink_to(file.resolve())
    return folder


def trial(settings: dict, folder: Path, threads: int) -> dict[str, object]:
    """Trains one configuration; called in a process of its own, as a worker of a sweep is."""
    from sweeper.protocol import TrialContext
    from trainables.hv import (
        HVTrainable,
        run,  # noqa: F401 - what a worker imports once for all of its trials
    )

    HVTrainable.check_config(settings)
    clocks = [(time.perf_counter(), time.process_time())]
    trainable = HVTrainable()
    trainable.setup(
        settings,
        TrialContext(
            seed=1,
            number=0,
            workdir=folder,
            artifacts_dir=folder,
            cache_dir=folder / "cache",
            cpu_threads=threads,
        ),
    )
    clocks.append((time.perf_counter(), time.process_time()))
    reports = []
    for _ in range(settings["epochs"]):
        reports.append(trainable.step())
        clocks.append((time.perf_counter(), time.process_time()))
    wall, cpu = (_spent(list(clock)) for clock in zip(*clocks, strict=True))
    return {
        "wall": wall,
        "cpu": cpu,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "losses": [report["train/loss"] for report in reports],
        "aji": reports[-1]["val/aji"],
    }


def _spent(clock: list[float]) -> dict[str, float]:
    """Seconds of the setup, of an epoch's training and of an evaluation."""
    setup_s, *epochs_s = (after - before for before, after in pairwise(clock))
    evaluated = epochs_s[EVAL_EVERY - 1 :: EVAL_EVERY]
    plain = [seconds for epoch, seconds in enumerate(epochs_s, 1) if epoch % EVAL_EVERY]
    train_s = median(plain)
    return {"setup": setup_s, "train": train_s, "eval": max(0.0, median(evaluated) - train_s)}


def in_own_process(settings: dict, folder: Path, threads: int) -> dict:
    command = [sys.executable, __file__, "--child", json.dumps([settings, str(folder), threads])]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(answer.stdout.splitlines()[-1])


def measure(asked: argparse.Namespace) -> dict[str, dict]:
    from trainables.data import prepare
    from trainables.hv.config import load_hv_config

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data: dict[str, object] = {"source": "synthetic", "num_train": asked.images}
        if asked.data:
            chosen = subset(asked.data, asked.images, folder / "data")
            data = {"source": "folder", "path": str(chosen)}
        prepare(load_hv_config(settings_of("live", asked, data)).data, folder / "cache")
        measured = {}
        for kind in KINDS:
            if kind == "same" and not asked.same:
                continue
            measured[kind] = in_own_process(settings_of(kind, asked, data), folder, asked.threads)
            print(kind, json.dumps(measured[kind]), file=sys.stderr, flush=True)
        files = (folder / "cache" / "features").glob("*/*/*")
        measured["disk"] = {"mib": sum(file.stat().st_size for file in files) / 2**20}
        return measured


def report(asked: argparse.Namespace, measured: dict[str, dict]) -> int:
    print(f"{asked.encoder}, preset {asked.preset}, {asked.threads} thread(s)", end=", ")
    print(f"load of the machine {os.getloadavg()[0]:.1f}")
    steps, val = -(-asked.images // BATCH), max(1, asked.images // 4)
    print("\n| trial | setup | a step of 8 crops | an evaluated image | peak memory | last AJI |")
    print("|---|---|---|---|---|---|")
    for kind in (kind for kind in KINDS if kind in measured):
        one = measured[kind]
        cells = [
            " / ".join(f"{one[clock][part] / count:.2f}" for clock in CLOCKS) + " s"
            for part, count in (("setup", 1), ("train", steps), ("eval", val))
        ]
        print(f"| {kind} | {' | '.join(cells)} | {one['peak_mib']:.0f} MiB | {one['aji']:.3f} |")
    print("(wall clock / CPU time)")
    num_files = asked.images + val
    mib = measured["disk"]["mib"]
    print(f"on disk: {mib:.0f} MiB for {asked.images} training and {val} validation images")
    print(f"\na trial: {asked.full_images} training images, {asked.full_epochs} epochs,", end=" ")
    print(f"an evaluation of {asked.full_images // 6} images every {EVAL_EVERY} epochs:")
    for clock, name in CLOCKS.items():
        live, later = (trial_h(asked, measured[kind][clock]) for kind in ("live", "later"))
        fill_s = measured["first"][clock]["setup"] - measured["later"][clock]["setup"]
        fill_h = fill_s / num_files * asked.full_images * 7 / 6 / 3600
        print(f"- {name}: live {live:.2f} h, cached {later:.2f} h, filling once {fill_h:.2f} h")
        for trials in (1, 12, 100):
            total, cached = live * trials, fill_h + later * trials
            ratio = total / cached
            print(f"  {trials} trials: {total:.1f} h against {cached:.1f} h, ratio {ratio:.2f}")
    cached = [measured[kind]["losses"] for kind in ("first", "later", "same") if kind in measured]
    if any(losses != cached[0] for losses in cached):
        print("the losses of equal trials differ")
        return 1
    return 0


def trial_h(asked: argparse.Namespace, spent: dict[str, float]) -> float:
    """Hours of a trial on all images, from what was measured on some."""
    scale = asked.full_images / asked.images
    evaluations = asked.full_epochs / EVAL_EVERY
    val_scale = (asked.full_images // 6) / max(1, asked.images // 4)
    epochs_s = asked.full_epochs * spent["train"] * scale
    return (epochs_s + evaluations * spent["eval"] * val_scale) / 3600


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", nargs="?", type=Path)
    parser.add_argument("--encoder", default="vit_small_patch16_224")
    parser.add_argument("--weights", default=None)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--images", type=int, default=48)
    parser.add_argument("--full-images", type=int, default=416, help="of a real trial")
    parser.add_argument("--full-epochs", type=int, default=50, help="of a real trial")
    parser.add_argument("--preset", choices=["none", "some"], default="some")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--same", action="store_true")
    parser.add_argument("--child")
    asked = parser.parse_args()
    if asked.child:
        settings, folder, threads = json.loads(asked.child)
        print(json.dumps(trial(settings, Path(folder), threads)))
        return 0
    return report(asked, measure(asked))


if __name__ == "__main__":
    sys.exit(main())
