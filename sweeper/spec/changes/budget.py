"""More trials and hours, or fewer; never other epochs."""

from __future__ import annotations

from collections.abc import Iterator

from sweeper.spec.changes.change import Change, History
from sweeper.spec.differences import brief
from sweeper.spec.sweep_spec import SweepSpec

__all__ = ["changes_of_budget"]


def changes_of_budget(before: SweepSpec, after: SweepSpec, history: History) -> Iterator[Change]:
    """What the file asks for against what holds, `resume --trials` and `--hours` included.

    A number that the file has not changed stays out of it: what `resume` added to it is kept. One
    that it has changed is what the sweep shall have in all.
    """
    old, new = before.budget, after.budget
    if new.trials not in (old.trials, history.max_trials):
        yield _trials(old.trials, new.trials, history)
    if new.epochs != old.epochs:
        yield Change(
            path=("budget", "epochs"),
            words=f"{old.epochs} -> {new.epochs}",
            refusal="scores after other numbers of epochs can't be compared",
        )
    if new.hours not in (old.hours, history.max_hours):
        yield _hours(old.hours, new.hours, history)


def _trials(old: int, new: int, history: History) -> Change:
    words = f"{history.max_trials} -> {new}"
    if old != history.max_trials:
        words += f" ({old} in the file before, then `resume --trials`)"
    refusal = ""
    if new < history.num_begun + history.num_queued:
        begun = f"{history.num_begun} {'has' if history.num_begun == 1 else 'have'} begun already"
        queued = f" and {history.num_queued} wait to be tried first" if history.num_queued else ""
        refusal = f"{begun}{queued}"
    return Change(path=("budget", "trials"), words=words, refusal=refusal)


def _hours(old: float | None, new: float | None, history: History) -> Change:
    before = "no limit" if history.max_hours is None else brief(history.max_hours)
    words = f"{before} -> {'no limit' if new is None else brief(new)}"
    if old != history.max_hours:
        words += f" ({'no limit' if old is None else brief(old)} in the file before, then `resume"
        words += " --hours`)"
    if new is not None and new <= history.spent_hours:
        words += f" (all used up: {history.spent_hours:.2g} h so far)"
    return Change(path=("budget", "hours"), words=words)
