"""What becomes known after a trial began, as tags: MLflow's parameters can't change."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sweeper.verdicts import Judgement

__all__ = ["AMENDED", "CHOSEN", "VERDICT", "choice_tags", "told_choice", "verdict_tags"]

# Of several long conditions; far below what MLflow takes for a tag.
_MAX_BECAUSE = 2000

#: Prefix of the tags that say what the trial chose itself, as of its newest epoch.
CHOSEN = "chosen."
#: Prefix of the tags of the newest amendment.
AMENDED = "amended."
#: Prefix of the tags that say what became of the trial.
VERDICT = "verdict"


def choice_tags(prefix: str, chosen: Mapping[str, Any], told: Iterable[str] = ()) -> dict[str, str]:
    """Tags that say what is chosen now, whatever was said before.

    Args:
        prefix: Of their names.
        chosen: JSON values by dotted path.
        told: Tags that may stand there; those of the prefix that no longer apply become empty,
            for tags can't be taken back together with other things.
    """
    gone = {name: "" for name in told if name.startswith(prefix)}
    return gone | {f"{prefix}{path}": _text(value) for path, value in chosen.items()}


def verdict_tags(judgement: Judgement) -> dict[str, str]:
    """Tags that say what became of a trial; one that is empty may be missing."""
    return {
        VERDICT: str(judgement.verdict),
        f"{VERDICT}.rule": judgement.rule,
        f"{VERDICT}.advice": judgement.advice,
        f"{VERDICT}.because": judgement.because[:_MAX_BECAUSE],
    }


def told_choice(prefix: str, tags: Mapping[str, str]) -> dict[str, str]:
    """What tags say is chosen: texts by tag, without those that no longer apply."""
    return {name: text for name, text in tags.items() if name.startswith(prefix) and text}


def _text(value: Any) -> str:
    """As people write it; never empty."""
    return value if isinstance(value, str) and value else json.dumps(value)
