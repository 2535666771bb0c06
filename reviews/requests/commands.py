"""Commands of the register of requests."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from reviews.access.permissions import GRANTS, Permission
from reviews.access.visibility import within
from reviews.models import (
    DisclosureRequest,
    EventKind,
    Membership,
    Partnership,
    Person,
    RequestedCase,
    RequestKind,
    RequestOutcome,
)
from reviews.requests.time_limits import first_due_on, latest_extension
from reviews.transactions.references import REFERENCE, check_reason, require_credible
from reviews.transactions.unit_of_work import NotFound, Stale, Unit
from workflows.core.days import day_in_words
from workflows.core.engine import NotReady, Refused

PREFIXES = {
    RequestKind.SUBJECT_ACCESS: "SAR",
    RequestKind.FREEDOM_OF_INFORMATION: "FOI",
    RequestKind.DISCLOSURE: "DIS",
}
LONGEST_COUNCIL_REFERENCE, LONGEST_EXEMPTIONS, LONGEST_NOTE, MOST_CASES = 80, 200, 4_000, 50
WITH_EXEMPTIONS = frozenset({RequestOutcome.GIVEN_IN_PART, RequestOutcome.REFUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDetails:
    """What is entered of a request, and can be changed. `counted_from_on` is the day of receipt, or as it is, for None.

    `cases` are references, `handler` is the address of a person who may handle requests there.
    """

    council_reference: str
    counted_from_on: date | None = None
    ordered_due_on: date | None = None
    cases: Iterable[str] = ()
    handler: str = ""
    note: str = ""


def add_request(
    unit: Unit, partnership: Partnership, details: RequestDetails, *, kind: RequestKind, received_on: date
) -> DisclosureRequest:
    """Enter a request under the next free reference of its kind and year. Raises NotAllowed, Refused, NotReady."""
    unit.actor.require(Permission.HANDLE_REQUESTS, partnership.id)
    require_credible(received_on, "The day of receipt")
    if received_on > unit.today:
        raise Refused("The day of receipt must not be in the future.", field="received_on")
    request = DisclosureRequest(
        partnership_id=partnership.id,
        kind=kind,
        reference=_next_reference(unit, partnership, kind, received_on.year),
        council_reference="",
        received_on=received_on,
        counted_from_on=received_on,
    )
    _fill(unit, request, details)
    unit.session.add(request)
    unit.session.flush()
    _record(unit, request, EventKind.REQUEST_RECEIVED)
    return request


def change_request(unit: Unit, request: DisclosureRequest, details: RequestDetails) -> DisclosureRequest:
    """Change what is recorded of a request. Raises Refused where nothing changes."""
    before = _as_recorded(request)
    _fill(unit, request, details)
    after = _as_recorded(request)
    if after == before:
        raise Refused("Nothing has changed: this is what is recorded.")
    changed = [name for name, value in after.items() if before[name] != value]
    # the references of cases are those of whoever entered them, and a note may hold anything: neither is repeated
    shown = {name: [before[name], after[name]] for name in changed if name not in ("note", "cases")}
    _record(unit, request, EventKind.REQUEST_CHANGED, changed=changed, values=shown)
    return request


def ask_to_clarify(unit: Unit, request: DisclosureRequest, *, asked_on: date) -> DisclosureRequest:
    """Stop the clock on the day a clarification was asked for."""
    _require_open(request)
    if request.kind is RequestKind.DISCLOSURE:
        raise Refused("The day that a coroner, court or inquiry has set does not stop. Record a new day instead.")
    if request.paused_on is not None:
        raise Refused(f"The clock stands still already, since {day_in_words(request.paused_on)}.")
    _require_between(unit, asked_on, request.counted_from_on, "The day you asked", field="asked_on")
    request.paused_on = asked_on
    _record(unit, request, EventKind.REQUEST_PAUSED, day=asked_on.isoformat())
    return request


def record_clarified(unit: Unit, request: DisclosureRequest, *, clarified_on: date) -> DisclosureRequest:
    """Let the clock run on from the day the clarification came; for freedom of information it begins anew."""
    _require_open(request)
    if request.paused_on is None:
        raise Refused("No clarification is waited for, so the clock runs.")
    _require_between(unit, clarified_on, request.paused_on, "The day it came", field="clarified_on")
    if request.kind is RequestKind.FREEDOM_OF_INFORMATION:
        request.counted_from_on = clarified_on
    else:
        request.paused_days += (clarified_on - request.paused_on).days
    request.paused_on = None
    _record(unit, request, EventKind.REQUEST_RESUMED, day=clarified_on.isoformat())
    return request


def extend_request(
    unit: Unit, request: DisclosureRequest, *, until: date, notified_on: date | None, reason: str
) -> DisclosureRequest:
    """Give a request more time. Of subject access the requester must be notified within the first month.

    Raises Refused for a day beyond what the law allows, and NotReady without a reason.
    """
    _require_open(request)
    first = first_due_on(request, unit.calendar)
    if request.paused_on is not None or first is None:
        raise Refused("It has no due date now, so there is nothing to extend.")
    require_credible(until, "The new day")
    present = max(first, request.extended_until or first)
    if until <= present:
        raise Refused(f"The new day must be after the present one, {day_in_words(present)}.", field="until")
    latest = latest_extension(request, unit.calendar)
    if latest is not None and until > latest:
        raise Refused(f"The law allows two more months, until {day_in_words(latest)}.", field="until")
    if request.kind is not RequestKind.DISCLOSURE:
        if notified_on is None:
            raise Refused("Give the day on which you told the requester of it.", field="notified_on")
        _require_between(unit, notified_on, request.received_on, "The day you told them", field="notified_on")
        if notified_on > first:
            raise Refused(
                f"The requester must be told by {day_in_words(first)}, within the time that the law gives at first. "
                "It was too late to extend then: answer as soon as you can.",
                field="notified_on",
            )
    request.extension_reason = check_reason(reason)
    request.extended_until, request.extension_notified_on = until, notified_on
    _record(
        unit,
        request,
        EventKind.REQUEST_EXTENDED,
        until=until.isoformat(),
        notified=notified_on.isoformat() if notified_on else None,
        reason=request.extension_reason,
    )
    return request


def answer_request(
    unit: Unit, request: DisclosureRequest, *, outcome: RequestOutcome, answered_on: date, exemptions: str = ""
) -> DisclosureRequest:
    """Record how a request was answered, which stops its clock for good."""
    _require_open(request)
    _require_between(unit, answered_on, request.received_on, "The day of the answer", field="answered_on")
    text = exemptions.strip()
    if outcome in WITH_EXEMPTIONS and not text:
        raise NotReady("Name the exemptions, such as section 40(2).", ["the exemptions"], field="exemptions")
    if len(text) > LONGEST_EXEMPTIONS:
        raise Refused(f"Exemptions must be {LONGEST_EXEMPTIONS} characters or fewer.", field="exemptions")
    request.outcome, request.answered_on = outcome, answered_on
    request.exemptions = text if outcome in WITH_EXEMPTIONS else ""
    if request.paused_on is not None:
        request.paused_days += max(0, (answered_on - request.paused_on).days)
        request.paused_on = None
    _record(
        unit,
        request,
        EventKind.REQUEST_ANSWERED,
        outcome=outcome.value,
        day=answered_on.isoformat(),
        exemptions=request.exemptions,
    )
    return request


def reopen_request(unit: Unit, request: DisclosureRequest, *, reason: str) -> DisclosureRequest:
    """Take back an answer that was recorded wrongly, or that a review or the regulator has set aside."""
    if request.answered_on is None:
        raise Refused(f"{request.reference} is open.")
    given = check_reason(reason)
    request.outcome, request.answered_on, request.exemptions = None, None, ""
    _record(unit, request, EventKind.REQUEST_REOPENED, reason=given)
    return request


def find_request_numbered(unit: Unit, number: int, *, version: int | None = None) -> DisclosureRequest:
    """Find and lock a request by its number; raises NotFound, or Stale when `version` is old."""
    return _found(unit, DisclosureRequest.id == number, version)


def find_request_called(unit: Unit, partnership: Partnership, reference: str) -> DisclosureRequest:
    """Find and lock a request of a partnership by its reference; raises NotFound."""
    called = DisclosureRequest.reference == reference.strip().upper()
    return _found(unit, sa.and_(called, DisclosureRequest.partnership_id == partnership.id), None)


def _found(unit: Unit, condition: sa.ColumnElement[bool], version: int | None) -> DisclosureRequest:
    theirs = within(unit.actor, DisclosureRequest.partnership_id, Permission.HANDLE_REQUESTS)
    query = sa.select(DisclosureRequest).where(condition, theirs).with_for_update(of=DisclosureRequest)
    request = unit.session.scalars(query).first()
    if request is None:
        raise NotFound
    if version is not None and request.version != version:
        raise Stale
    return request


def _fill(unit: Unit, request: DisclosureRequest, details: RequestDetails) -> None:
    request.council_reference = details.council_reference.strip()
    if not request.council_reference:
        raise NotReady(
            "Give the reference of the council's own system.", ["the council's reference"], field="council_reference"
        )
    if len(request.council_reference) > LONGEST_COUNCIL_REFERENCE:
        raise Refused(
            f"A reference must be {LONGEST_COUNCIL_REFERENCE} characters or fewer.", field="council_reference"
        )
    if len(details.note) > LONGEST_NOTE:
        raise Refused(f"A note must be {LONGEST_NOTE:,} characters or fewer.", field="note")
    request.note = details.note.strip()
    _set_days(unit, request, details.counted_from_on, details.ordered_due_on)
    _set_cases(request, details.cases)
    request.handler_id = _handler(unit, request.partnership_id, details.handler)


def _set_days(
    unit: Unit, request: DisclosureRequest, counted_from_on: date | None, ordered_due_on: date | None
) -> None:
    if counted_from_on is not None and counted_from_on != request.counted_from_on:
        _require_between(unit, counted_from_on, request.received_on, "The day it counts from", field="counted_from_on")
        if request.paused_on is not None and counted_from_on > request.paused_on:
            raise Refused("It must not count from a day after the clock was stopped.", field="counted_from_on")
        request.counted_from_on = counted_from_on
    if ordered_due_on is not None and request.kind is not RequestKind.DISCLOSURE:
        raise Refused("The law sets the day for this kind of request.", field="ordered_due_on")
    require_credible(ordered_due_on, "The day it is due")
    if ordered_due_on is not None and ordered_due_on < request.received_on:
        raise Refused("The day it is due must not be before the day of receipt.", field="ordered_due_on")
    request.ordered_due_on = ordered_due_on


def _set_cases(request: DisclosureRequest, cases: Iterable[str]) -> None:
    wanted = {each.strip() for each in cases if each.strip()}
    if len(wanted) > MOST_CASES:
        raise Refused(f"A request can name up to {MOST_CASES} cases.", field="cases")
    for reference in sorted(wanted):
        if not REFERENCE.fullmatch(reference):
            raise Refused("Name cases by their references alone, such as RR-2025-03, one a line.", field="cases")
    present = {each.reference for each in request.cases}
    request.cases = [each for each in request.cases if each.reference in wanted]
    request.cases += [RequestedCase(reference=reference) for reference in sorted(wanted - present)]


def _handler(unit: Unit, partnership_id: int, email: str) -> int | None:
    """Give whoever handles a request: a person whose role there lets them. Anybody else is unknown."""
    if not email.strip():
        return None
    query = (
        sa.select(Person.id)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Person.email == email.strip().lower(),
            Person.disabled_at.is_(None),
            Membership.partnership_id == partnership_id,
            Membership.ended_on.is_(None),
            Membership.role.in_(GRANTS[Permission.HANDLE_REQUESTS]),
            within(unit.actor, Membership.partnership_id, Permission.HANDLE_REQUESTS),
        )
    )
    found = unit.session.scalars(query.limit(1)).first()
    if found is None:
        raise Refused("Name a business manager or privacy officer of this partnership.", field="handler")
    return found


def _next_reference(unit: Unit, partnership: Partnership, kind: RequestKind, year: int) -> str:
    """Give the next free reference of the year. The partnership's row is locked, so that none is given twice."""
    locked = sa.select(Partnership.id).where(Partnership.id == partnership.id).with_for_update(key_share=True)
    unit.session.execute(locked)
    start = f"{PREFIXES[kind]}-{year}-"
    taken = sa.select(DisclosureRequest.reference).where(
        DisclosureRequest.partnership_id == partnership.id, DisclosureRequest.reference.startswith(start)
    )
    highest = max((int(each.removeprefix(start)) for each in unit.session.scalars(taken)), default=0)
    return f"{start}{highest + 1:02}"


def _require_open(request: DisclosureRequest) -> None:
    if request.answered_on is not None:
        raise Refused(
            f"{request.reference} was answered on {day_in_words(request.answered_on)}. Reopen it before you change it."
        )


def _require_between(unit: Unit, day: date, first: date, what: str, *, field: str) -> None:
    if not first <= day <= unit.today:
        raise Refused(f"{what} must be from {day_in_words(first)} to today.", field=field)


def _as_recorded(request: DisclosureRequest) -> dict[str, str | int | list[str] | None]:
    return {
        "council_reference": request.council_reference,
        "counted_from_on": request.counted_from_on.isoformat(),
        "ordered_due_on": request.ordered_due_on.isoformat() if request.ordered_due_on else None,
        "cases": sorted(each.reference for each in request.cases),
        "handler": request.handler_id,
        "note": request.note,
    }


def _record(unit: Unit, request: DisclosureRequest, kind: EventKind, **details: object) -> None:
    about = {"request": request.id, "reference": request.reference}
    unit.record(kind, partnership_id=request.partnership_id, details={**about, **details})
