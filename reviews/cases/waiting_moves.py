"""Which moves wait for a person's approval, and which bank holidays are known from where?"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, Permission
from reviews.access.visibility import in_realms_of, visible
from reviews.cases.due_date_changes import MovedClock, moved_clocks
from reviews.definitions.calendars import present_calendar
from reviews.models import BankHoliday, Case, HolidayLoad

RECENT = timedelta(days=60)
"""So long after a load the other pages say that moves wait: later it is not worth the time it takes to count."""


def waiting_moves(session: Session, actor: Actor, *, partnership_id: int) -> list[MovedClock]:
    """List what is theirs to approve in a partnership; nothing where they may not."""
    if not actor.may(Permission.MOVE_CLOCKS, partnership_id):
        return []
    return moved_clocks(session, present_calendar(session), theirs_to_move(actor, partnership_id))


def moves_to_mention(session: Session, actor: Actor, *, partnership_id: int, now: datetime) -> int:
    """Count what waits for their approval soon after a load, and 0 at any other time."""
    if not actor.may(Permission.MOVE_CLOCKS, partnership_id):
        return 0
    lately = session.scalar(sa.select(sa.exists().where(HolidayLoad.loaded_at > now - RECENT)))
    return len(waiting_moves(session, actor, partnership_id=partnership_id)) if lately else 0


def theirs_to_move(actor: Actor, partnership_id: int) -> sa.ColumnElement[bool]:
    """Give the condition on the cases whose clocks are theirs to move: the permission counts in its own realm."""
    return (
        (Case.partnership_id == partnership_id)
        & visible(actor, Case)
        & in_realms_of(actor, Case, Permission.MOVE_CLOCKS)
    )


def holiday_loads(session: Session) -> Sequence[HolidayLoad]:
    """List the lists that were loaded, the newest first."""
    return session.scalars(sa.select(HolidayLoad).order_by(HolidayLoad.loaded_at.desc(), HolidayLoad.id.desc())).all()


def loaded_days(session: Session) -> dict[int, list[tuple[date, str | None]]]:
    """Give the days each list changed, by its number, with their titles; None where it is no bank holiday any more.

    A day that a later list changed again stands with that one alone.
    """
    found: dict[int, list[tuple[date, str | None]]] = {}
    query = sa.select(BankHoliday.load_id, BankHoliday.day, BankHoliday.title).order_by(BankHoliday.day)
    for load_id, day, title in session.execute(query):
        found.setdefault(load_id, []).append((day, title))
    return found


def coming_holidays(session: Session, today: date) -> list[tuple[date, str]]:
    """List the bank holidays that are known from today on."""
    return [(day, title) for day, title in present_calendar(session).days.items() if day >= today]
