"""CPU seconds of commands that only look, on top of Python's own start.

    python benchmarks/startup.py [--rounds 5]

The peers are the imports that such a command would need if it asked Ray or MLflow.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile

COMMANDS = {
    "sweeper --help": ["-m", "sweeper", "--help"],
    "sweeper list": ["-m", "sweeper", "list"],
    "sweeper status NAME": ["-m", "sweeper", "status", "toy"],
    "import mlflow": ["-c", "import mlflow"],
    "import ray.tune": ["-c", "import ray.tune"],
}


def cpu_s(arguments: list[str]) -> float:
    """User and system seconds of one process and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def make_sweep(home: str) -> None:
    """A sweep of 40 trials with 20 epochs of 30 metrics each."""
    from sweeper.paths import Home
    from sweeper.spec import SweepSpec
    from sweeper.study.ledger import Ledger
    from sweeper.study.store import create_sweep, open_study

    class GoOn:
        def decide(self, study: object, trial: object) -> None:
            return None

    spec = SweepSpec.model_validate(
        {
            "name": "toy",
            "trainable": "toy:Toy",
            "space": {"x": {"type": "float", "low": 0.0, "high": 1.0}},
            "objective": {"metric": "score", "goal": "maximize"},
            "budget": {"trials": 40, "epochs": 20},
        }
    )
    place = Home.at(home)
    paths = create_sweep(place, spec, start=(), attrs={})
    ledger = Ledger(
        paths=paths, spec=spec, study=open_study(place, "toy"), decider=GoOn(), max_trials=40
    )
    metrics = {"score": 0.5, **{f"metric_{index}": 0.1 * index for index in range(29)}}
    while (ticket := ledger.next_ticket()) is not None:
        for epoch in range(1, 21):
            ledger.record(ticket.number, epoch, metrics)
        ledger.settle(ticket.number)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as home:
        make_sweep(home)
        bare = min(cpu_s(["-c", "pass"]) for _ in range(rounds))
        for name, arguments in COMMANDS.items():
            at = [*arguments, "--home", home] if "NAME" in name or "list" in name else arguments
            seconds = min(cpu_s(at) for _ in range(rounds)) - bare
            print(f"{name:22} {seconds:.2f} s CPU")


if __name__ == "__main__":
    main()
