"""What do the pages about reminders share: the way from one to the other, and the words of a letter's state?"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request

from notifications.base.summary_rhythm import SUMMARY
from notifications.ledger.queries import LedgerItem
from notifications.models import LetterState
from notifications.process.plan_round import KIND
from notifications.rounds.delivery_problems import WITH_TASKS, tasks_of
from notifications.rounds.digests import NO_DATE
from notifications.rounds.snapshot import IMPACT, PART
from reviews.access.permissions import Permission
from web.core.context import actor, reader
from web.core.query import partnership_asked
from web.core.urls import in_partnership
from workflows.core.labels import sentence
from workflows.core.ladders import name_words

STATES = {
    LetterState.QUEUED: ("Waiting", "grey"),
    LetterState.SENDING: ("Being sent", "blue"),
    LetterState.SENT: ("Handed over", "green"),
    LetterState.DELIVERED: ("Delivered", "teal"),
    LetterState.BOUNCED: ("Came back", "red"),
    LetterState.UNCERTAIN: ("Uncertain", "orange"),
    LetterState.FAILED: ("Failed", "red"),
    LetterState.SUPPRESSED: ("Stopped", "yellow"),
}
KINDS = {
    KIND: "The mail of a morning",
    WITH_TASKS: "The same, with addresses and owners to put right",
    SUMMARY: "The summary",
}
NEWS = {
    "assigned": "new to them",
    "parked": "parked with them",
    "returned": "returned to them",
    "extended": "more time given",
    "more-time": "more time asked for",
    "not-mine": "said not to be theirs",
    "refused": "no more time given",
    "submitted": "waits for their check",
    NO_DATE: "without a date",
}
ASPECTS = {PART: "their agency's part", IMPACT: "check of its impact"}


@dataclass(frozen=True, slots=True)
class Tab:
    text: str
    href: str
    here: bool


def tabs(place: int | None = None) -> list[Tab]:
    """List the pages about reminders this person may open, for the partnership that is shown."""
    place = place or partnership_asked() or actor().partnerships_with(Permission.SEE_REMINDERS)[0]
    pages = {
        "/reminders": "What was sent",
        "/reminders/tomorrow": "The next morning",
        "/reminders/process": "The process",
        "/reminders/letters": "What the mails look like",
    }
    if actor().may(Permission.MANAGE_PEOPLE, place):
        number = len(tasks_of(reader(), actor(), place))
        pages["/reminders/addresses"] = f"Addresses and owners to put right: {number}"
    return [Tab(text, in_partnership(path, place), path == request.path) for path, text in pages.items()]


def to_put_right() -> int:
    """Count the addresses and owners the person is to put right; 0 where the address of the page says more than where,
    as only the page one begins at says so."""
    if set(request.args) - {"partnership"}:
        return 0
    places = actor().partnerships_with(Permission.MANAGE_PEOPLE)
    return sum(len(tasks_of(reader(), actor(), place)) for place in places)


def kind_words(kind: str) -> str:
    return KINDS.get(kind) or sentence(kind)


def rung_in_words(name: str) -> str:
    """Say why an action or a clock was brought up: `due+14` is `14 days after`, `part due` the same of a part."""
    aspect, _, rung = name.rpartition(" ")
    said = name_words(rung).removesuffix(" the date") or NEWS.get(rung, rung)
    return f"{ASPECTS[aspect]}: {said}" if aspect in ASPECTS else said


def counted(items: Sequence[LedgerItem]) -> str:
    """Count what a mail spoke of: `1 clock and 2 actions`."""
    clocks = sum(1 for item in items if item.clock)
    numbers = {"clock": clocks, "action": len(items) - clocks}
    return " and ".join(f"{n} {kind}{'' if n == 1 else 's'}" for kind, n in numbers.items() if n)
