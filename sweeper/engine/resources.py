"""How much of the machine one trial gets, and how many run at the same time."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sweeper.errors import UserError
from sweeper.spec import Resources

__all__ = ["Plan", "count_gpus", "plan_resources", "require_device"]

_GPU = re.compile(r"cuda(:(?P<index>\d+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The share of a trial.

    Attributes:
        places: Trials at the same time, at least 1.
        cpus: CPU cores that Ray sets aside for a trial; may be a fraction.
        gpus: GPUs likewise; 0: the trial runs on the CPU.
        cpu_threads: Threads that a trial may start.
    """

    places: int
    cpus: float
    gpus: float
    cpu_threads: int

    @property
    def device(self) -> str:
        """`cuda` or `cpu`; Ray shows a trial only its own GPUs."""
        return "cuda" if self.gpus else "cpu"

    def __str__(self) -> str:
        share = f"{self.cpu_threads} thread{'s' * (self.cpu_threads > 1)}"
        if self.gpus:
            share += f" and {self.gpus:g} GPU"
        return f"{self.places} at a time, {share} each"


def plan_resources(wanted: Resources, *, cpus: float, gpus: float, max_trials: int) -> Plan:
    """Fills in what was left to us.

    Without a GPU a trial gets one core: two trials of one thread finish sooner than one after the
    other with two. With GPUs a trial gets a whole one, and the cores are shared evenly.

    Args:
        wanted: From the space file.
        cpus: Cores of the cluster.
        gpus: GPUs of the cluster.
        max_trials: More than that never run at the same time.

    Raises:
        UserError: A trial asks for more than there is.
    """
    gpu_share = float(wanted.gpus_per_trial) if wanted.gpus_per_trial != "auto" else float(gpus > 0)
    if gpu_share > gpus:
        raise UserError(
            f"resources.gpus_per_trial: {gpu_share:g} asked for, {gpus:g} here",
            hint="set resources.gpus_per_trial=0 to train on the CPU",
        )
    places = max_trials if wanted.concurrent == "auto" else min(int(wanted.concurrent), max_trials)
    if gpu_share:
        places = min(places, _fits(gpus, gpu_share))
    if wanted.cpus_per_trial != "auto":
        cpu_share = float(wanted.cpus_per_trial)
    elif gpu_share or wanted.concurrent != "auto":
        cpu_share = max(1.0, cpus // min(places, cpus))
    else:
        cpu_share = 1.0
    if cpu_share > cpus:
        raise UserError(f"resources.cpus_per_trial: {cpu_share:g} asked for, {cpus:g} here")
    places = max(1, min(places, _fits(cpus, cpu_share)))
    return Plan(places=places, cpus=cpu_share, gpus=gpu_share, cpu_threads=max(1, int(cpu_share)))


def require_device(device: str) -> None:
    """Refuses a device that is not here.

    Raises:
        UserError: It is none of `cpu`, `cuda` and `cuda:N`, or there is no such GPU.
    """
    if device == "cpu":
        return
    found = _GPU.fullmatch(device)
    if found is None:
        raise UserError(f"--device: {device!r} is none of cpu, cuda and cuda:N")
    gpus = count_gpus()
    if int(found["index"] or 0) >= gpus:
        here = f"{gpus} GPU{'s' * (gpus != 1)} here" if gpus else "no GPU here"
        raise UserError(f"--device: no {device}: PyTorch sees {here}", hint="--device cpu works")


def count_gpus() -> int:
    """GPUs that PyTorch sees in this process; loads torch."""
    import torch

    return torch.cuda.device_count()


def _fits(total: float, share: float) -> int:
    # 1 / 0.1 is 9.99...: Ray counts in steps of 1/10000.
    return int(total / share + 1e-4)
