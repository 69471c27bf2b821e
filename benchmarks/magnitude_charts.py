"""The runs of the magnitude study, as charts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import plotly.graph_objects as go
from magnitude_runs import Run
from plotly.subplots import make_subplots

__all__ = ["write_charts"]

_COLOURS = {"none": "#444444", "magnitude": "#c0392b", "aligned": "#2471a3"}
_AXES = [
    ("final", "magnitude", "magnitude at the end"),
    ("final", "aligned", "aligned magnitude at the end"),
    ("at_25", "magnitude", "magnitude at 25 %"),
    ("at_25", "aligned", "aligned magnitude at 25 %"),
    ("at_25", "default_aji", "AJI of the default decoding at 25 %"),
]


def write_charts(path: Path, runs: Sequence[Run]) -> None:
    """Writes one page: final AJI against each magnitude, a row for each kind of sweep."""
    sets = list(dict.fromkeys((run.data, run.seed is None) for run in runs))
    figure = make_subplots(
        rows=len(sets),
        cols=len(_AXES),
        shared_yaxes=True,
        horizontal_spacing=0.02,
        vertical_spacing=0.1,
    )
    for row, (data, is_broad) in enumerate(sets, start=1):
        for column, (moment, name, title) in enumerate(_AXES, start=1):
            for term, colour in _COLOURS.items():
                own = [
                    run
                    for run in runs
                    if (run.data, run.seed is None, run.term) == (data, is_broad, term)
                ]
                figure.add_trace(
                    go.Scatter(
                        x=[getattr(run, moment)[name] for run in own],
                        y=[run.final["aji"] for run in own],
                        text=[_label(run) for run in own],
                        mode="markers",
                        name=term,
                        legendgroup=term,
                        showlegend=row == column == 1,
                        marker={
                            "color": colour,
                            "opacity": 0.75,
                            "size": [7 + 2 * run.weight for run in own],
                        },
                    ),
                    row=row,
                    col=column,
                )
            figure.update_xaxes(title_text=title, row=row, col=column)
        figure.update_yaxes(title_text=f"{data}{', broad' * is_broad}: final AJI", row=row, col=1)
    figure.update_layout(
        template="plotly_white",
        width=1500,
        height=420 * len(sets),
        legend_title_text="term (larger: more weight)",
    )
    figure.write_html(path)


def _label(run: Run) -> str:
    seed = "" if run.seed is None else f", seed {run.seed}"
    return f"{run.term} {run.weight:g}, gradient {run.gradient:g}{seed}"
