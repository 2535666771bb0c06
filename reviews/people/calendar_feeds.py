"""What falls due for a person, on which day: their own actions, their agency's parts, the clocks of their cases?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from secrets import token_urlsafe
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from reviews.access.permissions import Actor, system
from reviews.access.visibility import visible
from reviews.core.clock import Clock
from reviews.core.db import Database
from reviews.definitions.catalogue import present_catalogue
from reviews.models import (
    Action,
    ActionPart,
    CalendarFeed,
    Case,
    CaseClock,
    Event,
    EventKind,
    Membership,
    PartState,
    Person,
)
from reviews.people.accounts import hash_token
from reviews.people.queries import actor_by_email
from reviews.transactions.unit_of_work import NotFound, Unit, unit_of_work
from workflows.core.engine import Refused
from workflows.core.vocabulary import Realm, Role
from workflows.definitions.action import OPEN

PAST, AHEAD = timedelta(days=90), timedelta(days=730)
MOST_DAYS = 1000
"""Of each sort, the earliest first: what somebody sees to from a calendar is far less."""
Around = aliased(Case)
Changes: TypeAlias = Mapping[int, tuple[int, datetime]]


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One thing that falls due. `key` names it for as long as it is there; `title` is empty unless it is safe to mail.

    `path` begins the address of its page, `code` is its partnership. It has changed `changes` times, last at
    `changed_at`, where that is known.
    """

    key: str
    on: date
    words: str
    title: str
    path: tuple[str, str]
    code: str
    changes: int
    changed_at: datetime | None


def calendar_days(session: Session, actor: Actor, *, today: date) -> list[CalendarDay]:
    """Give the last 90 days and the next two years, by date. What is done, submitted or held is left out.

    Only of partnerships in which the actor holds a role today: what somebody owned there before is theirs no more.
    """
    codes = {post.partnership_id: post.partnership_code for post in actor.posts}
    between = (today - PAST, today + AHEAD)
    found = [
        *_actions(session, actor, codes, between),
        *_parts(session, actor, codes, between),
        *_clocks(session, actor, codes, between),
    ]
    return sorted(found, key=lambda day: (day.on, day.key))


def _actions(session: Session, actor: Actor, codes: Mapping[int, str], between: tuple[date, date]) -> list[CalendarDay]:
    own = sa.or_(Action.owner_id == actor.person_id, Action.deputy_id == actor.person_id)
    query = _of_actions(actor, codes).where(own, Action.due_on.between(*between)).order_by(Action.due_on, Action.id)
    rows = session.execute(query.add_columns(Action.id.label("key"), Action.due_on.label("on")).limit(MOST_DAYS)).all()
    changes = _changes(session, Event.action_id, {row.id for row in rows})
    return [_of_action(row, f"action-{row.key}", "Action {} is due", codes, changes) for row in rows]


def _parts(session: Session, actor: Actor, codes: Mapping[int, str], between: tuple[date, date]) -> list[CalendarDay]:
    """In child death review no agency's lead sees an action."""
    led = sorted({post.agency_id for post in actor.posts if post.role is Role.AGENCY_LEAD})
    if not led:
        return []
    due_on = sa.func.coalesce(ActionPart.due_on, Action.due_on, type_=sa.Date)
    query = (
        _of_actions(actor, codes)
        .join(ActionPart, ActionPart.action_id == Action.id)
        .where(ActionPart.agency_id.in_(led), ActionPart.state == PartState.OPEN)
        .where(Action.realm == Realm.REVIEWS, due_on.between(*between))
        .order_by(due_on, ActionPart.id)
    )
    rows = session.execute(query.add_columns(ActionPart.id.label("key"), due_on.label("on")).limit(MOST_DAYS)).all()
    changes = _changes(session, Event.action_id, {row.id for row in rows})
    return [
        _of_action(row, f"part-{row.key}", "Your agency's part of action {} is due", codes, changes) for row in rows
    ]


