"""Which calendars has a person made, and whose is the one that is read now?"""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.models import CalendarFeed, Person
from reviews.people.actors import actor_by_email
from reviews.people.sign_ins import hash_token
from reviews.transactions.unit_of_work import NotFound


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
