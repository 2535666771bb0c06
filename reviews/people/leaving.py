"""What does somebody who leaves leave behind, and with whom would it be parked?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.models import Action, Agency, Membership, Partnership, Person
from reviews.transactions.unit_of_work import NotFound
from workflows.core.roles import Realm, Role


@dataclass(frozen=True, slots=True)
class Keeper:
    """Somebody who looks after what has no owner: an agency's lead, or the CDOP manager."""

    person_id: int
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class LeftAction:
    """One open action of somebody. `seen` is false where the reader may not see it: then it is named nowhere."""

    keeper: Keeper | None
    id: int
    case_id: int
    reference: str
    address: str
    title: str
    owner_text: str
    realm: Realm
    partnership_id: int
    partnership: str
    agency_id: int | None
    agency: str | None
    seen: bool

    @property
    def full_reference(self) -> str:
        """Tell it from an action of the same reference in another partnership."""
        return f"{self.partnership}:{self.reference}"


def roles_held(session: Session, actor: Actor, person_id: int) -> tuple[Person, Sequence[Membership]]:
    """Give somebody the actor works with, and all their roles of today; NotFound otherwise."""
    known = (Person.id == person_id, visible(actor, Person))
    person = session.scalars(sa.select(Person).where(*known)).first()
    if person is None:
        raise NotFound
    held = sa.select(Membership).where(Membership.person_id == person_id, Membership.ended_on.is_(None))
    return person, session.scalars(held.order_by(Membership.id)).all()


def left_by(
    session: Session, actor: Actor, person_id: int, partnership_ids: Sequence[int], *, lock: bool = False
) -> list[LeftAction]:
    """List the open actions somebody owns in some partnerships, by reference; `lock` keeps them from changing."""
    query = (
        sa.select(
            Action.id,
            Action.case_id,
            Action.reference,
            Action.address,
            Action.title,
            Action.owner_text,
            Action.realm,
            Action.partnership_id,
            Partnership.code,
            Action.lead_agency_id,
            Agency.name,
            visible(actor, Action).label("seen"),
        )
        .join(Partnership, Partnership.id == Action.partnership_id)
        .outerjoin(Agency, Agency.id == Action.lead_agency_id)
        .where(Action.owner_id == person_id, Action.ended_on.is_(None), Action.partnership_id.in_(partnership_ids))
        .order_by(Action.reference, Action.id)
    )
    if lock:
        query = query.with_for_update(of=Action, key_share=True)
    rows: list[Any] = [*session.execute(query)]
    keepers = _keepers(session, person_id, partnership_ids)
    return [LeftAction(_keeper(keepers, row), *row) for row in rows]


def _keepers(
    session: Session, leaver_id: int, partnership_ids: Sequence[int]
) -> Mapping[tuple[Role, int, int | None], Keeper]:
    """Give the first lead of each agency and the first CDOP manager of each partnership, the leaver left out."""
    rows = session.execute(
        sa.select(
            Membership.role, Membership.partnership_id, Membership.agency_id, Person.id, Person.name, Person.email
        )
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.partnership_id.in_(partnership_ids),
            Membership.role.in_([Role.AGENCY_LEAD, Role.CDOP_MANAGER]),
            Membership.ended_on.is_(None),
            Person.disabled_at.is_(None),
            Person.id != leaver_id,
        )
        .order_by(Membership.id)
    )
    found: dict[tuple[Role, int, int | None], Keeper] = {}
    for role, place, agency, person_id, name, email in rows:
        key = (role, place, agency if role is Role.AGENCY_LEAD else None)
        found.setdefault(key, Keeper(person_id, name, email))
    return found


def _keeper(keepers: Mapping[tuple[Role, int, int | None], Keeper], row: Any) -> Keeper | None:
    """An action of child death review goes to no agency lead: what is known there stays there."""
    if row.realm is Realm.CHILD_DEATHS:
        return keepers.get((Role.CDOP_MANAGER, row.partnership_id, None))
    return keepers.get((Role.AGENCY_LEAD, row.partnership_id, row.lead_agency_id))
