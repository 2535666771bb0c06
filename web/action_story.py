"""How is one entry of an action's history told?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from reviews.clock import local_day
from reviews.models import Event, EventKind
from workflows.definitions.action import ACTION
from workflows.vocabulary import Kind
from workflows.words import sentence

TITLES = {
    EventKind.ACTION_ADDED: "Added to the plan",
    EventKind.ACTION_IMPORTED: "Brought in from a tracker",
    EventKind.ACTION_CHANGED: "Changed by a tracker that was brought in again",
    EventKind.EVIDENCE_ADDED: "Evidence added",
}
TOLD_ELSEWHERE = frozenset({"update"})
"""Facts that the page shows in a list of their own."""


@dataclass(frozen=True, slots=True)
class Story:
    """What happened, the day it happened, the moment it was written down, by whom, and what was said."""

    title: str
    happened_on: date
    recorded_at: datetime
    by: str
    said: Sequence[tuple[str, str]]
    led_to: str

    @property
    def at_once(self) -> bool:
        """Whether it was written down on the day it happened."""
        return local_day(self.recorded_at) == self.happened_on


def story(event: Event, names: Mapping[int, str]) -> Story:
    """Tell an event; `names` are those of the people it mentions by number."""
    moved = event.to_stage is not None and event.to_stage != event.from_stage
    return Story(
        title=_title(event, names),
        happened_on=event.happened_on,
        recorded_at=event.recorded_at,
        by=name_in(event.recorded_by),
        said=list(_said(event)),
        led_to=event.to_stage if moved and event.to_stage else "",
    )


def name_in(signature: str) -> str:
    """Give the name out of `Name <address>`."""
    return signature.partition(" <")[0]


def _title(event: Event, names: Mapping[int, str]) -> str:
    if event.kind is EventKind.ACTION_ASSIGNED:
        return f"Given to {names.get(event.details.get('owner', 0), 'an owner')}"
    step = ACTION.step(event.step or "")
    return step.title if step else TITLES.get(event.kind, sentence(event.kind.value))


def _said(event: Event) -> Iterable[tuple[str, str]]:
    if event.kind is EventKind.ACTION_EXTENDED:
        yield "Due before", _day(event.details.get("previous", ""))
    for name, asked in ACTION.asks.items():
        if name in event.details and name not in TOLD_ELSEWHERE:
            text = str(event.details[name])
            yield asked.label, _day(text) if asked.kind is Kind.DAY else text


def _day(text: str) -> str:
    return f"{date.fromisoformat(text):%-d %B %Y}" if text else ""
