"""Milliseconds per report of 20 and 50 metrics: sweeper against the plain MLflow callback of Ray.

    python benchmarks/log_cost.py [--rounds 3]

Both sides train the same class, which sleeps 50 ms an epoch, in a real sweep of 2 trials of 30
epochs, one at a time, with a real MLflow server. Two places are timed. In the scheduler: what a
report costs the driver's event loop; sweeper writes it to the study and appends it to a spool, the
plain stack (Tuner + OptunaSearch + MLflowLoggerCallback) calls MLflow. In the trial: the time from
the end of an epoch to the begin of the next, in which nothing is trained; sweeper saves a
checkpoint in it, durable and with checksums, which the plain stack does if it is told to.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

from stacks import NothingToSave, mlflow_server, run_itself, start_ray, write_space

EPOCHS = 30
EPOCH_S = 0.05
TRIALS = 2
SIDES = ("sweeper", "plain", "plain with checkpoints")


class Gaps:
    """The times between epochs of a trial, in ms, written to a file by the last epoch."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"gaps-{time.time_ns()}.json"
        self.gaps_ms: list[float] = []
        self.saves_ms: list[float] = []
        self._left_s: float | None = None

    def enter(self) -> None:
        if self._left_s is not None:
            self.gaps_ms.append(1000 * (time.perf_counter() - self._left_s))

    def leave(self, *, last: bool) -> None:
        if last:
            told = {"gaps": self.gaps_ms, "saves": self.saves_ms[: len(self.gaps_ms)]}
            self._path.write_text(json.dumps(told), encoding="utf-8")
        self._left_s = time.perf_counter()


def metrics(number: int, epoch: int) -> dict[str, float]:
    return {"score": epoch / EPOCHS, **{f"metric_{i}": epoch / (i + 1) for i in range(number - 1)}}


class Reporter:
    """A trainable of sweeper's protocol that sleeps and reports."""

    def setup(self, config, context):
        from sweeper.engine import session

        self.number, self.epoch, self.gaps = config["metrics"], 0, Gaps(Path(config["folder"]))
        write = getattr(session.write_checkpoint, "untimed", session.write_checkpoint)

        def timed(*args, **kwargs):
            started_s = time.perf_counter()
            found = write(*args, **kwargs)
            self.gaps.saves_ms.append(1000 * (time.perf_counter() - started_s))
            return found

        timed.untimed = write
        session.write_checkpoint = timed

    def step(self):
        self.gaps.enter()
        self.epoch += 1
        time.sleep(EPOCH_S)
        self.gaps.leave(last=self.epoch == EPOCHS)
        return metrics(self.number, self.epoch)

    def save(self, directory):
        (directory / "state").write_text(str(self.epoch), encoding="utf-8")

    def load(self, directory):
        raise NotImplementedError

    def close(self):
        return


def time_calls() -> tuple[list[float], list[float]]:
    """Has every report timed from now on.

    Returns:
        ms in the mirror, and ms in the ledger with the mirror: filled as the sweep goes on.
    """
    from sweeper.study.events import EpochRecorded
    from sweeper.study.ledger import Ledger
    from sweeper.tracking.mirror import Mirror

    spool_ms: list[float] = []
    record_ms: list[float] = []
    tell, record = Mirror.__call__, Ledger.record

    def timed_tell(self, event):
        started_s = time.perf_counter()
        tell(self, event)
        if isinstance(event, EpochRecorded):
            spool_ms.append(1000 * (time.perf_counter() - started_s))

    def timed_record(self, *args):
        started_s = time.perf_counter()
        found = record(self, *args)
        record_ms.append(1000 * (time.perf_counter() - started_s))
        return found

    Mirror.__call__, Ledger.record = timed_tell, timed_record
    return spool_ms, record_ms


