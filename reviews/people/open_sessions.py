"""The sessions of a person: which are open, and ending them."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.models import EventKind, Person, SignIn
from reviews.people.queries import DEFAULT_LIMITS, SessionLimits
from reviews.people.sign_in import end_sessions, record_of_account
from reviews.transactions.unit_of_work import NotFound, Unit


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A browser that is signed in. `key` names it on the page of its person, and lets nobody in."""

    key: str
    browser: str
    started_at: datetime
    seen_at: datetime


def open_sessions(
    session: Session, person_id: int, now: datetime, *, limits: SessionLimits = DEFAULT_LIMITS
) -> list[OpenSession]:
    """Give the sessions of a person that have not ended, the one last used first."""
    query = sa.select(SignIn.token_hash, SignIn.browser, SignIn.started_at, SignIn.seen_at).where(
        *_open(person_id, now, limits)
    )
    rows = session.execute(query.order_by(SignIn.seen_at.desc(), SignIn.token_hash))
    return [OpenSession(*row) for row in rows]


def end_session(unit: Unit, key: str) -> None:
    """End one session of one's own. Raises NotFound for any other, and for one that is over."""
    person = unit.session.get_one(Person, unit.actor.person_id)
    theirs = (*_open(person.id, unit.now), SignIn.token_hash == key)
    if not _end(unit, person, *theirs):
        raise NotFound


def end_other_sessions(unit: Unit, token_hash: str) -> int:
    """End all sessions of one's own but that of the token with this hash, and give how many."""
    person = unit.session.get_one(Person, unit.actor.person_id)
    return _end(unit, person, *_open(person.id, unit.now), SignIn.token_hash != token_hash)


def end_all_sessions(unit: Unit, *, email: str) -> int:
    """End every session of a person, for the operator; gives how many. Raises NotFound."""
    unit.actor.require_operator()
    person = unit.session.scalars(sa.select(Person).where(Person.email == email.strip().lower())).first()
    if person is None:
        raise NotFound
    ended = len(open_sessions(unit.session, person.id, unit.now))
    end_sessions(unit, person)
    if ended:
        record_of_account(unit, EventKind.SESSIONS_ENDED, person, sessions=ended)
    return ended


def _end(unit: Unit, person: Person, *conditions: sa.ColumnElement[bool]) -> int:
    ended = unit.session.execute(
        sa.update(SignIn).where(*conditions).values(ended_at=unit.now).returning(SignIn.token_hash)
    ).all()
    if ended:
        record_of_account(unit, EventKind.SESSIONS_ENDED, person, sessions=len(ended))
    return len(ended)


def _open(person_id: int, now: datetime, limits: SessionLimits = DEFAULT_LIMITS) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        SignIn.person_id == person_id,
        SignIn.ended_at.is_(None),
        SignIn.seen_at > now - limits.idle,
        SignIn.started_at > now - limits.longest,
    )
