"""How is one entry of an action's history told?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from reviews.actions.details import ACTION_KINDS
from reviews.core.clock import local_day
from reviews.models import Event, EventKind
from workflows.core.labels import sentence
from workflows.core.questions import Kind
from workflows.definitions.action import ACTION

LABELS = {"deputy_id": "Deputy", "kind": "Kind", "start_on": "Begins on", "review_on": "Looked at again on"}
EMPTY_VALUES = {"deputy_id": "nobody", "kind": "not said", "start_on": "not set", "review_on": "not set"}


def arranged(event: Event, names: Mapping[int, str]) -> Iterator[tuple[str, str]]:
    """Tell each particular as it is now, and as it was; `names` are those of the people mentioned by number."""
    if event.kind is not EventKind.ACTION_CHANGED:
        return
    before, now = event.details.get("before", {}), event.details.get("now", {})
    for name, label in LABELS.items():
        if name in now:
            yield (
                label,
                f"{_value_in_words(name, now[name], names)} (before: {_value_in_words(name, before.get(name), names)})",
            )


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


def _value_in_words(name: str, value: Any, names: Mapping[int, str]) -> str:
    if not value:
        return EMPTY_VALUES[name]
    if name == "deputy_id":
        return names.get(value, "somebody")
    return ACTION_KINDS.get(value, value) if name == "kind" else f"{date.fromisoformat(value):%-d %B %Y}"


TITLES = {
    EventKind.ACTION_ADDED: "Added to the plan",
    EventKind.ACTION_IMPORTED: "Brought in from a tracker",
    EventKind.EVIDENCE_WITHDRAWN: "Evidence withdrawn",
    EventKind.ACTION_CHANGED: "Changed by a tracker that was brought in again",
    EventKind.IMPORT_UNDONE: "An import was undone",
    EventKind.EVIDENCE_ADDED: "Evidence added",
    EventKind.EVIDENCE_READ: "A file of the evidence was downloaded",
    EventKind.ANSWERED_BY_LINK: "Answered by a link",
    EventKind.ANSWER_UNDONE: "An answer by a link was taken back",
    EventKind.NOT_MINE_SAID: "Said not to be theirs",
    EventKind.ASSURANCE_GIVEN: "Somebody other than the owner looked",
    EventKind.ACTION_SNOOZED: "To be reminded later: its date stays",
}
OTHERWISE_CHANGED = {
    "now": "What is kept of it changed",
    "agency_was": "Moved with an agency that was renamed, merged or split",
    "previous_deputy": "Without a deputy: theirs has left",
}
"""What else an action is changed by, known by what its history keeps."""
SHARED: Mapping[EventKind, str] = {
    EventKind.ANSWER_ADDED: "Answers {recommendation} too",
    EventKind.ANSWER_REMOVED: "No longer answers {recommendation}",
    EventKind.PART_ADDED: "{strand} has a part in it",
    EventKind.PART_NOTED: "{strand} says how its part comes on",
    EventKind.PART_ENDED: "The part of {strand} ended",
    EventKind.PART_REOPENED: "The part of {strand} opened again",
}
"""Of the recommendations it answers and the agencies that share it."""
NO_NAMES: Mapping[int, str] = MappingProxyType({})
PLAINLY = {
    "strand_note": "Note",
    "part": "For the part of",
    "withdrawn_reason": "Why",
    "agency_was": "Before",
    "link_answer": "Answer",
    "link_words": "In their words",
}
"""What the history keeps besides the facts of a step, and how it is called."""
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


def story(event: Event, names: Mapping[int, str], asked: Mapping[int, str] = NO_NAMES) -> Story:
    """Tell an event; `names` are those of the people it mentions by number, `asked` those of the recommendations."""
    moved = event.to_stage is not None and event.to_stage != event.from_stage
    return Story(
        title=_title(event, names, asked),
        happened_on=event.happened_on,
        recorded_at=event.recorded_at,
        by=name_in(event.recorded_by),
        said=[*_details_in_words(event), *arranged(event, names), *rated(event)],
        led_to=event.to_stage if moved and event.to_stage else "",
    )


def name_in(signature: str) -> str:
    """Give the name out of `Name <address>`."""
    return signature.partition(" <")[0]


def _title(event: Event, names: Mapping[int, str], asked: Mapping[int, str]) -> str:
    if event.kind in SHARED:
        recommendation = asked.get(event.details.get("recommendation_id", 0), "one more recommendation")
        return SHARED[event.kind].format_map({"strand": "", "recommendation": recommendation} | event.details)
    if event.kind in (EventKind.ACTION_ASSIGNED, EventKind.ACTION_PARKED):
        return _given(event.details, names)
    if event.kind is EventKind.ACTION_CHANGED and event.details.keys() & OTHERWISE_CHANGED.keys():
        return next(title for key, title in OTHERWISE_CHANGED.items() if key in event.details)
    if event.kind is EventKind.RATING_SAID:
        return rating_title(event)
    if event.details.get("taken_back"):
        return "What was asked for was taken back"
    step = ACTION.step(event.step or "")
    return step.title if step else TITLES.get(event.kind, sentence(event.kind.value))


def _given(details: Mapping[str, Any], names: Mapping[int, str]) -> str:
    if details.get("owner", 0) is None:
        return "Left without an owner"
    owner = names.get(details.get("owner", 0), "an owner")
    return f"Parked with {owner} until it has an owner of its own" if details.get("parked") else f"Given to {owner}"


def _details_in_words(event: Event) -> Iterable[tuple[str, str]]:
    details = event.details
    yield from ((label, str(details[name])) for name, label in PLAINLY.items() if details.get(name))
    if event.kind is EventKind.PART_ENDED:
        yield "How it ended", sentence(details["state"])
    if event.kind is EventKind.ACTION_SNOOZED:
        yield "Rests until", _day(event.details["until_on"])
        yield "Why", event.details["snooze_reason"]
    if event.kind is EventKind.ACTION_EXTENDED:
        yield "Due before", _day(details.get("previous", ""))
    if "agency_was" in details:
        yield "Now", str(details["agency"])
    for name, asked in ACTION.asks.items():
        if name in details and name not in TOLD_ELSEWHERE:
            text = str(details[name])
            yield asked.label, _day(text) if asked.kind is Kind.DAY else text


def _day(text: str) -> str:
    return f"{date.fromisoformat(text):%-d %B %Y}" if text else ""
