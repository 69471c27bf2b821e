"""Score against each setting of a decoding, as a page that needs no network."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from sweeper.decoding.panels import Group, Panel, constants, find_groups, find_panels, shown
from sweeper.decoding.ranking import optimism, ranked
from sweeper.protocol import DecodingTable

__all__ = ["write_plot"]

# Okabe and Ito, doi 10.1038/nmeth.1618: told apart with any colour vision.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#a0a000", "#444444")
_INK = "#1f2933"
_FAINT = "#7b8794"
_MAX_COLUMNS = 3
_PANEL_PX = 350
_GAP_PX = 85
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def write_plot(path: Path, title: str, table: DecodingTable) -> None:
    """Writes a page with a panel for each setting that varies.

    Args:
        path: Of the file.
        title: What was searched on.
        table: What was found.
    """
    figure = _figure(title, table)
    figure.write_html(
        path,
        include_plotlyjs=True,
        config={"displaylogo": False, "responsive": True},
        default_width="100%",
    )


def _figure(title: str, table: DecodingTable) -> Any:
    from plotly.subplots import make_subplots

    panels = find_panels(table) or [_only_panel(table)]
    columns = min(_MAX_COLUMNS, len(panels)) if len(panels) != 4 else 2
    rows = -(-len(panels) // columns)
    figure = make_subplots(
        rows=rows,
        cols=columns,
        shared_yaxes="all",
        horizontal_spacing=0.04,
        vertical_spacing=_GAP_PX / (_PANEL_PX * rows) if rows > 1 else 0.0,
    )
    groups = find_groups(table)
    for number, panel in enumerate(panels):
        place = {"row": number // columns + 1, "col": number % columns + 1}
        for colour, group in zip(_COLOURS * len(groups), groups, strict=False):
            for trace in _traces(table, panel, group, colour, is_first=number == 0):
                figure.add_trace(trace, **place)
        for trace in _marks(table, panel, is_first=number == 0):
            figure.add_trace(trace, **place)
        figure.update_xaxes(title_text=f"<b>{escape(panel.path)}</b>", **place)
        if not panel.is_numeric:
            ends = [-0.6, len(set(panel.values.values())) - 0.4]
            figure.update_xaxes(type="category", range=ends, autorange=False, **place)
        honest = {"color": _INK, "width": 1, "dash": "dot"}
        figure.add_hline(y=table.honest[table.choose_by], line=honest, **place)
        if place["col"] == 1:
            figure.update_yaxes(title_text=escape(table.choose_by), **place)
    _lay_out(figure, table, title, rows)
    return figure


def _only_panel(table: DecodingTable) -> Panel:
    """What is shown of a single decoding."""
    indices = range(len(table.tried))
    return Panel(path="decoding", is_numeric=True, values=dict(zip(indices, indices, strict=True)))


def _traces(
    table: DecodingTable, panel: Panel, group: Group, colour: str, *, is_first: bool
) -> list[Any]:
    import plotly.graph_objects as go

    indices = [index for index in group.indices if index in panel.values]
    scores = [table.tried[index].scores[table.choose_by] for index in indices]
    points = go.Scatter(
        x=[panel.values[index] for index in indices],
        y=scores,
        mode="markers",
        name=escape(group.label) or "tried",
        legendgroup=group.label,
        showlegend=is_first or not _in_first_panel(table, group),
        marker={"color": colour, "size": 7, "opacity": 0.5, "line": {"width": 0}},
        text=[_hover(table, index) for index in indices],
        hovertemplate="%{text}<extra></extra>",
    )
    return [
        points,
        *(_best_line(table, panel, indices, (colour, group.label)) if group.is_grid else []),
    ]


def _in_first_panel(table: DecodingTable, group: Group) -> bool:
    panels = find_panels(table) or [_only_panel(table)]
    return any(index in panels[0].values for index in group.indices)


def _best_line(
    table: DecodingTable, panel: Panel, indices: Sequence[int], look: tuple[str, str]
) -> list[Any]:
    """The best score at each value: what the setting can do if the others are right."""
    import plotly.graph_objects as go

    best: dict[Any, float] = {}
    pick = max if table.goal == "maximize" else min
    for index in indices:
        score = table.tried[index].scores[table.choose_by]
        value = panel.values[index]
        best[value] = pick(score, best.get(value, score))
    if not panel.is_numeric or len(best) == 1:
        return []
    line = sorted(best.items())
    return [
        go.Scatter(
            x=[value for value, _ in line],
            y=[score for _, score in line],
            mode="lines",
            line={"color": look[0], "width": 2},
            legendgroup=look[1],
            showlegend=False,
            hoverinfo="skip",
        )
    ]


def _marks(table: DecodingTable, panel: Panel, *, is_first: bool) -> list[Any]:
    """The default and the chosen decoding."""
    import plotly.graph_objects as go

    wanted = [(0, "default", "diamond-open", 12), (table.chosen, "chosen", "star", 16)]
    return [
        go.Scatter(
            x=[panel.values[index]] if index in panel.values else [None],
            y=[table.tried[index].scores[table.choose_by]],
            mode="markers",
            name=name,
            legendgroup=name,
            showlegend=is_first,
            marker={
                "symbol": symbol,
                "size": size,
                "color": "#f5c518" if name == "chosen" else _INK,
                "line": {"color": _INK, "width": 1.5},
            },
            text=[f"<b>{name}</b><br>{_hover(table, index)}"],
            hovertemplate="%{text}<extra></extra>",
        )
        for index, name, symbol, size in wanted
    ]


def _hover(table: DecodingTable, index: int) -> str:
    decoding = table.tried[index]
    scores = [f"{escape(name)} <b>{value:.4f}</b>" for name, value in decoding.scores.items()]
    settings = [f"{escape(path)} = {escape(shown(v))}" for path, v in decoding.settings.items()]
    return "<br>".join([*scores[:4], *settings])


def _lay_out(figure: Any, table: DecodingTable, title: str, rows: int) -> None:
    figure.update_layout(
        template="plotly_white",
        font={"family": _FONT, "size": 13, "color": _INK},
        title={
            "text": f"<b>{escape(title)}</b>",
            "subtitle": {"text": _subtitle(table), "font": {"size": 13, "color": _FAINT}},
            "x": 0.0,
            "xref": "paper",
            "yref": "container",
            "y": 1.0,
            "yanchor": "top",
            "pad": {"t": 16},
        },
        height=225 + _PANEL_PX * rows,
        margin={"l": 70, "r": 30, "t": 165, "b": 60},
        legend={
            "orientation": "h",
            "x": 0.0,
            "y": 1.0,
            "yref": "paper",
            "yanchor": "bottom",
            "itemsizing": "constant",
        },
        hoverlabel={"align": "left", "bgcolor": "white", "font": {"family": _FONT}},
        updatemenus=[_zoom(table)] if len(table.tried) > 3 else [],
    )
    figure.update_xaxes(showline=True, linecolor=_FAINT, ticks="outside", zeroline=False)
    figure.update_yaxes(showline=True, linecolor=_FAINT, ticks="outside", zeroline=False)


def _subtitle(table: DecodingTable) -> str:
    name = table.choose_by
    default, honest = table.default[name], table.honest[name]
    parts = [
        f"{escape(table.criterion)}: {len(table.tried)} decodings of {table.num_images} images"
        + ("; lines join the best at each value" if _has_lines(table) else ""),
        f"default {default:.4f}, honest best {honest:.4f} (dotted), "
        f"optimistic {table.optimistic[name]:.4f}, optimism {optimism(table):.4f}",
    ]
    alike = ", ".join(f"{escape(p)} = {escape(shown(v))}" for p, v in constants(table).items())
    return "<br>".join([*parts, *([f"the same in all: {alike}"] if alike else [])])


def _has_lines(table: DecodingTable) -> bool:
    return any(group.is_grid for group in find_groups(table))


def _zoom(table: DecodingTable) -> dict[str, Any]:
    """Buttons: hopeless decodings squeeze the others into a stripe."""
    order = ranked(table)
    scores = [table.tried[index].scores[table.choose_by] for index in order]
    near = [*scores[: max(2, len(scores) // 2)], table.honest[table.choose_by], scores[0]]
    return {
        "type": "buttons",
        "direction": "right",
        "x": 1.0,
        "xanchor": "right",
        "y": 1.0,
        "yanchor": "bottom",
        "pad": {"b": 6},
        "buttons": [
            {"label": label, "method": "relayout", "args": [_y_ranges(table, values)]}
            for label, values in (
                ("all", [*scores, table.honest[table.choose_by]]),
                ("better half", near),
            )
        ],
    }


def _y_ranges(table: DecodingTable, values: Sequence[float]) -> dict[str, list[float]]:
    low, high = min(values), max(values)
    margin = 0.06 * (high - low) or 0.01
    count = len(find_panels(table)) or 1
    return {
        f"yaxis{'' if number == 1 else number}.range": [low - margin, high + margin]
        for number in range(1, count + 1)
    }
