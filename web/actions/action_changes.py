"""How does the history tell that the particulars or a rating of an action changed?"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from reviews.actions.particulars import KINDS
from reviews.models import Event, EventKind

LABELS = {"deputy_id": "Deputy", "kind": "Kind", "start_on": "Begins on", "review_on": "Looked at again on"}
NOTHING = {"deputy_id": "nobody", "kind": "not said", "start_on": "not set", "review_on": "not set"}


def arranged(event: Event, names: Mapping[int, str]) -> Iterator[tuple[str, str]]:
    """Tell each particular as it is now, and as it was; `names` are those of the people mentioned by number."""
    if event.kind is not EventKind.ACTION_CHANGED:
        return
    before, now = event.details.get("before", {}), event.details.get("now", {})
    for name, label in LABELS.items():
        if name in now:
            yield label, f"{_said(name, now[name], names)} (before: {_said(name, before.get(name), names)})"


def rating_title(event: Event) -> str:
    said = event.details.get("rating", {})
    if said.get("who") == "chair":
        return f"Rated {said['now']} by the chair" if said["now"] else "The chair's rating was taken back"
    return f"Assessed as {said.get('now')}" if said.get("now") else "The assessment was taken back"


def rated(event: Event) -> Iterator[tuple[str, str]]:
    """Tell why a rating was said, and what it said before."""
    if event.kind is not EventKind.RATING_SAID:
        return
    said = event.details.get("rating", {})
    if said.get("reason"):
        yield "Why", said["reason"]
    if said.get("before"):
        yield "Before", said["before"]


def _said(name: str, value: Any, names: Mapping[int, str]) -> str:
    if not value:
        return NOTHING[name]
    if name == "deputy_id":
        return names.get(value, "somebody")
    return KINDS.get(value, value) if name == "kind" else f"{date.fromisoformat(value):%-d %B %Y}"