def _of_actions(actor: Actor, codes: Mapping[int, str]) -> sa.Select[*tuple[Any, ...]]:
    title = sa.case((Action.title_safe_to_mail, Action.title), else_="").label("title")
    return sa.select(Action.id, Action.reference, Action.address, title, Action.partnership_id).where(
        Action.partnership_id.in_(sorted(codes)),
        Action.ended_on.is_(None),
        Action.stage.in_(sorted(OPEN)),
        visible(actor, Action),
    )


def _of_action(row: Any, key: str, words: str, codes: Mapping[int, str], changes: Changes) -> CalendarDay:
    count, last = changes.get(row.id, (0, None))
    path, code = ("actions", row.address), codes[row.partnership_id]
    return CalendarDay(key, row.on, words.format(row.reference), row.title, path, code, count, last)


def _clocks(session: Session, actor: Actor, codes: Mapping[int, str], between: tuple[date, date]) -> list[CalendarDay]:
    """Read what runs in the open cases of the tracker, and in the small ones inside them."""
    rows = session.execute(
        sa.select(CaseClock.id, CaseClock.name, CaseClock.due_on)
        .add_columns(CaseClock.case_id, Case.reference, Case.workflow, Case.workflow_version, Case.partnership_id)
        .join(Case, Case.id == CaseClock.case_id)
        .outerjoin(Around, Around.id == Case.parent_id)
        .where(Case.partnership_id.in_(sorted(codes)), visible(actor, Case))
        .where(Case.closed_on.is_(None), Around.closed_on.is_(None))
        .where(CaseClock.met_on.is_(None), CaseClock.dropped_on.is_(None), CaseClock.due_on.between(*between))
        .order_by(CaseClock.due_on, CaseClock.id)
        .limit(MOST_DAYS)
    ).all()
    changes, catalogue = _changes(session, Event.case_id, {row.case_id for row in rows}), present_catalogue(session)
    found = []
    for row in rows:
        title = catalogue.deadline(row.workflow, row.workflow_version, row.name).title
        words, path = f"Case {row.reference}: {title} is due", ("cases", row.reference)
        key, code = f"clock-{row.id}", codes[row.partnership_id]
        found.append(CalendarDay(key, row.due_on, words, "", path, code, *changes.get(row.case_id, (0, None))))
    return found


def _changes(session: Session, column: Any, ids: Iterable[int]) -> Changes:
    """Count what the history has of each, and when the last was recorded."""
    rows = session.execute(
        sa.select(column, sa.func.count(), sa.func.max(Event.recorded_at))
        .where(column.in_(sorted(ids)))
        .group_by(column)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


LONGEST_NAME = 100
MOST_FEEDS = 10
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
    if (unit.session.scalar(sa.select(sa.func.count()).select_from(CalendarFeed).where(*own)) or 0) >= MOST_FEEDS:
        raise Refused(f"You have {MOST_FEEDS} calendars already. Revoke one that nobody reads any more.")
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


def feeds_of(session: Session, actor: Actor) -> Sequence[CalendarFeed]:
    """List the actor's own feeds that are not revoked, the oldest first."""
    own = (CalendarFeed.person_id == actor.person_id, CalendarFeed.revoked_at.is_(None))
    return session.scalars(sa.select(CalendarFeed).where(*own).order_by(CalendarFeed.id)).all()


def feed_numbered(session: Session, actor: Actor, number: int) -> CalendarFeed:
    """Find one of the actor's own feeds that is not revoked; raises NotFound."""
    found = next((feed for feed in feeds_of(session, actor) if feed.id == number), None)
    if found is None:
        raise NotFound
    return found


def feed_opened(session: Session, token: str, *, today: date) -> tuple[CalendarFeed, Actor]:
    """Give the feed of a token, and the person as whom it is read.

    Raises NotFound alike for one that never was, one that is revoked, and one of a person who has no account or role.
    """
    row = session.execute(
        sa.select(CalendarFeed, Person.email)
        .join(Person, Person.id == CalendarFeed.person_id)
        .where(CalendarFeed.token_hash == hash_token(token), CalendarFeed.revoked_at.is_(None))
    ).first()
    if row is None:
        raise NotFound
    actor = actor_by_email(session, row.email, today=today)
    if not actor.posts:
        raise NotFound
    return row[0], actor
