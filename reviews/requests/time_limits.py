"""When a request must be answered.

Subject access: one month, from the day of receipt or of the proof of identity to the same day of the next month, and to
the next working day where that is none; up to two months more where that is notified within the first (UK GDPR Article
12(3), ICO guidance). The days on which a clarification is waited for do not count.
Freedom of information: the twentieth working day after receipt; no day counts that is a bank holiday anywhere in the
United Kingdom (FOIA section 10(1) and (6)). Where the authority needs a clarification, it counts anew from that
(section 1(3)).
Disclosure to a coroner, court or inquiry: the day that it has set.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from reviews.models import DisclosureRequest, RequestKind
from workflows.core.bank_holidays import Calendar, Division
from workflows.core.lateness import Lateness, LateUnit
from workflows.core.working_days import Period, Unit, due_on

FOI_DAYS = 20
AUTHORITIES = {
    RequestKind.SUBJECT_ACCESS: "UK GDPR Article 12(3): one month",
    RequestKind.FREEDOM_OF_INFORMATION: "Freedom of Information Act 2000, section 10: 20 working days",
    RequestKind.DISCLOSURE: "The day that the coroner, court or inquiry has set",
}
MONTH, THREE_MONTHS = Period(1, Unit.MONTHS), Period(3, Unit.MONTHS)


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """When a request is due. `first_due_on` is without an extension; both are None while the clock stands still.

    Provisional: it depends on bank holidays that are not known yet.
    """

    first_due_on: date | None
    due_on: date | None
    provisional: bool
    lateness: Lateness


def time_limit(request: DisclosureRequest, calendar: Calendar, today: date) -> TimeLimit:
    first = None if request.paused_on else first_due_on(request, calendar)
    due = first if first is None else max(first, request.extended_until or first)
    last_known = min(calendar.of(each).last_day for each in Division)
    counts_working_days = request.kind is not RequestKind.DISCLOSURE
    return TimeLimit(
        first, due, bool(counts_working_days and due and due > last_known), _late(request, due, today, calendar)
    )


def first_due_on(request: DisclosureRequest, calendar: Calendar) -> date | None:
    match request.kind:
        case RequestKind.SUBJECT_ACCESS:
            return _after_months(request, MONTH, calendar)
        case RequestKind.FREEDOM_OF_INFORMATION:
            return _uk_working_day(request.counted_from_on, FOI_DAYS, calendar)
        case RequestKind.DISCLOSURE:
            return request.ordered_due_on


def latest_extension(request: DisclosureRequest, calendar: Calendar) -> date | None:
    """Give the last day to which a request may be extended; None where no law has one."""
    if request.kind is RequestKind.SUBJECT_ACCESS:
        return _after_months(request, THREE_MONTHS, calendar)
    return None


def is_uk_working_day(day: date, calendar: Calendar) -> bool:
    """Whether no part of the United Kingdom has a bank holiday then, nor is it a weekend."""
    return all(calendar.of(each).is_working_day(day) for each in Division)


def _after_months(request: DisclosureRequest, period: Period, calendar: Calendar) -> date:
    end = due_on(request.counted_from_on, period, calendar) + timedelta(days=request.paused_days)
    return calendar.next_working_day(end)


def _uk_working_day(start: date, count: int, calendar: Calendar) -> date:
    day = start
    while count:
        day += timedelta(days=1)
        count -= is_uk_working_day(day, calendar)
    return day


def _late(request: DisclosureRequest, due: date | None, today: date, calendar: Calendar) -> Lateness:
    is_foi = request.kind is RequestKind.FREEDOM_OF_INFORMATION
    unit = LateUnit.WORKING_DAYS if is_foi else LateUnit.DAYS
    until = request.answered_on or today
    if due is None or until <= due:
        return Lateness(unit)
    days = [due + timedelta(days=number) for number in range(1, (until - due).days + 1)]
    late = sum(is_uk_working_day(day, calendar) for day in days) if is_foi else len(days)
    return Lateness(unit, is_late=True, least=late, most=late)
