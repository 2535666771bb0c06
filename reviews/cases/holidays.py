"""What changes when a list of bank holidays is loaded?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from reviews.cases.due_date_changes import MovedClock, moved_clocks
from reviews.cases.moved_clocks import move_clocks
from reviews.models import BankHoliday, HolidayLoad
from reviews.transactions.unit_of_work import Unit
from workflows.core.bank_holidays import Calendar, calendar_of


@dataclass(slots=True)
class HolidayChanges:
    """Days by what becomes of them. `stay` are past days that the list no longer has: what was closed, was closed."""

    known_to: date
    added: dict[date, str] = field(default_factory=dict)
    changed: dict[date, tuple[str, str]] = field(default_factory=dict)
    dropped: dict[date, str] = field(default_factory=dict)
    stay: dict[date, str] = field(default_factory=dict)
    clocks: list[MovedClock] = field(default_factory=list)


def load_holidays(unit: Unit, listed: Mapping[date, str], *, source: str, leave_clocks: bool = False) -> HolidayChanges:
    """Take over a list, work out every running clock anew, and write each that moves into the history of its case.

    The list speaks for the years from its first to its last day and for no others. Loaded again, it changes nothing.
    With `leave_clocks` none moves yet: each waits until somebody of its partnership approves. Raises NotAllowed for
    anybody but the operator.
    """
    unit.actor.require_operator()
    before = unit.calendar
    changes = _compared(before, listed, unit.today)
    after = _applied(before, changes)
    changes.known_to = after.last_day
    if changes.added or changes.changed or changes.dropped:
        _store(unit, changes, source)
    changes.clocks = moved_clocks(unit.session, after) if leave_clocks else move_clocks(unit, after)
    return changes


def _compared(before: Calendar, listed: Mapping[date, str], today: date) -> HolidayChanges:
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


def _applied(before: Calendar, changes: HolidayChanges) -> Calendar:
    titles = {day: now for day, (_, now) in changes.changed.items()}
    days = {**before.days, **changes.added, **titles}
    return calendar_of({day: title for day, title in days.items() if day not in changes.dropped})


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
