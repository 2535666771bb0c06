"""Which bank holidays does this installation know?"""

from datetime import date
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.models.calendars import BankHoliday
from workflows.core.bank_holidays import BUNDLED, Calendar, calendar_of

_LOADED = sa.select(BankHoliday.day, BankHoliday.title).order_by(BankHoliday.day)


def present_calendar(session: Session) -> Calendar:
    """Give what the product brings, changed by what was loaded; read each time, as another process may load."""
    rows = session.execute(_LOADED)
    return _changed(tuple((day, title) for day, title in rows))


def earlier_calendars(session: Session) -> list[Calendar]:
    """Give what was known before each list that was loaded, the latest first.

    A day that a later list changed again is left out of those before it.
    """
    rows = session.execute(
        sa.select(BankHoliday.day, BankHoliday.title, BankHoliday.load_id).order_by(BankHoliday.day)
    ).all()
    loads = sorted({row.load_id for row in rows}, reverse=True)
    return [_changed(tuple((row.day, row.title) for row in rows if row.load_id < load)) for load in loads]


@lru_cache(maxsize=8)
def _changed(rows: tuple[tuple[date, str | None], ...]) -> Calendar:
    if not rows:
        return BUNDLED
    days = {**BUNDLED.days, **dict(rows)}
    return calendar_of({day: title for day, title in days.items() if title is not None})
