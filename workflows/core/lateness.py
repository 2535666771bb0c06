"""How late something is, in the unit its time is counted in."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from workflows.core.bank_holidays import Calendar
from workflows.core.working_days import Unit


class LateUnit(StrEnum):
    """The unit of lateness, as pages, mails and JSON say it."""

    WORKING_DAYS = "working days"
    DAYS = "days"
    HOURS = "hours"


LATE_UNITS = {
    Unit.WORKING_DAYS: LateUnit.WORKING_DAYS,
    Unit.DAYS: LateUnit.DAYS,
    Unit.MONTHS: LateUnit.DAYS,
    Unit.HOURS: LateUnit.HOURS,
}


@dataclass(frozen=True, slots=True)
class Lateness:
    """How far past its due day something was done, or is while it is not done.

    `least` and `most` differ where a day is known only roughly. From Friday to Saturday is late by no working day.
    """

    unit: LateUnit
    is_late: bool = False
    least: int = 0
    most: int = 0

    @property
    def exact(self) -> int | None:
        return self.least if self.least == self.most else None

    @property
    def amount(self) -> str:
        """Say how much: `3 working days`, `3 to 12 working days`; "" where it is in time."""
        if not self.may_be_late:
            return ""
        if self.most == 0:
            return "less than a working day"
        words = self.unit.removesuffix("s") if self.most == 1 else self.unit
        if self.exact is not None:
            return f"{self.most} {words}"
        return f"{self.least} to {self.most} {words}" if self.least else f"up to {self.most} {words}"

    @property
    def may_be_late(self) -> bool:
        """Whether it is late, or late on some of the days that it can have been."""
        return self.is_late or self.most > 0

    @property
    def in_words(self) -> str:
        """Say `3 working days late`; "" where it is in time."""
        if self.may_be_late and not self.is_late:
            return f"in time, or {self.amount} late"
        return f"{self.amount} late" if self.is_late else ""

    def as_data(self) -> dict[str, Any]:
        """Give it as every JSON has it: the number, or else the least and the most that it can be."""
        between = None if self.exact is not None else [self.least, self.most]
        return {"days_late": self.exact, "late_unit": self.unit.value, "days_late_between": between}


def days_past(due_on: date | None, until: date | None) -> Lateness:
    """Count in days, from a due day to the day it was done or to today; in time where either is missing."""
    days = (until - due_on).days if due_on is not None and until is not None else 0
    return Lateness(LateUnit.DAYS, is_late=True, least=days, most=days) if days > 0 else Lateness(LateUnit.DAYS)


def lateness(due_on: date, until: date, unit: Unit, calendar: Calendar) -> Lateness:
    """Count from the due day to the day it was done, or to today, in the unit its period is counted in.

    Months are late in days. Hours are whole days of 24, as the hour at which a step was done is not recorded.
    """
    late_unit, days = LATE_UNITS[unit], (until - due_on).days
    if days <= 0:
        return Lateness(late_unit)
    match late_unit:
        case LateUnit.WORKING_DAYS:
            late = calendar.working_days_between(due_on, until)
        case LateUnit.DAYS:
            late = days
        case LateUnit.HOURS:
            late = 24 * days
    return Lateness(late_unit, is_late=True, least=late, most=late)
