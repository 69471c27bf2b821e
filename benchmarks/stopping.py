"""Seconds from a signal to the end of the driver, and what then waits.

    python benchmarks/stopping.py [--rounds 3]

Two trials run in a sweep of their own; its driver gets SIGINT while
    short     epochs of 1 s run: both are waited for
    hung      epochs run that never end: they are waited for 20 s
    twice     the same, and a second SIGINT one second later
In the end `sweeper audit` says whether anything was lost.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CASES = {"short": 1.0, "hung": 3600.0, "twice": 3600.0}
SPACE = """
name: stopping
trainable: stopping:Sleep
fixed: {{epoch_s: {epoch_s}}}
space:
  x: {{type: float, low: 0, high: 1}}
objective: {{metric: score, goal: maximize}}
budget: {{trials: 20, epochs: 100}}
resources: {{cpus_per_trial: 1, concurrent: 2}}
"""


class Sleep:
    """One quick epoch, then epochs as long as asked for."""

    def setup(self, config, context):
        self.config, self.epoch = config, 0

    def step(self):
        time.sleep(self.config["epoch_s"] if self.epoch else 0.1)
        self.epoch += 1
        return {"score": self.config["x"]}

    def save(self, directory):
        (directory / "epoch").write_text(str(self.epoch), encoding="utf-8")

    def load(self, directory):
        self.epoch = int((directory / "epoch").read_text(encoding="utf-8"))

    def close(self):
        return


def time_stop(case: str, folder: Path) -> float:
    space = folder / "space.yaml"
    space.write_text(SPACE.format(epoch_s=CASES[case]), encoding="utf-8")
    here = Path(__file__).resolve().parent
    sweeper = [sys.executable, "-m", "sweeper"]
    home = ["--home", str(folder / "home")]
    with subprocess.Popen(
        [*sweeper, "run", str(space), *home],
        cwd=here,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as driver:
        assert driver.stdout is not None
        for line in driver.stdout:
            if "#1 epoch 1/" in line:
                break
        time.sleep(0.5)
        started = time.perf_counter()
        os.killpg(driver.pid, signal.SIGINT)
        if case == "twice":
            time.sleep(1.0)
            started = time.perf_counter()
            os.killpg(driver.pid, signal.SIGINT)
        driver.stdout.read()
        code = driver.wait()
    seconds = time.perf_counter() - started
    assert code == 130, code
    audit = subprocess.run(
        [*sweeper, "audit", "stopping", *home],
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
    )
    if audit.returncode:
        sys.exit(audit.stdout)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    for case in CASES:
        found = []
        for _ in range(given.rounds):
            with tempfile.TemporaryDirectory() as folder:
                found.append(time_stop(case, Path(folder)))
        print(
            f"{case}: {statistics.median(found):.1f} s from the signal to the end, "
            f"at most {max(found):.1f} s in {given.rounds} rounds; audit: all in order",
            flush=True,
        )


if __name__ == "__main__":
    main()
