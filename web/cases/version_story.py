"""How does the history of a case say that it moved to another version of its rules, or back?"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from reviews.models import Event, EventKind
from workflows.core.labels import sentence

STAGES = {"was": "new", "now": "left behind, finished"}
CLOCKS = {"was": "not running", "now": "ended"}


TURNS = {EventKind.VERSION_MOVED: "Moved", EventKind.VERSION_REVERTED: "Taken back"}


def version_title(event: Event) -> str:
    """Say from which version to which, or "" for an event of another kind."""
    if event.kind not in TURNS:
        return ""
    return f"{TURNS[event.kind]} from version {event.details['from']} of the rules to version {event.details['to']}"


def version_changes(event: Event) -> list[tuple[str, str]]:
    """Give the reason, and each stage and date that changed; nothing for an event of another kind."""
    if event.kind not in TURNS:
        return []
    details = event.details
    why = "Why" if event.kind is EventKind.VERSION_MOVED else "It had been moved because"
    stages = [(each["title"], f"{_stage(each, 'was')} → {_stage(each, 'now')}") for each in details["stages"]]
    clocks = [(each["title"], _clock(each)) for each in details["clocks"]]
    return [(why, details["reason"]), *stages, *clocks, *(("Note", said) for said in details.get("said", ()))]


def _stage(change: Mapping[str, Any], which: str) -> str:
    return sentence(change[which]) if change[which] else STAGES[which]


def _clock(change: Mapping[str, Any]) -> str:
    was, now = (_day(change[which]) or CLOCKS[which] for which in ("was", "now"))
    because = f", because {change['because']}" if change["because"] else ""
    return f"was {was}, now {now}{because}"


def _day(text: str | None) -> str:
    return f"{date.fromisoformat(text):%-d %B %Y}" if text else ""
