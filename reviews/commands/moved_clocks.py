"""Which running clocks does another calendar move, and how is each written down?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from reviews.definitions import present_catalogue
from reviews.models import Case, CaseClock, EventKind, Partnership
from reviews.unit import Unit
from workflows.bank_holidays import Calendar
from workflows.vocabulary import Deadline
from workflows.working_days import Unit as PeriodUnit
from workflows.working_days import add


@dataclass(frozen=True, slots=True)
class MovedClock:
    """A clock whose date, or whether it is provisional, is no longer what was stored."""

    partnership: str
    case: str
    clock: str
    title: str
    was: date
    now: date
    provisional: bool
    because: str


def move_clocks(unit: Unit, calendar: Calendar, days: Mapping[date, str]) -> list[MovedClock]:
    """Set the clocks that run to what the calendar says; `days` are those that were added or dropped.

    No date moves silently: each is written in the history of its case. A clock that has ended keeps its date.
    """
    moved = []
    for case, code, clock in _running(unit):
        due_on, provisional = _worked_out(clock, _deadline(unit, case, clock), calendar)
        if (due_on, provisional) != (clock.due_on, clock.provisional):
            why = _because(clock, due_on, calendar, days)
            title = _deadline(unit, case, clock).title
            moved.append(MovedClock(code, case.reference, clock.name, title, clock.due_on, due_on, provisional, why))
            _move(unit, case, clock, moved[-1])
    return moved


def _running(unit: Unit) -> list[tuple[Case, str, CaseClock]]:
    """Give the running clocks with their cases, which are locked as for a step: none moves under one's hands."""
    query = (
        sa.select(Case, Partnership.code, CaseClock)
        .join(Partnership, Partnership.id == Case.partnership_id)
        .join(CaseClock, CaseClock.case_id == Case.id)
        .where(CaseClock.met_on.is_(None), CaseClock.dropped_on.is_(None))
        .order_by(Partnership.code, Case.reference, CaseClock.id)
        .with_for_update(of=Case, key_share=True)
    )
    return [(case, code, clock) for case, code, clock in unit.session.execute(query)]


def _deadline(unit: Unit, case: Case, clock: CaseClock) -> Deadline:
    return present_catalogue(unit.session).deadline(case.workflow, case.workflow_version, clock.name)


def _worked_out(clock: CaseClock, deadline: Deadline, calendar: Calendar) -> tuple[date, bool]:
    period = next(edition.period for edition in deadline.editions if edition.effective_from == clock.edition_from)
    if period.unit is PeriodUnit.WORKING_DAYS:
        found = add(clock.counted_from_on, period, calendar)
        return found.due_on, found.provisional
    return clock.due_on, clock.due_on > calendar.last_day


def _because(clock: CaseClock, due_on: date, calendar: Calendar, days: Mapping[date, str]) -> str:
    if due_on == clock.due_on:
        return f"the bank holidays are known to {_said(calendar.last_day)}"
    first, *_, last = sorted((clock.counted_from_on, clock.due_on, due_on))
    reasons = [
        f"{title} on {_said(day)} {'is a bank holiday now' if day in calendar.days else 'is no bank holiday any more'}"
        for day, title in sorted(days.items())
        if first <= day <= last
    ]
    return "; ".join(reasons) or "the bank holidays that are loaded were not counted yet"


def _move(unit: Unit, case: Case, clock: CaseClock, moved: MovedClock) -> None:
    clock.due_on, clock.provisional = moved.now, moved.provisional
    flag_modified(case, "closed_on")  # the version counts it: who has the page open sees the old date
    unit.record(
        EventKind.CLOCK_MOVED,
        partnership_id=case.partnership_id,
        case_id=case.id,
        details={
            "clock": moved.clock,
            "was": moved.was.isoformat(),
            "now": moved.now.isoformat(),
            "because": moved.because,
        },
    )


def _said(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
