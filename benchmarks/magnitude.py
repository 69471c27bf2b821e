"""Does asking for magnitude help, blindly or in the right direction, and is early magnitude a sign?

    python benchmarks/magnitude.py NAME=DATA [NAME=DATA ...] [--home build/magnitude] [--seeds 3]

DATA is a folder with train/ and val/. For each data set and seed a sweep of magnitude.yaml (beside
this file) trains all 21 combinations of HV loss weights to the end: magnitude 0, 0.5, 1, 2, 5
(aligned 0) and aligned 1, 5 (magnitude 0), each with gradient 1, 2, 3. Stop it whenever you like:
called again it goes on, and when all is trained it only prints. Tables on the terminal, every run
in HOME/runs.csv, charts in HOME/magnitude.html.
"""

from __future__ import annotations

import argparse
import csv
import json
from dataclasses import asdict, fields
from pathlib import Path

from magnitude_charts import write_charts
from magnitude_runs import MEASURED, Run, read_runs
from magnitude_tables import print_tables

import sweeper

SPACE = Path(__file__).with_suffix(".yaml")
GRADIENTS = (1.0, 2.0, 3.0)
TERMS = [(magnitude, 0.0) for magnitude in (0.0, 0.5, 1.0, 2.0, 5.0)] + [(0.0, 1.0), (0.0, 5.0)]


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


def train(data: str, path: Path, seed: int, home: Path) -> None:
    """Trains what is missing of one sweep."""
    name = f"{data}-{seed}"
    if (home / name).is_dir():
        sweeper.resume(name, home=home)
        return
    start = combinations()
    sweeper.run(
        SPACE,
        home=home,
        overrides=[
            f"name={name}",
            f"seed={seed}",
            f"start={json.dumps(start)}",
            f"budget.trials={len(start)}",
            "data.source=folder",
            f"data.path={path.absolute()}",
        ],
    )


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
    sets = dict(one.split("=", 1) for one in given.data)
    for seed in range(given.seeds):
        for data, path in sets.items():
            train(data, Path(path), seed, given.home)
    runs = [
        run
        for data in sets
        for seed in range(given.seeds)
        for run in read_runs(given.home, data, seed)
    ]
    print_tables(runs)
    write_csv(given.home / "runs.csv", runs)
    write_charts(given.home / "magnitude.html", runs)
    print(f"every run: {given.home / 'runs.csv'}, charts: {given.home / 'magnitude.html'}")


if __name__ == "__main__":
    main()
