"""Bank holidays: reading lists in the format of GOV.UK, and the calendar as it is known here."""

import json
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.models.definitions import BankHoliday
from workflows.core.bank_holidays import BUNDLED, DIVISION, Calendar, calendar_of
from workflows.core.days import FIRST_YEAR, LAST_YEAR, is_credible
from workflows.core.engine import Refused

LONGEST_TITLE = 200
LARGEST_FILE = 5_000_000  # bytes


def read_feed(path: Path) -> dict[date, str]:
    """Read the days of England and Wales from the JSON that GOV.UK gives, whole or of this division alone.

    Raises Refused, with the entry that is wrong.
    """
    if path.stat().st_size > LARGEST_FILE:
        raise Refused(f"{path.name} is larger than 5 MB. A list of bank holidays is much smaller.")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise Refused(f"{path.name} is not a JSON document.") from error
    days: dict[date, str] = {}
    for number, event in enumerate(_events(found, path), start=1):
        day, title = _entry(event, number)
        if day in days:
            raise Refused(f"Entry {number}: {day} is listed twice.")
        days[day] = title
    return days


def _events(found: Any, path: Path) -> list[Any]:
    division_feed = found.get(DIVISION, found) if isinstance(found, Mapping) else None
    division = division_feed.get("division") if isinstance(division_feed, Mapping) else None
    events = division_feed.get("events") if isinstance(division_feed, Mapping) and division == DIVISION else None
    if not isinstance(events, list) or not events:
        raise Refused(f"{path.name} does not list the bank holidays of {DIVISION} in the format of GOV.UK.")
    return events


def _entry(event: Any, number: int) -> tuple[date, str]:
    title, written = (event.get("title"), event.get("date")) if isinstance(event, Mapping) else (None, None)
    if not isinstance(title, str) or not 0 < len(title.strip()) <= LONGEST_TITLE:
        raise Refused(f"Entry {number} has no title.")
    try:
        day = date.fromisoformat(str(written))
    except ValueError:
        raise Refused(f"Entry {number}, “{title}”, has no date such as 2026-12-25.") from None
    if not is_credible(day):
        raise Refused(f"Entry {number}: the date must be in the years {FIRST_YEAR} to {LAST_YEAR}.")
    return day, title.strip()


_LOADED = sa.select(BankHoliday.day, BankHoliday.title).order_by(BankHoliday.day)


def present_calendar(session: Session) -> Calendar:
    """Give the bank holidays of the product with the loaded changes. Read each time: another process may load some."""
    rows = session.execute(_LOADED)
    return _changed(tuple((day, title) for day, title in rows))


def earlier_calendars(session: Session) -> list[Calendar]:
    """Give the calendar as it was before each loaded list, the latest list first.

    Only the latest change of a day is stored, so a day that a later list changed again is missing before it.
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
    return calendar_of({day: title for day, title in days.items() if title is not None}, BUNDLED.others)
