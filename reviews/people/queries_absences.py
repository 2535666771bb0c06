"""Who is away, who stands in for them, and for whom may this person say so?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from reviews.access.permissions import Actor, Permission
from reviews.access.visibility import absences_kept_by, visible
from reviews.models import Absence, Membership, Partnership, Person
from workflows.core.roles import Role

KEPT_DAYS = 90
"""How many days an absence that is over stays on the page."""


@dataclass(frozen=True, slots=True)
class AbsenceLine:
    """`may_end` tells whether the reader may say that the person is back, or call it off."""

    number: int
    person_id: int
    name: str
    email: str
    deputy_id: int
    deputy: str
    deputy_email: str
    partnership_id: int
    partnership: str
    from_on: date
    until_on: date
    ended_at: datetime | None
    may_end: bool

    def standing(self, today: date) -> str:
        if self.ended_at is not None or self.until_on < today:
            return "over"
        return "away" if self.from_on <= today else "to come"


def absences(session: Session, actor: Actor, *, today: date, partnership_id: int | None = None) -> list[AbsenceLine]:
    """List the absences the actor may know of, by their first day; what has long been over is left out."""
    deputy = aliased(Person)
    wanted = [visible(actor, Absence), Absence.until_on >= today - timedelta(days=KEPT_DAYS)]
    if partnership_id is not None:
        wanted.append(Absence.partnership_id == partnership_id)
    rows: Iterable[Any] = session.execute(
        sa.select(
            Absence.id,
            Person.id,
            Person.name,
            Person.email,
            deputy.id,
            deputy.name,
            deputy.email,
            Partnership.id,
            Partnership.name,
            Absence.from_on,
            Absence.until_on,
            Absence.ended_at,
            sa.and_(Absence.ended_at.is_(None), Absence.until_on >= today, absences_kept_by(actor)),
        )
        .join(Person, Person.id == Absence.person_id)
        .join(deputy, deputy.id == Absence.deputy_id)
        .join(Partnership, Partnership.id == Absence.partnership_id)
        .where(*wanted)
        .order_by(Absence.from_on, Absence.id)
    )
    return [AbsenceLine(*row) for row in rows]


def overlapping(session: Session, partnership_id: int, person_id: int, from_on: date, until_on: date) -> Absence | None:
    """Give an absence of a person that has days in common with these, and was not called off."""
    query = sa.select(Absence).where(
        Absence.partnership_id == partnership_id,
        Absence.person_id == person_id,
        Absence.ended_at.is_(None),
        Absence.from_on <= until_on,
        Absence.until_on >= from_on,
    )
    return session.scalars(query.order_by(Absence.from_on).limit(1)).first()


def may_record_for(session: Session, actor: Actor, partnership_id: int, person_id: int) -> bool:
    """Whether somebody's absence is the actor's to record: their own, of their agency's people, or of all."""
    if person_id == actor.person_id or actor.may(Permission.MANAGE_PEOPLE, partnership_id):
        return True
    led = _led(actor, partnership_id)
    works_for_them = sa.select(Membership.id).where(
        Membership.person_id == person_id, Membership.agency_id.in_(led), Membership.ended_on.is_(None)
    )
    return bool(led) and session.scalar(works_for_them.limit(1)) is not None


def absentees(session: Session, actor: Actor, partnership_id: int) -> list[tuple[str, str]]:
    """Give address and name of those whose absence the actor may record in a partnership, themself first."""
    rows = session.execute(
        sa.select(Person.id, Person.email, Person.name, Membership.agency_id)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.partnership_id == partnership_id,
            Membership.ended_on.is_(None),
            Person.disabled_at.is_(None),
            visible(actor, Membership),
        )
        .order_by(Person.id != actor.person_id, Person.name, Person.id)
    ).all()
    led, whole = _led(actor, partnership_id), actor.may(Permission.MANAGE_PEOPLE, partnership_id)
    theirs = (row for row in rows if whole or row.id == actor.person_id or row.agency_id in led)
    return list({row.email: row.name for row in theirs}.items())


def _led(actor: Actor, partnership_id: int) -> frozenset[int]:
    posts = actor.posts_in(partnership_id)
    return frozenset(post.agency_id for post in posts if post.role is Role.AGENCY_LEAD)
