"""Whom does a name in a tracker mean?"""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.models import Agency, Membership, Person
from reviews.people.succession import heirs_of


@dataclass(frozen=True, slots=True)
class Known:
    person_id: int
    agency_id: int


@dataclass(frozen=True, slots=True)
class Directory:
    """The people and agencies of a partnership by what they are called, in lower case."""

    people: dict[str, Known]
    agencies: dict[str, int]
    split: frozenset[str] = frozenset()
    """Names of agencies that have ended, and in whose place several go on."""

    def person(self, text: str) -> Known | None:
        return self.people.get(_plain(text))

    def agency(self, text: str) -> int | None:
        """Give the agency of that name, or the one that goes on in its place where it has ended."""
        return self.agencies.get(_plain(text))

    def is_split(self, text: str) -> bool:
        return _plain(text) in self.split


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
    agencies = _agencies(session, actor, partnership_id)
    return Directory(
        people={text: next(iter(known.values())) for text, known in called.items() if len(known) == 1},
        agencies={name: next(iter(heirs)) for name, heirs in agencies.items() if len(heirs) == 1},
        split=frozenset(name for name, heirs in agencies.items() if len(heirs) > 1),
    )


def _agencies(session: Session, actor: Actor, partnership_id: int) -> dict[str, frozenset[int]]:
    """Give by name each agency that goes on, and for one that has ended those in its place."""
    rows = session.execute(
        sa.select(Agency.name, Agency.id).where(Agency.partnership_id == partnership_id, visible(actor, Agency))
    )
    heirs = heirs_of(session, partnership_id)
    return {_plain(name): heirs.get(key, frozenset({key})) for name, key in rows}


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
