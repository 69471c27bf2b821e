"""What a collapsed network is, and when a training has become one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from trainables.losses import HVStatistics, NPStatistics

__all__ = ["Finding", "Streak", "judge_maps", "judge_nuclei"]

# Equal to the defaults of `sweeper.pruning.CollapsePruner`; a test compares the two.
_NO_GAIN = 0.95
_NO_CONTRAST = 0.05
_NO_ALIGNMENT = 0.05
_LOW_RATIO = 0.1

_TO_COLLAPSE = 10
_STEPS_TO_COLLAPSE = 100
_TO_RECOVER = 3
_PROGRESS = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a head was found to answer.

    Attributes:
        collapsed: Whether its answer knows nothing of the image.
        loss: What the answer costs: cross-entropy, or squared error of the HV maps.
        ratio: The same, of what the best constant (HV maps: zero) costs.
        what: What it answers, in words.
        evidence: The numbers, in words.
    """

    collapsed: bool
    loss: float
    ratio: float
    what: str
    evidence: str


def judge_nuclei(seen: NPStatistics) -> Finding | None:
    """Whether the nuclei map has collapsed.

    It has if it costs at least 0.95 of what the best constant costs AND is on nuclei less than 0.05
    above background. Neither is enough alone: what focal and Dice losses train costs more than a
    constant and finds the nuclei all the same, and over sparse nuclei a network that has just begun
    to find them has a small contrast, but costs far less than a constant. The mean prediction
    only tells in which way it has collapsed; over sparse nuclei it is small when all is well.

    Args:
        seen: Any pixels.

    Returns:
        None where there is nothing to tell apart: all pixels in nuclei, or none.
    """
    ratio, contrast = seen.np_bce_ratio, seen.np_contrast
    pred, target = seen.pred_mean, seen.target_mean
    if ratio is None or contrast is None or pred is None or target is None:
        return None
    return Finding(
        collapsed=ratio >= _NO_GAIN and contrast < _NO_CONTRAST,
        loss=seen.cross_entropy_sum / seen.num_px,
        ratio=ratio,
        what=f"predicts {_side(pred, target)}",
        evidence=(
            f"mean prediction {pred:.2g} for {target:.2g} of nuclei, {contrast:.2f} higher on "
            f"nuclei than elsewhere, cross-entropy {ratio:.2f} x that of the best constant"
        ),
    )


def judge_maps(seen: HVStatistics) -> Finding | None:
    """Whether the HV maps have collapsed.

    They have if their squared error is at least 0.95 of that of predicting zero AND less than 0.05
    of their length points the true way: maps of the wrong scale cost much and decode well.

    Args:
        seen: Any pixels.

    Returns:
        None without nuclei, and where all true vectors are 0.
    """
    ratio, aligned = seen.hv_mse_ratio, seen.hv_magnitude_aligned
    if ratio is None or aligned is None:
        return None
    return Finding(
        collapsed=ratio >= _NO_GAIN and aligned < _NO_ALIGNMENT,
        loss=seen.squared_error_sum / seen.num_px,
        ratio=ratio,
        what="predicts HV maps that know no direction",
        evidence=(
            f"squared error {ratio:.2f} x that of predicting zero, {aligned:.2f} of the vectors' "
            f"length points the true way, of {seen.hv_magnitude_target:.2f} in the targets"
        ),
    )


def _side(pred: float, target: float) -> str:
    if pred < _LOW_RATIO * target:
        return "background everywhere"
    if pred > 1 - _LOW_RATIO * (1 - target):
        return "nuclei everywhere"
    return "nearly the same everywhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Streak:
    """Whether a head counts as collapsed, and the newest looks that say otherwise.

    One look is a batch and may err, and a network that has not learnt yet is no collapsed one. So a
    change takes several looks in a row: ten collapsed ones over at least 100 steps, none of which
    costs a tenth less than the first of them; three of the others. Costs less: the loss itself and
    its ratio, each of which wavers in its way with the share of nuclei pixels in a batch.

    Attributes:
        collapsed: The state.
        looks: Newest looks in a row that contradict the state.
        since: Step of the first of them, or of those that made the state what it is; counted from 0
            over all epochs.
        loss: What the first of them cost.
        ratio: The same, of what knowing nothing costs.
    """

    collapsed: bool = False
    looks: int = 0
    since: int = 0
    loss: float = 0.0
    ratio: float = 0.0

    def after(self, finding: Finding, step: int) -> Streak:
        """The streak after one more look.

        Args:
            finding: What was seen.
            step: Counted from 0 over all epochs.
        """
        if finding.collapsed == self.collapsed:
            return replace(self, looks=0)
        if self.looks and not (finding.collapsed and self._is_beaten_by(finding)):
            run = replace(self, looks=self.looks + 1)
        else:
            run = replace(self, looks=1, since=step, loss=finding.loss, ratio=finding.ratio)
        if finding.collapsed:
            lasts = run.looks >= _TO_COLLAPSE and step - run.since >= _STEPS_TO_COLLAPSE
        else:
            lasts = run.looks >= _TO_RECOVER
        return replace(run, collapsed=finding.collapsed, looks=0) if lasts else run

    def _is_beaten_by(self, finding: Finding) -> bool:
        return finding.loss < _PROGRESS * self.loss and finding.ratio < _PROGRESS * self.ratio
