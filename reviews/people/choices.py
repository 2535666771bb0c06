"""Which agencies, people and recommendations can be chosen in a form or a filter?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.models import Agency, Case, Membership, Person, Recommendation


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody an action can be given to, with the first of their posts in the partnership."""

    person_id: int
    name: str
    email: str
    job_title: str
    agency_id: int
    agency: str

    @property
    def in_words(self) -> str:
        """What tells people of one name apart."""
        return f"{self.name}, {self.job_title}, {self.agency}"


def agencies(
    session: Session, actor: Actor, partnership_id: int | None = None, *, ended: bool = False
) -> Sequence[tuple[int, str]]:
    """Give number and name of the agencies of one partnership of the actor's, or of all theirs: of those that go on.

    A filter of what has been asks for those that have ended too.
    """
    query = sa.select(Agency.id, Agency.name).where(visible(actor, Agency)).order_by(Agency.name, Agency.id)
    if not ended:
        query = query.where(Agency.ended_on.is_(None))
    if partnership_id is not None:
        query = query.where(Agency.partnership_id == partnership_id)
    return [(row.id, row.name) for row in session.execute(query)]


def owners(session: Session, actor: Actor, partnership_id: int) -> list[Owner]:
    """Give everybody with an open account and a role in the partnership today, by name."""
    rows: Iterable[Any] = session.execute(
        sa.select(Person.id, Person.name, Person.email, Membership.job_title, Agency.id, Agency.name)
        .join(Membership, Membership.person_id == Person.id)
        .join(Agency, Agency.id == Membership.agency_id)
        .where(
            visible(actor, Membership),
            Membership.partnership_id == partnership_id,
            Membership.ended_on.is_(None),
            Person.disabled_at.is_(None),
        )
        .order_by(Person.name, Person.id, Membership.id)
    )
    found: dict[int, Owner] = {}
    for row in rows:
        found.setdefault(row[0], Owner(*row))
    return list(found.values())


def person_name(session: Session, actor: Actor, person_id: int) -> str:
    """Give the name of a person the actor works with; empty for anybody else."""
    return session.scalar(sa.select(Person.name).where(Person.id == person_id, visible(actor, Person))) or ""


def recommendations(session: Session, actor: Actor, case: Case) -> Sequence[Recommendation]:
    """Give what a case that the actor may see asks for, in the order it was written down."""
    return session.scalars(
        sa.select(Recommendation)
        .where(Recommendation.case_id == case.id, visible(actor, Recommendation))
        .order_by(Recommendation.id)
    ).all()
