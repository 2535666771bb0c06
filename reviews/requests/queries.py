"""What the register of requests shows."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from reviews.access.permissions import GRANTS, Actor, Permission
from reviews.access.visibility import visible, within
from reviews.definitions.bank_holidays import present_calendar
from reviews.models import (
    Case,
    DisclosureRequest,
    Event,
    EventKind,
    Membership,
    Person,
    RequestedCase,
    RequestKind,
    RequestOutcome,
)
from reviews.requests.time_limits import AUTHORITIES, latest_extension, time_limit
from reviews.transactions.unit_of_work import NotFound
from workflows.core.bank_holidays import Calendar
from workflows.core.lateness import Lateness

KINDS: Mapping[RequestKind, str] = {
    RequestKind.SUBJECT_ACCESS: "Subject access",
    RequestKind.FREEDOM_OF_INFORMATION: "Freedom of information",
    RequestKind.DISCLOSURE: "Disclosure to a coroner, court or inquiry",
}
OUTCOMES: Mapping[RequestOutcome, str] = {
    RequestOutcome.GIVEN: "Given",
    RequestOutcome.GIVEN_IN_PART: "Given in part",
    RequestOutcome.REFUSED: "Refused",
    RequestOutcome.NOTHING_HELD: "Nothing held",
    RequestOutcome.WITHDRAWN: "Withdrawn",
}
HISTORY: Mapping[EventKind, str] = {
    EventKind.REQUEST_RECEIVED: "Entered",
    EventKind.REQUEST_CHANGED: "Changed",
    EventKind.REQUEST_PAUSED: "Clarification asked for: the clock stopped",
    EventKind.REQUEST_RESUMED: "Clarification came: the clock runs",
    EventKind.REQUEST_EXTENDED: "Extended",
    EventKind.REQUEST_ANSWERED: "Answered",
    EventKind.REQUEST_REOPENED: "Reopened",
}
CHANGED_FIELDS = {
    "council_reference": "council's reference",
    "counted_from_on": "day it counts from",
    "ordered_due_on": "day that was set",
    "cases": "cases",
    "handler": "who handles it",
    "note": "note",
}
HOLDING = frozenset({RequestKind.SUBJECT_ACCESS, RequestKind.DISCLOSURE})
"""Whose requests hold the disposal of the cases they are about, until they are answered."""


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A request with its clock as it is today. `due_on` is None while it stands still, and where no day is set."""

    number: int
    version: int
    partnership_id: int
    partnership: str
    partnership_code: str
    reference: str
    kind: RequestKind
    council_reference: str
    received_on: date
    counted_from_on: date
    ordered_due_on: date | None
    paused_on: date | None
    paused_days: int
    first_due_on: date | None
    due_on: date | None
    latest_on: date | None
    provisional: bool
    lateness: Lateness
    extended_until: date | None
    extension_notified_on: date | None
    extension_reason: str
    outcome: RequestOutcome | None
    exemptions: str
    answered_on: date | None
    handler: str
    handler_email: str
    cases: tuple[str, ...]
    note: str

    @property
    def is_open(self) -> bool:
        return self.answered_on is None

    @property
    def authority(self) -> str:
        return AUTHORITIES[self.kind]

    @property
    def state(self) -> str:
        if self.outcome is not None:
            return OUTCOMES[self.outcome]
        return "Waits for clarification" if self.paused_on else "Open"


@dataclass(frozen=True, slots=True)
class RequestEvent:
    """A row of the history of a request."""

    title: str
    happened_on: date
    recorded_by: str
    facts: tuple[tuple[str, str], ...]


def request_lines(
    session: Session, actor: Actor, *, today: date, partnership_id: int | None = None, only_open: bool = False
) -> list[RequestLine]:
    """List the requests where the actor handles them.

    The open ones come first, by their due day, then those that stand still, then the answered ones, the latest first.
    """
    narrowed = [within(actor, DisclosureRequest.partnership_id, Permission.HANDLE_REQUESTS)]
    if partnership_id is not None:
        narrowed.append(DisclosureRequest.partnership_id == partnership_id)
    if only_open:
        narrowed.append(DisclosureRequest.answered_on.is_(None))
    calendar = present_calendar(session)
    lines = [_line(each, calendar, today) for each in session.scalars(_REQUESTS.where(*narrowed))]
    waiting = sorted((each for each in lines if each.is_open), key=lambda each: (each.due_on or date.max, each.number))
    answered = [each for each in lines if not each.is_open]
    answered.sort(key=lambda each: (each.answered_on, each.number), reverse=True)
    return [*waiting, *answered]


def request_line(session: Session, actor: Actor, number: int, *, today: date) -> RequestLine:
    """Give one request; raises NotFound."""
    theirs = within(actor, DisclosureRequest.partnership_id, Permission.HANDLE_REQUESTS)
    request = session.scalars(_REQUESTS.where(DisclosureRequest.id == number, theirs)).first()
    if request is None:
        raise NotFound
    return _line(request, present_calendar(session), today)


