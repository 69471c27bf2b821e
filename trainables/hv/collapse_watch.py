"""Looks every few steps whether a network in training has collapsed."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor

from trainables.hv.collapse import Finding, Streak, judge_maps, judge_nuclei
from trainables.losses import HVStatistics, NPStatistics
from trainables.training.criterion import Outputs

__all__ = ["CollapseWatch"]

_log = logging.getLogger(__name__)

_NUM_NP_SUMS = 5
_HEADS = {"np": "nuclei map", "hv": "HV maps"}
_OF_MAPS = ("hv_mse_ratio", "hv_magnitude_aligned")


class CollapseWatch:
    """Measures batches of training and says in the log when the state changes.

    A look costs a few passes over the outputs on their device, and does not wait for it: the
    numbers are read where training waits anyway, every 16 steps and at the end of an epoch.
    """

    def __init__(self, every: int) -> None:
        """Looks at each `every`-th step, counted so that the last one of an epoch is among them."""
        self._every = every
        self._kept = _Kept()

    def begin(self, epoch: int, num_steps: int) -> _EpochLooks:
        """See `Watch`."""
        return _EpochLooks(self._kept, epoch, num_steps, self._every)

    def state(self) -> dict[str, Any]:
        """See `Watch`."""
        return asdict(self._kept)

    def load_state(self, state: Mapping[str, Any]) -> None:
        """See `Watch`."""
        streaks = {head: Streak(**streak) for head, streak in state.get("streaks", {}).items()}
        self._kept = _Kept(streaks=streaks, has_nuclei=state.get("has_nuclei", True))


@dataclass(slots=True, kw_only=True)
class _Kept:
    """What goes from one epoch to the next: a streak by head, and whether masks are not empty."""

    streaks: dict[str, Streak] = field(default_factory=dict)
    has_nuclei: bool = True


class _EpochLooks:
    """Looks at one epoch, see `EpochWatch`."""

    def __init__(self, kept: _Kept, epoch: int, num_steps: int, every: int) -> None:
        self._kept = kept
        self._streaks = dict(kept.streaks)
        self._epoch = epoch
        self._num_steps = num_steps
        self._every = every
        self._unread: list[tuple[int, Tensor]] = []
        self._nuclei = NPStatistics()
        self._maps = HVStatistics()

    def look(self, step: int, outputs: Outputs, targets: Mapping[str, Tensor]) -> None:
        """See `EpochWatch`."""
        if (self._num_steps - 1 - step) % self._every:
            return
        nuclei = targets["np"]
        of_nuclei = NPStatistics.sums(outputs["np"], nuclei)
        of_maps = HVStatistics.sums(outputs["hv"], targets["hv"], nuclei)
        self._unread.append((step, torch.cat([of_nuclei, of_maps])))

    def read(self) -> None:
        """See `EpochWatch`."""
        if not self._unread:
            return
        rows = torch.stack([sums for _, sums in self._unread]).tolist()
        for (step, _), row in zip(self._unread, rows, strict=True):
            # The fp16 scaler skips steps that are not finite; they say nothing about the network.
            if all(map(math.isfinite, row)):
                self._take_in(step, row)
        self._unread.clear()

    def _take_in(self, step: int, row: list[float]) -> None:
        nuclei = NPStatistics.from_sums(row[:_NUM_NP_SUMS])
        maps = HVStatistics.from_sums(row[_NUM_NP_SUMS:])
        self._nuclei += nuclei
        self._maps += maps
        self._note("np", judge_nuclei(nuclei), step)
        self._note("hv", judge_maps(maps), step)

    def _note(self, head: str, finding: Finding | None, step: int) -> None:
        if finding is None:
            return
        before = self._streaks.get(head, Streak())
        after = before.after(finding, (self._epoch - 1) * self._num_steps + step)
        self._streaks[head] = after
        if after.collapsed == before.collapsed:
            return
        epoch, step = divmod(after.since, self._num_steps)
        since = f"since epoch {epoch + 1} step {step}"
        if after.collapsed:
            _log.warning("collapsed: %s %s: %s", finding.what, since, finding.evidence)
        else:
            _log.warning("%s no longer collapsed %s: %s", _HEADS[head], since, finding.evidence)

    def finish(self) -> dict[str, float]:
        """See `EpochWatch`."""
        self._kept.streaks = self._streaks
        has_nuclei = not self._nuclei.num_px or self._nuclei.nuclei_px > 0
        if self._kept.has_nuclei and not has_nuclei:
            _log.warning(
                "nothing to learn: no nucleus in the batches that were looked at in epoch %d; "
                "background everywhere is the right answer to empty masks",
                self._epoch,
            )
        self._kept.has_nuclei = has_nuclei
        maps = self._maps.as_metrics()
        seen = self._nuclei.as_metrics()
        seen |= {name: maps[name] for name in _OF_MAPS if name in maps}
        return {f"train/{name}": value for name, value in seen.items()}
