"""Whom does a name in a tracker mean?"""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.models import Agency, Membership, Person
from reviews.permissions import Actor
from reviews.visibility import visible


@dataclass(frozen=True, slots=True)
class Known:
    person_id: int
    agency_id: int


@dataclass(frozen=True, slots=True)
class Directory:
    """The people and agencies of a partnership by what they are called, in lower case."""

    people: dict[str, Known]
    agencies: dict[str, int]

    def person(self, text: str) -> Known | None:
        return self.people.get(_plain(text))

    def agency(self, text: str) -> int | None:
        return self.agencies.get(_plain(text))


def directory(session: Session, actor: Actor, partnership_id: int) -> Directory:
    """Read everybody who works there. A name or job title that two people share means nobody."""
    rows = session.execute(
        sa.select(Person.id, Membership.agency_id, Person.email, Person.name, Membership.job_title)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.partnership_id == partnership_id,
            Membership.ended_on.is_(None),
            Person.disabled_at.is_(None),
            visible(actor, Membership),
        )
        .order_by(Membership.id)
    ).all()
    called: dict[str, dict[int, Known]] = {}
    for person_id, agency_id, *words in rows:
        for text in words:
            called.setdefault(_plain(text), {}).setdefault(person_id, Known(person_id, agency_id))
    agencies = session.execute(
        sa.select(Agency.name, Agency.id).where(Agency.partnership_id == partnership_id, visible(actor, Agency))
    )
    return Directory(
        people={text: next(iter(known.values())) for text, known in called.items() if len(known) == 1},
        agencies={_plain(name): key for name, key in agencies},
    )


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
