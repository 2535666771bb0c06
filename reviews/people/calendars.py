"""How does a person get an address under which a calendar program reads their dates, and how does it end?"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from secrets import token_urlsafe

import sqlalchemy as sa

from reviews.access.permissions import system
from reviews.core.clock import Clock
from reviews.core.db import Database
from reviews.models import CalendarFeed, EventKind, Membership
from reviews.people.sign_ins import hash_token
from reviews.transactions.unit_of_work import NotFound, Unit, unit_of_work
from workflows.core.engine import Refused

LONGEST_NAME = 100
MOST = 10
"""Feeds of one person at a time: a phone, a laptop, a board on the wall; more are forgotten ones."""
NOTED_EVERY = timedelta(hours=1)


def make_calendar(unit: Unit, *, name: str) -> tuple[CalendarFeed, str]:
    """Make a feed of the actor's own, and give it with its token, which is kept nowhere. Raises Refused."""
    person_id, name = _person(unit), name.strip()
    if not name:
        raise Refused("Say what the calendar is for, such as the phone that reads it.")
    if len(name) > LONGEST_NAME:
        raise Refused(f"The name must be {LONGEST_NAME} characters or fewer.")
    own = (CalendarFeed.person_id == person_id, CalendarFeed.revoked_at.is_(None))
    if (unit.session.scalar(sa.select(sa.func.count()).select_from(CalendarFeed).where(*own)) or 0) >= MOST:
        raise Refused(f"You have {MOST} calendars already. Revoke one that nobody reads any more.")
    token = token_urlsafe(32)
    feed = CalendarFeed(person_id=person_id, name=name, token_hash=hash_token(token), made_at=unit.now)
    unit.session.add(feed)
    unit.session.flush()
    _record(unit, EventKind.CALENDAR_MADE, feed, {post.partnership_id for post in unit.actor.posts})
    return feed, token


def revoke_calendar(unit: Unit, number: int) -> CalendarFeed:
    """End a feed of the actor's own: its address is as if it had never been. Raises NotFound."""
    own = (CalendarFeed.person_id == unit.actor.person_id, CalendarFeed.revoked_at.is_(None))
    wanted = sa.select(CalendarFeed).where(CalendarFeed.id == number, *own)
    feed = unit.session.scalars(wanted.with_for_update()).first()
    if feed is None:
        raise NotFound
    feed.revoked_at = unit.now
    held = sa.select(Membership.partnership_id).where(Membership.person_id == feed.person_id).distinct()
    _record(unit, EventKind.CALENDAR_REVOKED, feed, unit.session.scalars(held))
    return feed


def note_read(database: Database, clock: Clock, feed: CalendarFeed) -> None:
    """Keep when a feed was last read: once an hour at most, as some programs come every few minutes."""
    if not _is_old(feed.read_at, clock.now()):
        return
    with unit_of_work(database, system("calendar"), clock) as unit:
        unit.session.execute(sa.update(CalendarFeed).where(CalendarFeed.id == feed.id).values(read_at=unit.now))


def _is_old(read_at: datetime | None, now: datetime) -> bool:
    return read_at is None or now - read_at >= NOTED_EVERY


def _person(unit: Unit) -> int:
    if unit.actor.person_id is None or not unit.actor.posts:
        raise Refused("A calendar is for a person who holds a role.")
    return unit.actor.person_id


def _record(unit: Unit, kind: EventKind, feed: CalendarFeed, partnerships: Iterable[int]) -> None:
    """The name stays out of the history: it is the person's own, of their own things."""
    for partnership_id in sorted(partnerships):
        unit.record(kind, partnership_id=partnership_id, details={"person": feed.person_id, "calendar": feed.id})
