"""Costs and learning curves of losses as a page that needs no network."""

from __future__ import annotations

import statistics
from pathlib import Path

import plotly.graph_objects as go
from loss_costs import SIZES, Cost
from loss_learning import GOAL, Learning
from plotly.subplots import make_subplots

__all__ = ["write_chart"]

MIB = 2**20
# Okabe and Ito, doi 10.1038/nmeth.1618: told apart with any colour vision.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#444444")
DASHES = ("solid", "dash")


def write_chart(
    path: Path, costs: dict[tuple[str, str], Cost], curves: dict[str, list[Learning]]
) -> None:
    """Writes milliseconds, memory, and mean Dice by epoch."""
    figure = make_subplots(
        rows=1,
        cols=3,
        subplot_titles=("ms per step", "peak MiB per step", "mean Dice over seeds, by epoch"),
        column_widths=[0.25, 0.25, 0.5],
    )
    _add_costs(figure, costs)
    _add_curves(figure, curves)
    figure.update_xaxes(type="log", row=1, col=1)
    figure.update_layout(height=620, barmode="group", template="plotly_white")
    figure.write_html(path, include_plotlyjs=True, config={"displaylogo": False})


def _add_costs(figure: go.Figure, costs: dict[tuple[str, str], Cost]) -> None:
    for colour, dims in zip(COLOURS, SIZES, strict=False):
        found = {kind: cost for (kind, at), cost in costs.items() if at == dims}
        kinds = list(found)[::-1]
        values = {
            1: [found[kind].ms for kind in kinds],
            2: [found[kind].peak_bytes / MIB for kind in kinds],
        }
        for column, numbers in values.items():
            bar = go.Bar(
                x=numbers,
                y=kinds,
                orientation="h",
                name=dims,
                legendgroup=dims,
                showlegend=column == 1,
                marker_color=colour,
            )
            figure.add_trace(bar, row=1, col=column)


def _add_curves(figure: go.Figure, curves: dict[str, list[Learning]]) -> None:
    for number, (name, found) in enumerate(curves.items()):
        means = [statistics.mean(at) for at in zip(*(one.dices for one in found), strict=True)]
        line = {
            "color": COLOURS[number % len(COLOURS)],
            "dash": DASHES[number // len(COLOURS) % len(DASHES)],
        }
        epochs = list(range(1, len(means) + 1))
        figure.add_trace(go.Scatter(x=epochs, y=means, name=name, line=line), row=1, col=3)
    if curves:
        figure.add_hline(y=GOAL, line_dash="dot", line_color="#7b8794", row=1, col=3)
