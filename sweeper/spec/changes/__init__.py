"""What differs between two specs of a sweep, and which of it the sweep can take over.

=========================== ====================================================================
Setting                     Can be taken over
=========================== ====================================================================
budget.trials               more; fewer, if not fewer than there are already
budget.hours                always
low, high, step in space    while the range holds the values of all trials so far
constraints                 removed; added, if all trials so far keep to them
start                       more sets; others only if no trial has begun with them
sampler                     always, except from or to a grid
pruning                     always; trials that have ended stay as they are
verdicts                    always; trials that have ended are judged again
resources, faults           always
name                        never looked at: it says which sweep is meant
everything else             never; each refusal says why
=========================== ====================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sweeper.spec.changes.budget import changes_of_budget
from sweeper.spec.changes.change import Change, History
from sweeper.spec.changes.constraints import changes_of_constraints
from sweeper.spec.changes.sections import (
    changes_of_objectives,
    changes_of_pruning,
    changes_of_sampler,
    leaf_changes,
)
from sweeper.spec.changes.space import changes_of_space, merged_space
from sweeper.spec.changes.start import changes_of_start
from sweeper.spec.changes.verdicts import changes_of_verdicts
from sweeper.spec.sweep_spec import SweepSpec

__all__ = ["Change", "History", "find_changes", "merge_specs"]

#: Sections of which any setting may change, or none; and then why not.
_PLAIN_SECTIONS = {
    "trainable": "the trials so far were trained by other code",
    "family": "it names the MLflow experiment that holds the trials so far",
    "seed": "every random draw of the trials so far follows from it",
    "data": "scores on other data can't be compared",
    "fixed": "the trials so far were trained with another value",
    "resources": "",
    "faults": "",
}
_Rule = Callable[[SweepSpec, SweepSpec, History], Iterator[Change]]
_RULES: dict[str, _Rule] = {
    "space": changes_of_space,
    "constraints": changes_of_constraints,
    "start": changes_of_start,
    "objectives": lambda before, after, _: changes_of_objectives(before, after),
    "sampler": lambda before, after, _: changes_of_sampler(before, after),
    "pruning": lambda before, after, _: changes_of_pruning(before, after),
    "verdicts": lambda before, after, _: changes_of_verdicts(before, after),
    "budget": changes_of_budget,
}


def find_changes(before: SweepSpec, after: SweepSpec, history: History) -> list[Change]:
    """All that differs, in the order of sections.

    Args:
        before: What the sweep runs with.
        after: What the file asks for now.
        history: What the sweep has done so far.
    """
    found: list[Change] = []
    for name in SweepSpec.model_fields:
        if name in _RULES:
            found += _RULES[name](before, after, history)
        elif name != "name":
            one, other = getattr(before, name), getattr(after, name)
            found += leaf_changes(one, other, name, _PLAIN_SECTIONS[name])
    return found


def merge_specs(before: SweepSpec, after: SweepSpec) -> SweepSpec:
    """What the sweep goes on with; nothing that differs may have been refused."""
    free = {name for name, refusal in _PLAIN_SECTIONS.items() if not refusal}
    free |= {"constraints", "start", "sampler", "pruning", "verdicts", "budget"}
    taken = {name: getattr(after, name) for name in SweepSpec.model_fields if name in free}
    return before.model_copy(update={**taken, "space": merged_space(before, after)})
