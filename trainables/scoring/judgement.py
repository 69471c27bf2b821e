"""What the scores of a HoVer network say, in sentences. No torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sweeper.protocol import Estimate, SplitScores

__all__ = ["judge"]

_NOT_LEARNT = 0.95  # HV MSE as a share of that of predicting 0
_FLAT = 0.05
_LONG = 0.15
_GOOD_MAPS = 0.40
_TURNED_FRAC = 0.5
_POOR_AJI = 0.40
_GAP = 0.05
_CEILING = 0.85
_GAIN = 0.10


def judge(splits: Sequence[SplitScores]) -> list[str]:
    """Says what limits a network, the most important first; never empty.

    Args:
        splits: With the pooled `hv_...` scores where there are nuclei, and the means `aji`,
            `aji_true_np`, `aji_true_hv` and `aji_true_both`, see `trainables.hv.scoring`.
    """
    by_name = {split.name: split for split in splits}
    # What the network was trained on tells most about what it can't do.
    first = by_name.get("train", splits[0])
    last = next((split for split in reversed(splits) if split.name != "train"), first)
    found = list(_maps(first))
    if _has_nuclei(last):
        found += [*_overfitting(first, last), *_limits(last)]
    elif last is not first:
        found.append(
            f"no {last.name} image has a nucleus: scores there only tell whether something was "
            "found where nothing is"
        )
    return found or [_all_well(last)]


def _has_nuclei(split: SplitScores) -> bool:
    return "hv_magnitude" in split.pooled


def _maps(split: SplitScores) -> Iterator[str]:
    scores, name = _values(split.pooled), split.name
    if not _has_nuclei(split):
        yield f"no {name} image has a nucleus: the maps can't be judged"
        return
    length, aligned = scores["hv_magnitude"], scores["hv_magnitude_aligned"]
    ratio = scores.get("hv_mse_ratio", 0.0)
    told = f"magnitude {length:.2f}, aligned {aligned:.2f} on {name}"
    if length < _FLAT:
        yield (
            f"the HoVer maps are flat ({told}): the HV head has learnt nothing; look whether the "
            "vectors turn with the augmentation, then raise loss.lambda_hv"
        )
    elif length > _LONG and aligned < _TURNED_FRAC * length:
        yield (
            f"magnitude without direction ({told}): train longer if it was little, lower "
            "loss.hv_magnitude if it weighs anything, and look whether the vectors turn with the "
            "augmentation"
        )
    elif ratio >= _NOT_LEARNT:
        yield f"the HoVer maps are no better than zero (HV MSE ratio {ratio:.2f} on {name})"
    elif aligned < _GOOD_MAPS:
        yield f"the HoVer maps are weak ({told}): train longer, or raise loss.lambda_hv"


def _overfitting(train: SplitScores, held_out: SplitScores) -> Iterator[str]:
    if train is held_out or train.name != "train" or not _has_nuclei(train):
        return
    before, after = train.mean["aji"], held_out.mean["aji"]
    told = f"AJI {before.value:.2f} on train, {after.value:.2f} on {held_out.name}"
    if before.value - after.value > _GAP and _is_apart(after, before):
        yield f"it over-fits ({told}): more images or stronger augmentation, or a smaller network"
    elif before.value < _POOR_AJI:
        yield f"it fails on the images that it was trained on ({told}): this is not over-fitting"


def _limits(split: SplitScores) -> Iterator[str]:
    """Whether foreground, maps or decoding hold the AJI down."""
    scores, name = _values(split.mean), split.name
    aji, ceiling = scores["aji"], scores.get("aji_true_both", 1.0)
    if ceiling < _CEILING:
        yield (
            f"this decoding can't do it: even true maps and true foreground give AJI {ceiling:.2f} "
            f"on {name}; search another one with sweeper decode"
        )
        return
    with_np, with_hv = scores.get("aji_true_np", aji), scores.get("aji_true_hv", aji)
    told = f"AJI {aji:.2f} on {name} would be {with_np:.2f} with the true foreground"
    told += f", {with_hv:.2f} with true maps"
    if max(with_np, with_hv) - aji > _GAIN and abs(with_np - with_hv) <= _GAP:
        yield f"foreground and maps cost about the same: {told}"
    elif max(with_np, with_hv) - aji > _GAIN:
        part = "foreground (NP)" if with_np >= with_hv else "HoVer maps"
        yield f"most is lost in the {part}: {told}"
    elif aji < _POOR_AJI:
        yield f"foreground and maps are both to blame: {told}"


def _all_well(split: SplitScores) -> str:
    scores, maps = _values(split.mean), _values(split.pooled)
    aligned = maps["hv_magnitude_aligned"]
    return (
        f"nothing stands out: aligned magnitude {aligned:.2f}, AJI {scores['aji']:.2f}, "
        f"PQ {scores['pq']:.2f} on {split.name}"
    )


def _values(estimates: Mapping[str, Estimate]) -> dict[str, float]:
    return {name: estimate.value for name, estimate in estimates.items()}


def _is_apart(low: Estimate, high: Estimate) -> bool:
    """Whether the intervals do not touch; without intervals nothing is known."""
    return low.high is not None and high.low is not None and low.high < high.low
