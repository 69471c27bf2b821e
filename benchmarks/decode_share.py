"""What a nested search of decodings costs a real trial: seconds of training, forward and waiting.

    python benchmarks/decode_share.py [DATA] [--threads 1] [--epochs 6]

DATA is a folder with train/ and val/; without it images are drawn. Two trials of one seed take
their epochs in turn: `nested` searches 36 decodings at each evaluation, `fixed` scores one. Exits
with 1 if their losses differ anywhere, for a search must not change what is learnt.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

# As in a sweep: threads that wait do not spin on the cores of the others.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from sweeper.protocol import TrialContext
from trainables.hv import HVTrainable

SEED = 1
EVAL_EVERY = 3


def started(search: str, data: dict, epochs: int, threads: int, folder: Path) -> HVTrainable:
    for made in (folder / search, folder / "cache"):
        made.mkdir(exist_ok=True)
    trainable = HVTrainable()
    trainable.setup(
        {
            "epochs": epochs,
            "data": data,
            "eval_every": EVAL_EVERY,
            "model": {"name": "unet", "width": 16},
            "optim": {"lr": 4e-3},
            "augment": {"preset": "some"},
            "decode": {"search": search},
        },
        TrialContext(
            seed=SEED,
            number=0,
            workdir=folder / search,
            artifacts_dir=folder / search,
            cache_dir=folder / "cache",
            cpu_threads=threads,
        ),
    )
    return trainable


def run(data: dict, epochs: int, threads: int) -> dict[str, list[dict[str, float]]]:
    """The metrics of every epoch of both trials, which take turns."""
    with tempfile.TemporaryDirectory() as folder:
        trials = {
            search: started(search, data, epochs, threads, Path(folder))
            for search in ("nested", "fixed")
        }
        curves = {search: [] for search in trials}
        for _ in range(epochs):
            for search, trainable in trials.items():
                curves[search].append(dict(trainable.step()))
        for trainable in trials.values():
            trainable.close()
    return curves


def total(curve: list[dict[str, float]], name: str) -> float:
    return sum(metrics.get(name, 0.0) for metrics in curve)


def print_trial(search: str, curve: list[dict[str, float]]) -> float:
    """Prints where the seconds of a trial went; returns them all."""
    train_s, eval_s = total(curve, "time/train_s"), total(curve, "time/eval_s")
    wait_s, cpu_s = total(curve, "time/decode_wait_s"), total(curve, "time/decode_s")
    tried = [round(m["val/decode_tried"]) for m in curve if "val/decode_tried" in m]
    print(
        f"{search}: training {train_s:.1f} s, evaluation {eval_s:.1f} s, of which "
        f"{wait_s:.1f} s waiting for decodings ({cpu_s:.1f} s of CPU"
        f"{f', {tried} decodings' if tried else ''})"
    )
    return train_s + eval_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=6)
    given = parser.parse_args()
    data = {"source": "folder", "path": str(given.data)} if given.data else {"source": "synthetic"}
    curves = run(data, given.epochs, given.threads)
    all_s = {search: print_trial(search, curve) for search, curve in curves.items()}
    train_s = total(curves["nested"], "time/train_s")
    wait_s = total(curves["nested"], "time/decode_wait_s")
    last = curves["nested"][-1]
    print(f"waiting for the search is {wait_s / train_s:.1%} of the training")
    print(
        f"a nested trial takes {all_s['nested'] / all_s['fixed']:.2f} times as long as a fixed one"
    )
    print(
        f"AJI: default {last['val/default/aji']:.4f}, honest {last['val/aji']:.4f}, "
        f"optimistic {last['val/optimistic/aji']:.4f}"
    )
    losses = [[m["train/loss"] for m in curve] for curve in curves.values()]
    if losses[0] != losses[1]:
        sys.exit(f"the losses differ: {losses}")


if __name__ == "__main__":
    main()
