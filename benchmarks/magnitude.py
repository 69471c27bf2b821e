"""Does asking for magnitude help, blindly or in the right direction, and is early magnitude a sign?

    python benchmarks/magnitude.py NAME=DATA [NAME=DATA ...] [--home build/magnitude] [--seeds 3]

DATA is a folder with train/ and val/; scores are those of the central 256 px of the images of val.
Two kinds of sweeps are run on each, to the end and without
pruning:

- weights, for each seed: all 21 combinations of HV loss weights (magnitude.yaml): magnitude 0, 0.5,
  1, 2, 5 (aligned 0) and aligned 1, 5 (magnitude 0), each with gradient 1, 2, 3;
- broad: 12 random trials of search_spaces/hv.yaml, in which the learning rate, the augmentation and
  more vary as well: trials that end differently enough for early metrics to tell them apart.

Stop it whenever you like: called again it goes on, and when all is trained it only prints. Tables
on the terminal, every run in HOME/runs.csv, charts in HOME/magnitude.html.
"""

from __future__ import annotations

import argparse
import csv
import json
from dataclasses import asdict, fields
from pathlib import Path

from magnitude_charts import write_charts
from magnitude_data import cut_data
from magnitude_runs import MEASURED, Run, read_runs
from magnitude_tables import print_tables

import sweeper
from sweeper.spec import read_spec

SPACE = Path(__file__).with_suffix(".yaml")
BROAD_SPACE = SPACE.parents[1] / "search_spaces" / "hv.yaml"
BROAD_TRIALS = 12
GRADIENTS = (1.0, 2.0, 3.0)
TERMS = [(magnitude, 0.0) for magnitude in (0.0, 0.5, 1.0, 2.0, 5.0)] + [(0.0, 1.0), (0.0, 5.0)]
#: Settings of magnitude.yaml that the broad sweep shares with it.
TRAINED_ALIKE = ("crop_px", "batch_size", "steps_per_epoch", "eval_every", "eval_also", "decode")


def combinations() -> list[dict[str, float]]:
    return [
        {
            "loss.hv_gradient": gradient,
            "loss.hv_magnitude": magnitude,
            "loss.hv_aligned": aligned,
        }
        for gradient in GRADIENTS
        for magnitude, aligned in TERMS
    ]


def weights_overrides(seed: int) -> list[str]:
    start = combinations()
    return [f"seed={seed}", f"start={json.dumps(start)}", f"budget.trials={len(start)}"]


def broad_overrides() -> list[str]:
    """The steps, the evaluations and the network of the weights, and nothing that stops a trial."""
    fixed = read_spec(SPACE).spec.fixed
    same = {key: fixed[key] for key in TRAINED_ALIKE}
    return [
        *(f"fixed.{key}={json.dumps(value)}" for key, value in same.items()),
        "sampler={name: random}",
        "pruning=[]",
        "start=[]",
        f"budget={{trials: {BROAD_TRIALS}, epochs: {read_spec(SPACE).spec.budget.epochs}}}",
    ]


def train(space: Path, name: str, data: Path, home: Path, overrides: list[str]) -> None:
    """Trains what is missing of one sweep.

    Raises:
        SystemExit: It was stopped.
    """
    if (home / name).is_dir():
        result = sweeper.resume(name, home=home)
    else:
        where = ["data.source=folder", f"data.path={data.absolute()}"]
        result = sweeper.run(space, home=home, overrides=[f"name={name}", *overrides, *where])
    if result.outcome != "finished":
        raise SystemExit(f"{name}: {result.outcome}; the same command goes on")


def write_csv(path: Path, runs: list[Run]) -> None:
    columns = [field.name for field in fields(Run) if field.name not in MEASURED]
    moments = sorted(runs[0].final)
    header = [f"{kind}_{name}" for kind in MEASURED for name in moments]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*columns, *header])
        for run in runs:
            row = asdict(run)
            values = [row[kind].get(name) for kind in MEASURED for name in moments]
            writer.writerow([*(row[column] for column in columns), *values])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="+", help="NAME=DATA, such as nuclei=../shared/data/nuclei2d")
    parser.add_argument("--home", type=Path, default=Path("build/magnitude"))
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    named = [one.split("=", 1) for one in given.data]
    sets = {name: cut_data(Path(path), given.home / ".data" / name) for name, path in named}
    for seed in range(given.seeds):
        for data, path in sets.items():
            train(SPACE, f"{data}-{seed}", path, given.home, weights_overrides(seed))
    for data, path in sets.items():
        train(BROAD_SPACE, f"{data}-broad", path, given.home, broad_overrides())
    runs = [
        run
        for data in sets
        for seed in (*range(given.seeds), None)
        for run in read_runs(given.home, data, seed)
    ]
    print_tables(runs)
    write_csv(given.home / "runs.csv", runs)
    write_charts(given.home / "magnitude.html", runs)
    print(f"every run: {given.home / 'runs.csv'}, charts: {given.home / 'magnitude.html'}")


if __name__ == "__main__":
    main()
