"""Progress in a terminal: a table that stays in place."""

from __future__ import annotations

import time

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from sweeper.cli.board import Board
from sweeper.cli.wording import clock, duration, ending, number, retrying, settings, short_name
from sweeper.engine.resources import Plan
from sweeper.spec import SweepSpec
from sweeper.study.events import Event, State, TrialEnded, TrialRetried
from sweeper.study.records import SweepRecord

__all__ = ["LiveWatcher", "state_style"]


def state_style(state: State) -> str:
    """The colour of a state."""
    styles = {
        State.COMPLETED: "green",
        State.PRUNED: "yellow",
        State.FAILED: "red",
        State.RUNNING: "cyan",
    }
    return styles.get(state, "dim")


class LiveWatcher:
    """Running trials, the best so far, the last endings and the time left; 80 columns suffice."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started_s = time.monotonic()
        self._board: Board | None = None
        self._phase = ""
        self._live = Live(
            console=console, refresh_per_second=4, get_renderable=self._render, transient=True
        )

    def __enter__(self) -> LiveWatcher:
        self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._live.stop()

    @property
    def name(self) -> str | None:
        """Of the sweep; None until trials start."""
        return self._board.spec.name if self._board is not None else None

    def phase(self, text: str) -> None:
        """Shown beside the spinner until trials run."""
        self._phase = text

    def note(self, text: str) -> None:
        """A line above the table."""
        self._console.print(Text(text, style="dim"))

    def warn(self, text: str) -> None:
        """A line above the table that catches the eye."""
        self._console.print(Text(text, style="bold red"))

    def begin(self, spec: SweepSpec, plan: Plan, record: SweepRecord, max_trials: int) -> None:
        """The frame of the sweep."""
        self._board = Board(spec, plan, record, max_trials)
        self.note(f"{max_trials} trials of up to {spec.budget.epochs} epochs, {plan}")

    def __call__(self, event: Event) -> None:
        """Takes an event in; endings also go above the table, to be scrolled back to."""
        if self._board is None:
            return
        self._phase = self._phase if self._phase.startswith("stopping") else ""
        row = self._board.rows.get(event.number)
        self._board.hear(event)
        if isinstance(event, TrialEnded):
            line = Text(f"#{event.number} ", style="bold")
            line.append(ending(event), style=state_style(event.state))
            if event.state is State.COMPLETED and row is not None:
                metric = self._board.spec.objectives[0].metric
                line.append(f"  {short_name(metric)} {number(row.latest.get(metric, ''))}")
            self._console.print(line)
        elif isinstance(event, TrialRetried):
            line = Text(f"#{event.number} ", style="bold")
            self._console.print(line.append(retrying(event), style="magenta"))

    def _render(self) -> RenderableType:
        parts: list[RenderableType] = []
        board = self._board
        if board is not None:
            parts += [self._header(board), self._table(board)]
        if self._phase:
            stamp = clock(time.monotonic() - self._started_s)
            parts.append(Spinner("dots", text=f"{self._phase}  {stamp}"))
        return Group(*parts)

    def _header(self, board: Board) -> RenderableType:
        counted = ", ".join(
            f"{board.counts[state]} {state}"
            for state in (State.COMPLETED, State.PRUNED, State.FAILED)
            if board.counts[state]
        )
        line = Text(f"{board.spec.name}  ", style="bold")
        line.append(f"{board.num_ended}/{board.max_trials} trials", style="default")
        line.append(f" ({counted})" if counted else "", style="dim")
        line.append(f"  {clock(board.elapsed_s)}", style="dim")
        eta_s = board.eta_s()
        if eta_s:
            line.append(f", about {duration(eta_s)} left", style="dim")
        best = Text("no trial completed yet", style="dim")
        if board.best is not None:
            metric = short_name(board.spec.objectives[0].metric)
            best = Text(f"best #{board.best[0]} {metric} {number(board.best[1])}", style="green")
        bar = Table.grid(expand=True)  # a bare bar does not end its line
        bar.add_row(ProgressBar(total=board.max_trials, completed=board.num_ended))
        return Group(line, best, bar)

    def _table(self, board: Board) -> RenderableType:
        table = Table(box=None, padding=(0, 1), expand=False, header_style="dim")
        for name in ("trial", "epoch", *map(short_name, board.metrics)):
            table.add_column(name, justify="right", no_wrap=True)
        # The only column that gives way where the terminal is narrow; cut, not wrapped.
        table.add_column("settings")
        for row in board.rows.values():
            values = [
                number(row.latest[metric]) if metric in row.latest else ""
                for metric in board.metrics
            ]
            varied = Text(settings(row.params), no_wrap=True, overflow="ellipsis")
            table.add_row(f"#{row.number}", f"{row.epoch}/{board.epochs}", *values, varied)
        return table