def request_history(session: Session, actor: Actor, line: RequestLine) -> list[RequestEvent]:
    """Give what was recorded of a request, the latest first."""
    events = session.scalars(
        sa.select(Event)
        .where(
            within(actor, Event.partnership_id, Permission.HANDLE_REQUESTS),
            Event.partnership_id == line.partnership_id,
            Event.kind.in_(HISTORY),
            Event.details["request"].as_integer() == line.number,
        )
        .order_by(Event.id.desc())
    )
    return [
        RequestEvent(HISTORY[each.kind], each.happened_on, each.recorded_by.partition(" <")[0], tuple(_facts(each)))
        for each in events
    ]


def cases_in_sight(session: Session, actor: Actor, line: RequestLine) -> frozenset[str]:
    """Give the references of those cases of a request that the reader may open."""
    query = sa.select(Case.reference).where(
        Case.reference.in_(line.cases), Case.partnership_id == line.partnership_id, visible(actor, Case)
    )
    return frozenset(session.scalars(query))


def request_handlers(session: Session, actor: Actor, partnership_id: int) -> dict[str, str]:
    """Give address and name of everybody who may handle a request of a partnership."""
    rows = session.execute(
        sa.select(Person.email, Person.name)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            within(actor, Membership.partnership_id, Permission.HANDLE_REQUESTS),
            Membership.partnership_id == partnership_id,
            Membership.ended_on.is_(None),
            Membership.role.in_(GRANTS[Permission.HANDLE_REQUESTS]),
            Person.disabled_at.is_(None),
        )
        .order_by(Person.name, Person.email)
    )
    return {row[0]: row[1] for row in rows}


def requests_holding(session: Session, case_ids: Collection[int]) -> dict[int, list[str]]:
    """Give, by the number of a case, the references of the requests that hold its disposal.

    These are subject access and disclosure that are not answered yet. Who asks need not handle requests.
    """
    holding: dict[int, list[str]] = {}
    for chunk in _chunks(sorted(case_ids)):
        rows = session.execute(
            sa.select(Case.id, DisclosureRequest.reference)
            .select_from(Case)
            .join(RequestedCase, RequestedCase.reference == Case.reference)
            .join(DisclosureRequest, DisclosureRequest.id == RequestedCase.request_id)
            .where(
                Case.id.in_(chunk),
                DisclosureRequest.partnership_id == Case.partnership_id,
                DisclosureRequest.kind.in_(HOLDING),
                DisclosureRequest.answered_on.is_(None),
            )
            .order_by(Case.id, DisclosureRequest.reference)
        )
        for case_id, reference in rows:
            holding.setdefault(case_id, []).append(reference)
    return holding


_REQUESTS = sa.select(DisclosureRequest).options(
    joinedload(DisclosureRequest.partnership),
    joinedload(DisclosureRequest.handler),
    selectinload(DisclosureRequest.cases),
)


def _chunks(numbers: list[int], size: int = 500) -> list[list[int]]:
    return [numbers[start : start + size] for start in range(0, len(numbers), size)]


def _line(request: DisclosureRequest, calendar: Calendar, today: date) -> RequestLine:
    limit = time_limit(request, calendar, today)
    return RequestLine(
        number=request.id,
        version=request.version,
        partnership_id=request.partnership_id,
        partnership=request.partnership.name,
        partnership_code=request.partnership.code,
        reference=request.reference,
        kind=request.kind,
        council_reference=request.council_reference,
        received_on=request.received_on,
        counted_from_on=request.counted_from_on,
        ordered_due_on=request.ordered_due_on,
        paused_on=request.paused_on,
        paused_days=request.paused_days,
        first_due_on=limit.first_due_on,
        due_on=limit.due_on,
        latest_on=latest_extension(request, calendar),
        provisional=limit.provisional,
        lateness=limit.lateness,
        extended_until=request.extended_until,
        extension_notified_on=request.extension_notified_on,
        extension_reason=request.extension_reason,
        outcome=request.outcome,
        exemptions=request.exemptions,
        answered_on=request.answered_on,
        handler=request.handler.name if request.handler else "",
        handler_email=request.handler.email if request.handler else "",
        cases=tuple(each.reference for each in request.cases),
        note=request.note,
    )


def _facts(event: Event) -> list[tuple[str, str]]:
    details = event.details
    facts = []
    if details.get("changed"):
        facts.append(("Changed", ", ".join(CHANGED_FIELDS[name] for name in details["changed"])))
    if details.get("outcome"):
        facts.append(("Outcome", OUTCOMES[RequestOutcome(details["outcome"])]))
    if details.get("exemptions"):
        facts.append(("Exemptions", details["exemptions"]))
    for name, label in (("day", "Day"), ("until", "Until"), ("notified", "Requester told on")):
        if details.get(name):
            facts.append((label, f"{date.fromisoformat(details[name]):%-d %B %Y}"))
    if details.get("reason"):
        facts.append(("Reason", details["reason"]))
    return facts
