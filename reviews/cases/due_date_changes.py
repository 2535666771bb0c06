"""Due dates that change with the bank holidays: found, shown, approved, and changed when a list is loaded."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from reviews.access.permissions import Actor, Permission
from reviews.access.visibility import in_realms_of, visible
from reviews.definitions.bank_holidays import earlier_calendars, present_calendar
from reviews.definitions.installed import present_catalogue
from reviews.models import BankHoliday, Case, CaseClock, EventKind, HolidayLoad, LocalRule, Partnership
from reviews.transactions.unit_of_work import Stale, Unit
from workflows.core.bank_holidays import Calendar, calendar_of
from workflows.core.engine import Refused
from workflows.core.local_periods import due_period, local_period, target_period
from workflows.core.vocabulary import Deadline
from workflows.core.working_days import Period, due_on, is_provisional
from workflows.core.working_days import Unit as PeriodUnit


@dataclass(frozen=True, slots=True)
class DueDateChange:
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


def due_date_changes(session: Session, calendar: Calendar, *conditions: sa.ColumnElement[bool]) -> list[DueDateChange]:
    """Compare the stored dates of the running clocks with what the calendar gives, case by case."""
    catalogue, earlier, changes = present_catalogue(session), earlier_calendars(session), []
    for row in session.execute(_running_clocks(*conditions)):
        deadline = catalogue.deadline(row.workflow, row.workflow_version, row.name)
        was, now = _Dates(row.due_on, row.target_on, row.provisional), _recalculate(row, deadline, calendar)
        if now != was:
            changes.append(
                DueDateChange(
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
                    because=_reason(row, deadline, was, now, calendar, earlier),
                )
            )
    return changes


def fingerprint(changes: Iterable[DueDateChange]) -> str:
    """Give a digest of the changes: those that are approved must be those that were shown."""
    compared = [
        (each.clock_id, each.was, each.now, each.target_was, each.target_now, each.provisional) for each in changes
    ]
    return sha256(repr(compared).encode()).hexdigest()


def _running_clocks(*conditions: sa.ColumnElement[bool]) -> sa.Select[*tuple[Any, ...]]:
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


def _recalculate(row: sa.Row[*tuple[Any, ...]], deadline: Deadline, calendar: Calendar) -> _Dates:
    """Calculate by the edition and the local rule the clock was started with; only working days can change."""
    edition = next(each for each in deadline.editions if each.effective_from == row.edition_from)
    local = local_period(edition, row.period, row.unit)
    due, provisional = _count(row.counted_from_on, due_period(edition, local), row.due_on, calendar)
    aimed_at, target_on = target_period(edition, local), row.target_on
    if aimed_at is not None and target_on is not None:
        target_on, _ = _count(row.counted_from_on, aimed_at, target_on, calendar)
    return _Dates(due, target_on, provisional)


def _count(start: date, period: Period, stored: date, calendar: Calendar) -> tuple[date, bool]:
    found = due_on(start, period, calendar) if period.unit is PeriodUnit.WORKING_DAYS else stored
    return found, is_provisional(start, found, period, calendar)


def _reason(
    row: sa.Row[*tuple[Any, ...]],
    deadline: Deadline,
    was: _Dates,
    now: _Dates,
    calendar: Calendar,
    earlier: Sequence[Calendar],
) -> str:
    """Name the bank holidays that make the difference to the calendar by which the stored date was calculated."""
    if (was.due_on, was.target_on) == (now.due_on, now.target_on):
        return f"the bank holidays are known to {calendar.last_day:%-d %B %Y}"
    counted = next((each for each in earlier if _recalculate(row, deadline, each) == was), None)
    before = counted or (earlier[-1] if earlier else calendar)
    first, last = min(row.counted_from_on, was.due_on, now.due_on), max(row.counted_from_on, was.due_on, now.due_on)
    reasons = [
        f"{calendar.days.get(day) or before.days[day]} on {day:%-d %B %Y} "
        f"{'is a bank holiday now' if day in calendar.days else 'is no bank holiday any more'}"
        for day in sorted(before.days.keys() ^ calendar.days.keys())
        if first <= day <= last
    ]
    return "; ".join(reasons) or "the bank holidays that are known were not counted yet"


RECENT = timedelta(days=60)
"""How long after a load the other pages mention pending changes: later it is not worth the time to count them."""


def pending_due_dates(session: Session, actor: Actor, *, partnership_id: int) -> list[DueDateChange]:
    """List the changes that this person may approve in a partnership; empty where they may not."""
    if not actor.may(Permission.MOVE_CLOCKS, partnership_id):
        return []
    return due_date_changes(session, present_calendar(session), theirs_to_change(actor, partnership_id))


def pending_due_dates_to_mention(session: Session, actor: Actor, *, partnership_id: int, now: datetime) -> int:
    """Count the changes that wait for their approval soon after a load; 0 at any other time."""
    if not actor.may(Permission.MOVE_CLOCKS, partnership_id):
        return 0
    lately = session.scalar(sa.select(sa.exists().where(HolidayLoad.loaded_at > now - RECENT)))
    return len(pending_due_dates(session, actor, partnership_id=partnership_id)) if lately else 0


def theirs_to_change(actor: Actor, partnership_id: int) -> sa.ColumnElement[bool]:
    """Give the condition on the cases whose due dates this person may change: the permission counts in its realm."""
    return (
        (Case.partnership_id == partnership_id)
        & visible(actor, Case)
        & in_realms_of(actor, Case, Permission.MOVE_CLOCKS)
    )


def holiday_loads(session: Session) -> Sequence[HolidayLoad]:
    """Give the loaded lists of bank holidays, the newest first."""
    return session.scalars(sa.select(HolidayLoad).order_by(HolidayLoad.loaded_at.desc(), HolidayLoad.id.desc())).all()


def loaded_days(session: Session) -> dict[int, list[tuple[date, str | None]]]:
    """Give the days each list changed, by its number, with their titles; None where it is no bank holiday any more.

    A day that a later list changed again is given with the later one alone.
    """
    found: dict[int, list[tuple[date, str | None]]] = {}
    query = sa.select(BankHoliday.load_id, BankHoliday.day, BankHoliday.title).order_by(BankHoliday.day)
    for load_id, day, title in session.execute(query):
        found.setdefault(load_id, []).append((day, title))
    return found


def coming_holidays(session: Session, today: date) -> list[tuple[date, str]]:
    """List the bank holidays from today on."""
    return [(day, title) for day, title in present_calendar(session).days.items() if day >= today]


def change_due_dates(unit: Unit, calendar: Calendar) -> list[DueDateChange]:
    """Set the running clocks of every partnership to what the calendar gives.

    Each change is recorded in the history of its case. A clock that has ended keeps its date.
    """
    _lock_cases(unit)
    changes = due_date_changes(unit.session, calendar)
    _write(unit, changes)
    return changes


def approve_due_dates(
    unit: Unit, partnership: Partnership, *, seen: str, clock_ids: Collection[int] | None = None
) -> list[DueDateChange]:
    """Make the pending changes in one partnership and the actor's realms: all, or those chosen.

    `seen` is the fingerprint of the list that was shown. Raises Stale where the list has changed since, and NotAllowed.
    """
    unit.actor.require(Permission.MOVE_CLOCKS, partnership.id)
    condition = theirs_to_change(unit.actor, partnership.id)
    _lock_cases(unit, condition)
    waiting = due_date_changes(unit.session, unit.calendar, condition)
    if fingerprint(waiting) != seen:
        raise Stale
    changes = [each for each in waiting if clock_ids is None or each.clock_id in clock_ids]
    if not changes:
        raise Refused("Choose the clocks to move.")
    _write(unit, changes)
    return changes


def _lock_cases(unit: Unit, *conditions: sa.ColumnElement[bool]) -> None:
    """Lock the cases with running clocks as for a step, in the order of all work over many cases."""
    running = sa.select(CaseClock.case_id).where(CaseClock.met_on.is_(None), CaseClock.dropped_on.is_(None))
    query = (
        sa.select(Case.id)
        .join(Partnership, Partnership.id == Case.partnership_id)
        .where(Case.id.in_(running), *conditions)
        .order_by(Partnership.code, Case.reference)
    )
    unit.session.execute(query.with_for_update(of=Case, key_share=True)).all()


def _write(unit: Unit, changes: Iterable[DueDateChange]) -> None:
    for each in changes:
        clock = unit.session.get_one(CaseClock, each.clock_id)
        clock.due_on, clock.target_on, clock.provisional = each.now, each.target_now, each.provisional
        flag_modified(clock.case, "closed_on")  # changes the version: who has the page open sees the old date
        details = {
            "clock": each.clock,
            "was": each.was.isoformat(),
            "now": each.now.isoformat(),
            "because": each.because,
        }
        if each.target_was is not None and each.target_now is not None and each.target_was != each.target_now:
            details |= {"target_was": each.target_was.isoformat(), "target_now": each.target_now.isoformat()}
        unit.record(
            EventKind.CLOCK_MOVED,
            partnership_id=clock.case.partnership_id,
            case_id=clock.case_id,
            details=details,
        )


@dataclass(slots=True)
class HolidayChanges:
    """The days that a list changes. `stay` are past days that it no longer has: they stay bank holidays."""

    known_to: date
    added: dict[date, str] = field(default_factory=dict)
    changed: dict[date, tuple[str, str]] = field(default_factory=dict)
    dropped: dict[date, str] = field(default_factory=dict)
    stay: dict[date, str] = field(default_factory=dict)
    clocks: list[DueDateChange] = field(default_factory=list)


def load_holidays(unit: Unit, listed: Mapping[date, str], *, source: str, leave_clocks: bool = False) -> HolidayChanges:
    """Store a list of bank holidays, recalculate every running clock, and record each change in the case's history.

    The list covers the years from its first to its last day and no others. Loaded again, it changes nothing. With
    `leave_clocks` no due date changes yet: each waits until somebody of its partnership approves. Raises NotAllowed
    for anybody but the operator.
    """
    unit.actor.require_operator()
    before = unit.calendar
    changes = _compare(before, listed, unit.today)
    after = _apply(before, changes)
    changes.known_to = after.last_day
    if changes.added or changes.changed or changes.dropped:
        _store(unit, changes, source)
    changes.clocks = due_date_changes(unit.session, after) if leave_clocks else change_due_dates(unit, after)
    return changes


def _compare(before: Calendar, listed: Mapping[date, str], today: date) -> HolidayChanges:
    years = range(min(listed).year, max(listed).year + 1)
    changes = HolidayChanges(known_to=before.last_day)
    for day, title in sorted(listed.items()):
        if day not in before.days:
            changes.added[day] = title
        elif before.days[day] != title:
            changes.changed[day] = (before.days[day], title)
    for day, title in before.days.items():
        if day.year in years and day not in listed:
            (changes.stay if day < today else changes.dropped)[day] = title
    return changes


def _apply(before: Calendar, changes: HolidayChanges) -> Calendar:
    titles = {day: now for day, (_, now) in changes.changed.items()}
    days = {**before.days, **changes.added, **titles}
    return calendar_of({day: title for day, title in days.items() if day not in changes.dropped}, before.others)


def _store(unit: Unit, changes: HolidayChanges, source: str) -> None:
    load = HolidayLoad(
        source=source, known_to=changes.known_to, loaded_at=unit.now, loaded_by=unit.actor.signature[:200]
    )
    unit.session.add(load)
    unit.session.flush()
    now = {**changes.added, **{day: title for day, (_, title) in changes.changed.items()}}
    for day in (*now, *changes.dropped):
        unit.session.merge(BankHoliday(day=day, title=now.get(day), load_id=load.id))
    unit.session.flush()
