"""The losses of the library: what a step costs, and how fast a network learns with them.

    python benchmarks/losses.py [--seeds 3] [--chart build/losses.html] [--only costs|learning]

Costs: forward and backward of 4 x 512 x 512 pixels in 2-D and 2 x 32 x 128 x 128 in 3-D, median
milliseconds of processor time and peak memory (see loss_costs.py), and how many times that MONAI's
loss takes on the same tensors. Learning: a U-Net of 8 filters finds sparse nuclei (32 images of 96
px, a few per cent of foreground); epochs of 6 steps until the Dice of all validation pixels is 0.90
at a threshold of 0.5: median and range over seeds. Exits with 1 if a loss answers something else
than MONAI's where both mean the same.
"""

from __future__ import annotations

import argparse
import logging
import math
import os
import statistics
import sys
import tempfile
from pathlib import Path

# As in a sweep: threads that wait do not spin on the cores of others.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from loss_chart import write_chart
from loss_costs import KINDS, SIZES, Cost, measure
from loss_learning import EPOCHS, GOAL, LEARNT, Learning, learn

MIB = 2**20
COLUMN = "{:>9} {:>7} {:>9} {:>7}"


def cost_cells(costs: dict[str, Cost]) -> str:
    """Milliseconds and MiB, each with the ratio of MONAI's to ours."""
    if not costs:
        return COLUMN.format("", "", "", "")
    ours, theirs = costs["ours"], costs.get("theirs")
    memory = f"{ours.peak_bytes / MIB:.1f}"
    if theirs is None:
        return COLUMN.format(f"{ours.ms:.1f}", "", memory, "")
    return COLUMN.format(
        f"{ours.ms:.1f}",
        f"{theirs.ms / ours.ms:.2f}x",
        memory,
        f"{theirs.peak_bytes / ours.peak_bytes:.2f}x",
    )


def is_equal(costs: dict[str, Cost]) -> bool:
    values = [cost.value for cost in costs.values()]
    return all(math.isclose(value, values[0], rel_tol=1e-4) for value in values)


def show_costs() -> tuple[dict[tuple[str, str], Cost], bool]:
    heading = COLUMN.format("ms", "MONAI", "peak MiB", "MONAI")
    print(f"\nA step of a loss\n{'':14}" + " |".join(f"{dims:>5}{heading[5:]}" for dims in SIZES))
    found, all_equal = {}, True
    for kind in KINDS:
        cells = []
        for dims in SIZES:
            costs = measure(kind, dims)
            cells.append(cost_cells(costs) + ("" if is_equal(costs) else " DIFFERS"))
            all_equal &= is_equal(costs)
            if costs:
                found[kind, dims] = costs["ours"]
        print(f"{kind:14}" + " |".join(cells), flush=True)
    return found, all_equal


def epochs_text(found: list[int | None]) -> str:
    """`6 (5-9)`, or how many seeds never got there."""
    reached = sorted(epoch for epoch in found if epoch is not None)
    if len(reached) < len(found):
        return f"{len(found) - len(reached)} of {len(found)} never"
    middle = statistics.median(reached)
    return f"{middle:g} ({reached[0]}-{reached[-1]})"


def show_learning(seeds: int) -> dict[str, list[Learning]]:
    print(
        f"\nLearning, {seeds} seeds, {EPOCHS} epochs of 6 steps\n{'':24} "
        f"{f'epochs to {GOAL:.2f}':>16} {'Dice at 0.5':>18} {'best Dice':>10} {'at':>5}"
    )
    curves = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in LEARNT:
            found = [learn(name, seed, Path(folder)) for seed in range(seeds)]
            ends = sorted(one.dices[-1] for one in found)
            dice = f"{statistics.mean(ends):.3f} ({ends[0]:.3f}-{ends[-1]:.3f})"
            best = statistics.mean(one.best for one in found)
            level = statistics.mean(one.best_threshold for one in found)
            epochs = epochs_text([one.epochs_to_goal for one in found])
            print(f"{name:24} {epochs:>16} {dice:>18} {best:10.3f} {level:5.2f}", flush=True)
            curves[name] = found
    return curves


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--chart", type=Path, default=Path("build/losses.html"))
    parser.add_argument("--only", choices=["costs", "learning"])
    options = parser.parse_args()
    torch.set_num_threads(1)
    # The HV head is not trained, which the watch of collapses would report.
    logging.disable(logging.WARNING)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    costs, all_equal = ({}, True) if options.only == "learning" else show_costs()
    curves = {} if options.only == "costs" else show_learning(options.seeds)
    options.chart.parent.mkdir(parents=True, exist_ok=True)
    write_chart(options.chart, costs, curves)
    print(f"\nload {os.getloadavg()[0]:.1f}; chart: {options.chart}")
    sys.exit(not all_equal)


if __name__ == "__main__":
    main()
