"""Which running clocks would the bank holidays that are known now move?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.definitions.calendars import earlier_calendars
from reviews.definitions.catalogue import present_catalogue
from reviews.models import Case, CaseClock, LocalRule, Partnership
from workflows.core.bank_holidays import Calendar
from workflows.core.deadlines import Deadline
from workflows.core.local_periods import due_period, own_period, target_period
from workflows.core.working_days import Period, Unit, due_on, is_provisional


@dataclass(frozen=True, slots=True)
class MovedClock:
    """A clock whose date, target, or whether it is provisional, is no longer what was stored."""

    clock_id: int
    partnership: str
    case: str
    clock: str
    title: str
    was: date
    now: date
    target_was: date | None
    target_now: date | None
    provisional: bool
    because: str


@dataclass(frozen=True, slots=True)
class _Dates:
    due_on: date
    target_on: date | None
    provisional: bool


def moved_clocks(session: Session, calendar: Calendar, *conditions: sa.ColumnElement[bool]) -> list[MovedClock]:
    """Compare what is stored of the running clocks with what the calendar says, case by case."""
    catalogue, earlier, moved = present_catalogue(session), earlier_calendars(session), []
    for row in session.execute(_running(*conditions)):
        deadline = catalogue.deadline(row.workflow, row.workflow_version, row.name)
        was, now = _Dates(row.due_on, row.target_on, row.provisional), _worked_out(row, deadline, calendar)
        if now != was:
            moved.append(
                MovedClock(
                    clock_id=row.id,
                    partnership=row.code,
                    case=row.reference,
                    clock=row.name,
                    title=deadline.title,
                    was=was.due_on,
                    now=now.due_on,
                    target_was=was.target_on,
                    target_now=now.target_on,
                    provisional=now.provisional,
                    because=_because(row, deadline, was, now, calendar, earlier),
                )
            )
    return moved


def fingerprint(moved: Iterable[MovedClock]) -> str:
    """Give what tells one list of moves from another: what was shown must be what is done."""
    said = [(each.clock_id, each.was, each.now, each.target_was, each.target_now, each.provisional) for each in moved]
    return sha256(repr(said).encode()).hexdigest()


def _running(*conditions: sa.ColumnElement[bool]) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Partnership.code,
            Case.reference,
            Case.workflow,
            Case.workflow_version,
            CaseClock.id,
            CaseClock.name,
            CaseClock.edition_from,
            CaseClock.counted_from_on,
            CaseClock.due_on,
            CaseClock.target_on,
            CaseClock.provisional,
            LocalRule.period,
            LocalRule.unit,
        )
        .select_from(CaseClock)
        .join(Case, Case.id == CaseClock.case_id)
        .join(Partnership, Partnership.id == Case.partnership_id)
        .outerjoin(LocalRule, LocalRule.id == CaseClock.local_rule_id)
        .where(CaseClock.met_on.is_(None), CaseClock.dropped_on.is_(None), *conditions)
        .order_by(Partnership.code, Case.reference, CaseClock.id)
    )


def _worked_out(row: sa.Row[*tuple[Any, ...]], deadline: Deadline, calendar: Calendar) -> _Dates:
    """Count anew by the edition and the local rule the clock was started with; only working days can move."""
    edition = next(each for each in deadline.editions if each.effective_from == row.edition_from)
    own = own_period(edition, row.period, row.unit)
    due, provisional = _counted(row.counted_from_on, due_period(edition, own), row.due_on, calendar)
    aimed_at, target_on = target_period(edition, own), row.target_on
    if aimed_at is not None and target_on is not None:
        target_on, _ = _counted(row.counted_from_on, aimed_at, target_on, calendar)
    return _Dates(due, target_on, provisional)


def _counted(start: date, period: Period, stored: date, calendar: Calendar) -> tuple[date, bool]:
    found = due_on(start, period, calendar) if period.unit is Unit.WORKING_DAYS else stored
    return found, is_provisional(start, found, period, calendar)


def _because(
    row: sa.Row[*tuple[Any, ...]],
    deadline: Deadline,
    was: _Dates,
    now: _Dates,
    calendar: Calendar,
    earlier: Sequence[Calendar],
) -> str:
    """Name the days that were not counted yet: those known since the calendar that gives what is stored."""
    if (was.due_on, was.target_on) == (now.due_on, now.target_on):
        return f"the bank holidays are known to {_said(calendar.last_day)}"
    counted = next((each for each in earlier if _worked_out(row, deadline, each) == was), None)
    before = counted or (earlier[-1] if earlier else calendar)
    first, last = min(row.counted_from_on, was.due_on, now.due_on), max(row.counted_from_on, was.due_on, now.due_on)
    reasons = [
        f"{calendar.days.get(day) or before.days[day]} on {_said(day)} "
        f"{'is a bank holiday now' if day in calendar.days else 'is no bank holiday any more'}"
        for day in sorted(before.days.keys() ^ calendar.days.keys())
        if first <= day <= last
    ]
    return "; ".join(reasons) or "the bank holidays that are known were not counted yet"


def _said(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
