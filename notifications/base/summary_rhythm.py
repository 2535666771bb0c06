"""How often somebody gets the summary by mail, and on which mornings."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.models import SummaryRhythm
from reviews.core.clock import local_day
from reviews.models import Person
from workflows.core.bank_holidays import Calendar

SUMMARY = "summary"
"""The kind of letter with the summary: it has no lines about single actions or clocks."""
BEFORE_A_MEETING = 2
"""Working days; our own rule: time to ask, and near enough to be true on the day."""
DAY, HORIZON = timedelta(days=1), timedelta(days=400)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")


class Rhythm(StrEnum):
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    MEETING = "meeting"


@dataclass(frozen=True, slots=True)
class SummaryChoice:
    """One person's choice in one partnership. `last_on` is the morning on which it was last due and dealt with."""

    id: int
    partnership_id: int
    person_id: int
    email: str
    rhythm: Rhythm
    weekday: int
    meeting_on: date | None
    chosen_on: date
    last_on: date | None

    def comes_on(self, calendar: Calendar, today: date) -> date | None:
        """Return the morning on which the summary was due, if it is to be sent today: today or the latest one missed.

        A weekday or first of the month that is no working day is moved to the next one. Nothing is due on the day of
        the choice, or after the meeting.
        """
        on = self._latest(calendar, today)
        if on is None or not self.chosen_on < on <= today:
            return None
        return on if self.last_on is None or self.last_on < on else None

    def next_on(self, calendar: Calendar, today: date) -> date | None:
        """Return the next working morning on which it comes, today included; None after the meeting."""
        days = (today + n * DAY for n in range(HORIZON.days))
        return next((day for day in days if calendar.is_working_day(day) and self.comes_on(calendar, day)), None)

    def _latest(self, calendar: Calendar, today: date) -> date | None:
        match self.rhythm:
            case Rhythm.WEEKLY:
                return calendar.next_working_day(today - (today.weekday() - self.weekday) % 7 * DAY)
            case Rhythm.MONTHLY:
                return next(first for month in _months(today) if (first := calendar.next_working_day(month)) <= today)
            case Rhythm.MEETING if self.meeting_on is not None and today <= self.meeting_on:
                first = calendar.next_working_day(self.chosen_on + DAY)  # where the meeting is nearer than that
                return max(first, calendar.nth_working_day(self.meeting_on, BEFORE_A_MEETING, -1))
        return None


def read_summary_choices(
    session: Session, *, partnership_ids: Collection[int], person_id: int | None = None
) -> list[SummaryChoice]:
    """Read in one query the choices in some partnerships of people with an open account, or of one person."""
    columns = (SummaryRhythm.id, SummaryRhythm.partnership_id, SummaryRhythm.person_id, Person.email)
    chosen = (SummaryRhythm.rhythm, SummaryRhythm.weekday, SummaryRhythm.meeting_on)
    rows = session.execute(
        sa.select(*columns, *chosen, SummaryRhythm.chosen_at, SummaryRhythm.last_on)
        .join(Person, Person.id == SummaryRhythm.person_id)
        .where(SummaryRhythm.partnership_id.in_(partnership_ids), Person.disabled_at.is_(None))
        .where(sa.true() if person_id is None else Person.id == person_id)
        .order_by(SummaryRhythm.id)
    )
    return [
        SummaryChoice(*row[:4], Rhythm(row.rhythm), *row[5:7], local_day(row.chosen_at), row.last_on) for row in rows
    ]


def _months(today: date) -> Iterator[date]:
    """The first days of this month and of the month before."""
    first = today.replace(day=1)
    yield first
    yield (first - DAY).replace(day=1)