def run_sweeper(uri: str, number: int, folder: Path) -> dict[str, float]:
    from sweeper import run
    from sweeper.engine.environment import set_environment

    spool_ms, record_ms = time_calls()
    set_environment()
    start_ray()
    space = write_space(
        folder,
        name="log",
        trainable="log_cost:Reporter",
        trials=TRIALS,
        epochs=EPOCHS,
        more=f"family: {folder.name}\nfixed: {{metrics: {number}, folder: {folder}}}",
    )
    result = run(space, home=folder / "home", tracking_uri=uri)
    assert result.outcome == "finished"
    assert result.mirrored
    assert len(spool_ms) == len(record_ms) == TRIALS * EPOCHS
    spool = statistics.median(spool_ms)
    return {"spool": spool, "study": statistics.median(record_ms) - spool}


def run_plain(uri: str, number: int, folder: Path, *, saves: bool) -> dict[str, float]:
    from plain_stack import MLflowLoggerCallback, build_tuner, tune

    log_ms = []

    class Timed(MLflowLoggerCallback):
        def log_trial_result(self, iteration, trial, result):
            started_s = time.perf_counter()
            super().log_trial_result(iteration, trial, result)
            log_ms.append(1000 * (time.perf_counter() - started_s))

    class PlainReporter(NothingToSave, tune.Trainable):
        def setup(self, config):
            self.gaps = Gaps(folder)

        def step(self):
            self.gaps.enter()
            epoch = self.iteration + 1
            time.sleep(EPOCH_S)
            self.gaps.leave(last=epoch == EPOCHS)
            return {**metrics(number, epoch), "done": epoch == EPOCHS}

    start_ray()
    log = Timed(tracking_uri=uri, experiment_name=folder.name)
    results = build_tuner(PlainReporter, folder, trials=TRIALS, callbacks=[log], saves=saves).fit()
    assert not results.errors
    assert len(log_ms) == TRIALS * EPOCHS
    return {"callback": statistics.median(log_ms)}


def run_side(side: str, uri: str, number: int) -> dict[str, float]:
    """Medians over all reports of a sweep, in ms."""
    with tempfile.TemporaryDirectory(prefix="log-cost-") as folder:
        request = ["--side", side, "--metrics", str(number), "--uri", uri, "--folder", folder]
        medians = json.loads(run_itself(__file__, *request))
        told = [json.loads(path.read_text()) for path in Path(folder).glob("gaps-*.json")]
        found = {
            key: statistics.median([ms for trial in told for ms in trial[key]])
            for key in ("gaps", "saves")
            if any(trial[key] for trial in told)
        }
        return {**medians, **found}


def compare(number: int, rounds: int, uri: str) -> None:
    found: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
    for _ in range(rounds):
        for side, runs in found.items():
            runs.append(run_side(side, uri, number))
    ours, plain, saving = (
        {key: statistics.median([run[key] for run in runs]) for key in runs[0]}
        for runs in found.values()
    )
    scheduler_ms = ours["study"] + ours["spool"]
    print(
        f"{number} metrics, in the scheduler: sweeper {scheduler_ms:.2f} ms a report (study "
        f"{ours['study']:.2f}, spool {ours['spool']:.2f}), plain callback {plain['callback']:.1f} "
        f"ms, ratio {plain['callback'] / scheduler_ms:.0f}"
    )
    without_ms = ours["gaps"] - ours["saves"]
    print(
        f"{number} metrics, in the trial: sweeper {ours['gaps']:.1f} ms between epochs with a "
        f"checkpoint ({ours['saves']:.1f} ms), {without_ms:.1f} ms without; plain "
        f"{saving['gaps']:.1f} ms with, {plain['gaps']:.1f} ms without; ratios "
        f"{saving['gaps'] / ours['gaps']:.1f} and {plain['gaps'] / without_ms:.1f}",
        flush=True,
    )
    for side, runs in found.items():
        shown = ", ".join(f"{run['gaps']:.1f}" for run in runs)
        print(f"    rounds of {side}, ms between epochs: {shown}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--metrics", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--uri", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        request = (given.uri, given.metrics, given.folder)
        if given.side == "sweeper":
            print(json.dumps(run_sweeper(*request)))
        else:
            print(json.dumps(run_plain(*request, saves=given.side != "plain")))
        return
    with tempfile.TemporaryDirectory() as folder, mlflow_server(Path(folder)) as uri:
        for number in (20, 50):
            compare(number, given.rounds, uri)


if __name__ == "__main__":
    main()
