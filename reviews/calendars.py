"""Which bank holidays does this installation know?"""

from datetime import date
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.models.holiday import BankHoliday
from workflows.bank_holidays import BUNDLED, Calendar, calendar_of


def present_calendar(session: Session) -> Calendar:
    """Give what the product brings, changed by what was loaded; read each time, as another process may load."""
    rows = session.execute(sa.select(BankHoliday.day, BankHoliday.title).order_by(BankHoliday.day))
    return _changed(tuple((day, title) for day, title in rows))


@lru_cache(maxsize=8)
def _changed(rows: tuple[tuple[date, str | None], ...]) -> Calendar:
    if not rows:
        return BUNDLED
    days = {**BUNDLED.days, **dict(rows)}
    return calendar_of({day: title for day, title in days.items() if title is not None})
