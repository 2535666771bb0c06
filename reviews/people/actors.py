"""Who is this person, and which posts do they hold today?"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, Post
from reviews.core.clock import local_day
from reviews.models import Absence, Agency, CasePerson, Membership, Partnership, Person, SignIn
from reviews.transactions.unit_of_work import NotFound
from workflows.core.roles import Role

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
COLUMNS = (
    Person.id,
    Person.name,
    Person.email,
    Membership.partnership_id,
    Partnership.code,
    Partnership.name,
    Membership.agency_id,
    Agency.name,
    Membership.role,
    Membership.job_title,
    Absence.partnership_id.label("away_in"),
    Absence.person_id.label("away"),
)
TODAY = sa.bindparam("today", type_=sa.Date)
IS_DEPUTY = sa.and_(
    Absence.deputy_id == Person.id, Absence.from_on <= TODAY, Absence.until_on >= TODAY, Absence.ended_at.is_(None)
)

PEOPLE: sa.Select[*tuple[Any, ...]] = (
    sa.select(*COLUMNS)
    .select_from(Person)
    .outerjoin(Membership, (Membership.person_id == Person.id) & Membership.ended_on.is_(None))
    .outerjoin(Partnership, Partnership.id == Membership.partnership_id)
    .outerjoin(Agency, Agency.id == Membership.agency_id)
    .outerjoin(Absence, IS_DEPUTY)
    .where(Person.disabled_at.is_(None))
    .order_by(Membership.id, Absence.id)
)
SIGNED_IN: sa.Select[*tuple[Any, ...]] = (
    PEOPLE.add_columns(SignIn.seen_at)
    .join(SignIn, SignIn.person_id == Person.id)
    .where(
        SignIn.token_hash == sa.bindparam("token_hash"),
        SignIn.ended_at.is_(None),
        SignIn.seen_at > sa.bindparam("seen_after"),
        SignIn.started_at > sa.bindparam("started_after"),
    )
)
"""Asked with every page, and so built once."""


def actor_by_email(session: Session, email: str, *, today: date) -> Actor:
    """Find a person by address; raises NotFound for somebody unknown, or whose account is shut."""
    rows = session.execute(PEOPLE.where(Person.email == email.strip().lower()), {"today": today}).all()
    actor = _actor(session, rows, today)
    if actor is None:
        raise NotFound
    return actor


def actor_signed_in(session: Session, token_hash: str, *, now: datetime) -> tuple[Actor, datetime] | None:
    """Find who holds a session that is neither ended, idle for 30 minutes nor 12 hours old, and when last seen."""
    today = local_day(now)
    holder = {"token_hash": token_hash, "seen_after": now - IDLE, "started_after": now - LONGEST, "today": today}
    rows: Sequence[Any] = session.connection().execute(SIGNED_IN, holder).all()
    actor = _actor(session, rows, today)
    return (actor, rows[0][-1]) if actor else None


def _actor(session: Session, rows: Sequence[Any], today: date) -> Actor | None:
    if not rows:
        return None
    person_id, name, email = rows[0][:3]
    posts = tuple(dict.fromkeys(Post(*row[3:10]) for row in rows if row[3] is not None))
    reviews = any(post.role is Role.LEAD_REVIEWER for post in posts)
    return Actor(
        name=name,
        email=email,
        person_id=person_id,
        posts=posts,
        reviewing=_reviewing(session, person_id, today) if reviews else (),
        standing_in=tuple({(row.away_in, row.away): None for row in rows if row.away is not None}),
    )


def _reviewing(session: Session, person_id: int, today: date) -> tuple[int, ...]:
    in_time = CasePerson.until_on.is_(None) | (CasePerson.until_on >= today)
    return tuple(session.scalars(sa.select(CasePerson.case_id).where(CasePerson.person_id == person_id, in_time)))
