"""Date sums: the day on which a period ends, over the working days of England and Wales or of a division named."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from workflows.core.bank_holidays import BUNDLED, DIVISION, Calendar, Division

FIRST_YEAR, LAST_YEAR = 1900, 2200
"""The years of a sum, which may reach beyond those in which a day may be entered (workflows/core/days.py)."""
LONGEST_COUNT = 100_000
_WEEKEND = {5: "Saturday", 6: "Sunday"}


class Unit(StrEnum):
    WORKING_DAYS = "working-days"
    DAYS = "days"
    MONTHS = "months"
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time from a trigger day (day 0); `back` counts towards the past. ValueError for an absurd count.

    `bank_holidays` names the division whose working days are counted.
    """

    count: int
    unit: Unit
    back: bool = False
    bank_holidays: Division = DIVISION

    def __post_init__(self) -> None:
        if not 0 <= self.count <= LONGEST_COUNT:
            raise ValueError(f"A period must be a whole number from 0 to {LONGEST_COUNT:,}.")

    def __str__(self) -> str:
        words = self.unit.value.replace("-", " ").removesuffix("s" if self.count == 1 else "")
        if self.bank_holidays is not DIVISION:
            words += f" of {self.bank_holidays.in_words}"
        return f"{self.count} {words} before" if self.back else f"{self.count} {words}"


@dataclass(frozen=True, slots=True)
class DayStep:
    """One line of the working: the day, whether it counts towards the period, and why."""

    on: date
    counts: bool
    why: str


@dataclass(frozen=True, slots=True)
class Sum:
    """A computed date. `due_at` (Europe/London) is set only for hours counted from a moment."""

    due_on: date
    due_at: datetime | None
    provisional: bool
    steps: tuple[DayStep, ...]


@dataclass(frozen=True, slots=True)
class DayCount:
    """The days between two days, with the working."""

    days: int
    provisional: bool
    steps: tuple[DayStep, ...]


def add(start: date | datetime, period: Period, calendar: Calendar = BUNDLED) -> Sum:
    """The same date as `due_on`, with its working. The default calendar has the bank holidays of the product.

    Provisional: a day lies beyond the last loaded holiday year, or working days are counted before the first.
    """
    due = due_on(start, period, calendar)
    steps = _steps(_day(start), due, period, calendar)
    due_at = _due_at(start, period) if period.unit is Unit.HOURS and isinstance(start, datetime) else None
    return Sum(due, due_at, is_provisional(_day(start), due, period, calendar), steps)


def due_on(start: date | datetime, period: Period, calendar: Calendar = BUNDLED) -> date:
    """The due date alone. A moment counts from its day in Europe/London; without a zone it is London time.

    Hours from a plain date are whole days, rounded up. ValueError outside the years 1900 to 2200.
    """
    _require_year(start.year)
    sign = -1 if period.back else 1
    match period.unit:
        case Unit.WORKING_DAYS:
            due = calendar.of(period.bank_holidays).nth_working_day(_day(start), period.count, sign)
        case Unit.DAYS:
            due = _day(start) + timedelta(days=sign * period.count)
        case Unit.MONTHS:
            due = _months_on(_day(start), sign * period.count)
        case Unit.HOURS if isinstance(start, datetime):
            due = _due_at(start, period).date()
        case Unit.HOURS:
            due = start + timedelta(days=sign * -(-period.count // 24))
    _require_year(due.year)
    return due


def is_provisional(start: date, due: date, period: Period, calendar: Calendar = BUNDLED) -> bool:
    """Whether a date depends on bank holidays that are not known, as `add` defines it."""
    calendar = calendar.of(period.bank_holidays)
    if period.unit is not Unit.WORKING_DAYS:
        return due > calendar.last_day
    first = due if due == start else start + timedelta(days=-1 if period.back else 1)
    return max(first, due) > calendar.last_day or min(first, due).year < calendar.first_year


def count_between(
    start: date, end: date, unit: Unit, calendar: Calendar = BUNDLED, *, division: Division = DIVISION
) -> DayCount:
    """Count the days after `start` (day 0) up to and including `end`, backwards where `end` is earlier.

    ValueError for another unit than days and working days: those alone have one answer between two days.
    """
    if unit not in (Unit.DAYS, Unit.WORKING_DAYS):
        raise ValueError("Count between two days in working days or in days.")
    back, before = end < start, timedelta(days=1)
    if unit is Unit.DAYS:
        count = abs((end - start).days)
    elif back:
        count = calendar.of(division).working_days_between(end - before, start - before)
    else:
        count = calendar.of(division).working_days_between(start, end)
    period = Period(count, unit, back, division)
    return DayCount(count, is_provisional(start, end, period, calendar), _steps(start, end, period, calendar))


def _months_on(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    _require_year(year)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _due_at(start: datetime, period: Period) -> datetime:
    # counted in UTC, because 24 hours over the end of summer time are not the same time next day
    hours = timedelta(hours=-period.count if period.back else period.count)
    return _in_london(_in_london(start).astimezone(UTC) + hours)


def _day(start: date | datetime) -> date:
    return _in_london(start).date() if isinstance(start, datetime) else start


def _in_london(moment: datetime) -> datetime:
    london = ZoneInfo("Europe/London")
    return moment.replace(tzinfo=london) if moment.tzinfo is None else moment.astimezone(london)


def _require_year(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"Dates must lie in the years {FIRST_YEAR} to {LAST_YEAR}.")


def _steps(start: date, due: date, period: Period, calendar: Calendar) -> tuple[DayStep, ...]:
    if period.unit is Unit.WORKING_DAYS:
        return _working_day_steps(start, due, period, calendar)
    why = "weekends and bank holidays included"
    if period.unit is Unit.MONTHS:
        same = due.day == start.day
        why = "the same day of the month" if same else f"that month has no day {start.day}, so its last day"
    return (DayStep(due, True, f"{period}: {why}"),)


def _working_day_steps(start: date, due: date, period: Period, calendar: Calendar) -> tuple[DayStep, ...]:
    sign, steps, number, holidays = (-1 if period.back else 1), [], 0, calendar.of(period.bank_holidays)
    for distance in range(1, abs((due - start).days) + 1):
        day = start + timedelta(days=sign * distance)
        not_counted = _WEEKEND.get(day.weekday()) or holidays.title(day)
        number += not_counted is None
        steps.append(DayStep(day, not_counted is None, not_counted or f"day {number} of {period.count}"))
    return tuple(steps)
