"""What the runs of the magnitude study say, as tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from magnitude_runs import EARLY_EPOCHS, Run
from rich.console import Console
from rich.table import Table
from scipy import stats

__all__ = ["print_tables"]

_DRAWS = 2000
_TERMS = ("none", "magnitude", "aligned")
#: Early metrics and which way is good. The early AJI is that of the default decoding: how far an
#: early search comes depends on the speed of the machine.
_SIGNS = {"magnitude": 1, "aligned": 1, "mse_ratio": -1, "default_aji": 1}


def print_tables(runs: Sequence[Run]) -> None:
    """Prints, for each data set, what the weights changed and what early metrics foretell."""
    console = Console(width=100)
    for data in dict.fromkeys(run.data for run in runs):
        own = [run for run in runs if run.data == data and run.seed is not None]
        broad = [run for run in runs if run.data == data and run.seed is None]
        console.print(_weights_table(data, own))
        console.print(_gradients_table(data, own))
        console.print(_foresight_table(f"{data}, weights", own))
        console.print(_foresight_table(f"{data}, broad", broad))
    console.print(
        "+-: half of the 95 % t-interval over runs; of rank correlations: 95 % by bootstrap over "
        "runs. Difference: to 'none', or to the first gradient weight, all else and the sweep's "
        "seed the same. Worst quarter: by the early metric; best lost: by how much the best run "
        "would be worse if that quarter had been stopped."
    )


def _weights_table(data: str, runs: Sequence[Run]) -> Table:
    table = _table(
        f"{data}: terms beside hv_mse = 1, over gradient weights and seeds",
        ["term", "runs", "magnitude", "aligned", "AJI", "difference in AJI"],
    )
    none = {(run.seed, run.gradient): run.final["aji"] for run in runs if run.term == "none"}
    for term, weight in _levels(runs):
        own = [run for run in runs if (run.term, run.weight) == (term, weight)]
        gaps = [run.final["aji"] - none[run.seed, run.gradient] for run in own]
        table.add_row(
            term if term == "none" else f"{term} {weight:g}",
            str(len(own)),
            *(_interval(own, name) for name in ("magnitude", "aligned", "aji")),
            "" if term == "none" else _spelt(gaps, sign="+"),
        )
    return table


def _gradients_table(data: str, runs: Sequence[Run]) -> Table:
    table = _table(
        f"{data}: gradient weights, over all terms and seeds",
        ["gradient", "runs", "magnitude", "aligned", "AJI", "difference in AJI"],
    )
    least = min(run.gradient for run in runs)
    first = {_pair(run): run.final["aji"] for run in runs if run.gradient == least}
    for gradient in sorted({run.gradient for run in runs}):
        own = [run for run in runs if run.gradient == gradient]
        gaps = [run.final["aji"] - first[_pair(run)] for run in own]
        table.add_row(
            f"{gradient:g}",
            str(len(own)),
            *(_interval(own, name) for name in ("magnitude", "aligned", "aji")),
            "" if gradient == least else _spelt(gaps, sign="+"),
        )
    return table


def _pair(run: Run) -> tuple[int | None, str, float]:
    return run.seed, run.term, run.weight


def _foresight_table(title: str, runs: Sequence[Run]) -> Table:
    """Spearman's rank correlation with the final AJI, and what pruning the worse half would do."""
    final = np.array([run.final["aji"] for run in runs])
    spread = f"{final.min():.3f} to {final.max():.3f}"
    table = _table(
        f"{title}: early metrics of {len(runs)} runs and their final AJI ({spread})",
        ["metric", "at", "rank correlation", "worst quarter ended at", "others", "best lost"],
    )
    for name, sign in _SIGNS.items():
        for moment in EARLY_EPOCHS:
            early = sign * np.array([getattr(run, moment)[name] for run in runs])
            kept = early > np.quantile(early, 0.25)
            table.add_row(
                name if sign > 0 else f"-{name}",
                moment.removeprefix("at_") + " %",
                _correlation(early, final),
                f"{final[~kept].mean():.3f}",
                f"{final[kept].mean():.3f}",
                f"{final.max() - final[kept].max():.3f}",
            )
    return table


def _levels(runs: Sequence[Run]) -> list[tuple[str, float]]:
    return sorted(
        {(run.term, run.weight) for run in runs}, key=lambda it: (_TERMS.index(it[0]), it[1])
    )


def _interval(runs: Sequence[Run], name: str) -> str:
    return _spelt([run.final[name] for run in runs])


def _spelt(values: Sequence[float], sign: str = "") -> str:
    half = stats.sem(values) * stats.t.ppf(0.975, len(values) - 1) if len(values) > 1 else np.nan
    return f"{np.mean(values):{sign}.3f} +- {half:.3f}"


def _correlation(early: np.ndarray, final: np.ndarray) -> str:
    rho = stats.spearmanr(early, final).statistic
    low, high = _bootstrap(
        lambda items: stats.spearmanr(early[items], final[items]).statistic, len(final)
    )
    return f"{rho:+.2f} ({low:+.2f} ... {high:+.2f})"


def _bootstrap(statistic: Callable[[np.ndarray], float], num: int) -> tuple[float, float]:
    rng = np.random.default_rng(0)
    drawn = [statistic(rng.integers(num, size=num)) for _ in range(_DRAWS)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2))
    for column in columns:
        table.add_column(column)
    return table
