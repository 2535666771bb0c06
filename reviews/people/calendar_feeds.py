"""Calendar feeds: the dates of a person's actions, of their agency's parts and of the clocks they may see."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from secrets import token_urlsafe
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from reviews.access.permissions import Actor, system
from reviews.access.shown import note_reader
from reviews.access.visibility import visible
from reviews.core.clock import Clock
from reviews.core.db import Database
from reviews.definitions.installed import present_catalogue
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
from reviews.models.actions import name_in_mails
from reviews.people.queries import actor_by_email
from reviews.people.sign_in import hash_token
from reviews.transactions.unit_of_work import NotFound, Unit, unit_of_work
from workflows.core.days import PartialDay, Precision, due_in_words, known_day
from workflows.core.engine import Refused
from workflows.core.vocabulary import Realm, Role
from workflows.definitions.action import OPEN

PAST, AHEAD = timedelta(days=90), timedelta(days=730)
MOST_ENTRIES = 1000
"""The most actions, parts and clocks in one feed, of each the earliest; a person has far fewer."""
ParentCase = aliased(Case)
ChangesById: TypeAlias = Mapping[int, tuple[int, datetime]]


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One entry of a feed. `key` never changes; `title` is empty unless it is safe to mail.

    `path` is the beginning of the address of its page, `code` that of its partnership. It has changed `changes` times,
    last at `changed_at`, where that is known.
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
    """Give the entries from 90 days ago to two years ahead, by date, without what is done, submitted or held.

    Only partnerships in which the actor holds a role today are read.
    """
    codes = {assignment.partnership_id: assignment.partnership_code for assignment in actor.roles_held}
    between = (today - PAST, today + AHEAD)
    found = [
        *_actions(session, actor, codes, between),
        *_parts(session, actor, codes, between),
        *_clocks(session, actor, codes, between),
    ]
    return sorted(found, key=lambda day: (day.on, day.key))


def _actions(session: Session, actor: Actor, codes: Mapping[int, str], between: tuple[date, date]) -> list[CalendarDay]:
    theirs = sa.or_(Action.owner_id == actor.person_id, Action.deputy_id == actor.person_id)
    query = _of_actions(actor, codes).where(theirs, Action.due_on.between(*between)).order_by(Action.due_on, Action.id)
    rows = session.execute(
        query.add_columns(Action.id.label("key"), Action.due_on.label("on"), Action.due_known_to).limit(MOST_ENTRIES)
    ).all()
    changes = _changes(session, Event.action_id, {row.id for row in rows})
    return [_of_action(row, f"action-{row.key}", _due_words(row.on, row.due_known_to), codes, changes) for row in rows]


def _due_words(due_on: date, known_to: Precision) -> str:
    """Say what falls on the last day of a month that is not known more closely."""
    day = known_day(due_on, known_to)
    return f"Action {{}} is due {due_in_words(day)}" if isinstance(day, PartialDay) else "Action {} is due"


def _parts(session: Session, actor: Actor, codes: Mapping[int, str], between: tuple[date, date]) -> list[CalendarDay]:
    """Read the open parts of the agencies the actor leads; in child death review no agency lead sees an action."""
    led = sorted({assignment.agency_id for assignment in actor.roles_held if assignment.role is Role.AGENCY_LEAD})
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
    rows = session.execute(query.add_columns(ActionPart.id.label("key"), due_on.label("on")).limit(MOST_ENTRIES)).all()
    changes = _changes(session, Event.action_id, {row.id for row in rows})
    return [
        _of_action(row, f"part-{row.key}", "Your agency's part of action {} is due", codes, changes) for row in rows
    ]


def _of_actions(actor: Actor, codes: Mapping[int, str]) -> sa.Select[*tuple[Any, ...]]:
    title = name_in_mails().label("title")
    return sa.select(Action.id, Action.reference, Action.address, title, Action.partnership_id).where(
        Action.partnership_id.in_(sorted(codes)),
        Action.ended_on.is_(None),
        Action.stage.in_(sorted(OPEN)),
        Action.awaiting_status.is_(False),
        visible(actor, Action),
    )


def _of_action(row: Any, key: str, words: str, codes: Mapping[int, str], changes: ChangesById) -> CalendarDay:
    count, last = changes.get(row.id, (0, None))
    path, code = ("actions", row.address), codes[row.partnership_id]
    return CalendarDay(key, row.on, words.format(row.reference), row.title, path, code, count, last)


def _clocks(session: Session, actor: Actor, codes: Mapping[int, str], between: tuple[date, date]) -> list[CalendarDay]:
    """Read the running clocks of open cases, and of the open small cases of open cases."""
    rows = session.execute(
        sa.select(CaseClock.id, CaseClock.name, CaseClock.due_on)
        .add_columns(CaseClock.case_id, Case.reference, Case.workflow, Case.workflow_version, Case.partnership_id)
        .join(Case, Case.id == CaseClock.case_id)
        .outerjoin(ParentCase, ParentCase.id == Case.parent_id)
        .where(Case.partnership_id.in_(sorted(codes)), visible(actor, Case))
        .where(Case.closed_on.is_(None), ParentCase.closed_on.is_(None))
        .where(CaseClock.met_on.is_(None), CaseClock.dropped_on.is_(None), CaseClock.due_on.between(*between))
        .order_by(CaseClock.due_on, CaseClock.id)
        .limit(MOST_ENTRIES)
    ).all()
    changes, catalogue = _changes(session, Event.case_id, {row.case_id for row in rows}), present_catalogue(session)
    found = []
    for row in rows:
        title = catalogue.deadline(row.workflow, row.workflow_version, row.name).title
        words, path = f"Case {row.reference}: {title} is due", ("cases", row.reference)
        key, code = f"clock-{row.id}", codes[row.partnership_id]
        found.append(CalendarDay(key, row.due_on, words, "", path, code, *changes.get(row.case_id, (0, None))))
    return found


def _changes(session: Session, column: Any, ids: Iterable[int]) -> ChangesById:
    """Give the number of events of each, and when the last was recorded."""
    rows = session.execute(
        sa.select(column, sa.func.count(), sa.func.max(Event.recorded_at))
        .where(column.in_(sorted(ids)))
        .group_by(column)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


LONGEST_NAME = 100
MOST_FEEDS = 10
"""The most feeds a person may have at a time."""
READ_RECORDED_EVERY = timedelta(hours=1)


def make_calendar(unit: Unit, *, name: str) -> tuple[CalendarFeed, str]:
    """Make a feed for the actor, and give it with its token, of which only the hash is stored. Raises Refused."""
    person_id, name = _person(unit), name.strip()
    if not name:
        raise Refused("Enter what the calendar is for, such as the phone that reads it.")
    if len(name) > LONGEST_NAME:
        raise Refused(f"The name must be {LONGEST_NAME} characters or fewer.")
    theirs = (CalendarFeed.person_id == person_id, CalendarFeed.revoked_at.is_(None))
    if (unit.session.scalar(sa.select(sa.func.count()).select_from(CalendarFeed).where(*theirs)) or 0) >= MOST_FEEDS:
        raise Refused(f"You already have {MOST_FEEDS} calendars. Revoke one that you no longer use.")
    token = token_urlsafe(32)
    feed = CalendarFeed(person_id=person_id, name=name, token_hash=hash_token(token), made_at=unit.now)
    unit.session.add(feed)
    unit.session.flush()
    _record(unit, EventKind.CALENDAR_MADE, feed, {assignment.partnership_id for assignment in unit.actor.roles_held})
    return feed, token


def revoke_calendar(unit: Unit, number: int) -> CalendarFeed:
    """Revoke a feed of the actor: its address then reads as one that never existed. Raises NotFound."""
    theirs = (CalendarFeed.person_id == unit.actor.person_id, CalendarFeed.revoked_at.is_(None))
    query = sa.select(CalendarFeed).where(CalendarFeed.id == number, *theirs)
    feed = unit.session.scalars(query.with_for_update()).first()
    if feed is None:
        raise NotFound
    feed.revoked_at = unit.now
    partnership_ids = sa.select(Membership.partnership_id).where(Membership.person_id == feed.person_id).distinct()
    _record(unit, EventKind.CALENDAR_REVOKED, feed, unit.session.scalars(partnership_ids))
    return feed


def record_read(database: Database, clock: Clock, feed: CalendarFeed) -> None:
    """Record when a feed was last read: once an hour at most, as some programs read every few minutes."""
    if feed.read_at is not None and clock.now() - feed.read_at < READ_RECORDED_EVERY:
        return
    with unit_of_work(database, system("calendar"), clock) as unit:
        unit.session.execute(sa.update(CalendarFeed).where(CalendarFeed.id == feed.id).values(read_at=unit.now))


def _person(unit: Unit) -> int:
    if unit.actor.person_id is None or not unit.actor.roles_held:
        raise Refused("Only a person who holds a role can have a calendar.")
    return unit.actor.person_id


def _record(unit: Unit, kind: EventKind, feed: CalendarFeed, partnerships: Iterable[int]) -> None:
    # without the name of the feed, which is nobody else's business
    for partnership_id in sorted(partnerships):
        unit.record(kind, partnership_id=partnership_id, details={"person": feed.person_id, "calendar": feed.id})


def feeds_of(session: Session, actor: Actor) -> Sequence[CalendarFeed]:
    """List the actor's feeds that are not revoked, the oldest first."""
    theirs = (CalendarFeed.person_id == actor.person_id, CalendarFeed.revoked_at.is_(None))
    return session.scalars(sa.select(CalendarFeed).where(*theirs).order_by(CalendarFeed.id)).all()


def find_feed(session: Session, actor: Actor, number: int) -> CalendarFeed:
    """Find a feed of the actor that is not revoked; raises NotFound."""
    found = next((feed for feed in feeds_of(session, actor) if feed.id == number), None)
    if found is None:
        raise NotFound
    return found


def open_feed(session: Session, token: str, *, today: date) -> tuple[CalendarFeed, Actor]:
    """Give the feed of a token, and the person whose dates it has.

    Raises NotFound alike for an unknown and a revoked token, and for a person without an account or role.
    """
    row = session.execute(
        sa.select(CalendarFeed, Person.email)
        .join(Person, Person.id == CalendarFeed.person_id)
        .where(CalendarFeed.token_hash == hash_token(token), CalendarFeed.revoked_at.is_(None))
    ).first()
    if row is None:
        raise NotFound
    actor = actor_by_email(session, row.email, today=today)
    if not actor.roles_held:
        raise NotFound
    note_reader(actor)
    return row[0], actor
