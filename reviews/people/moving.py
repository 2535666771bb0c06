"""What moves when an agency is renamed, merged or split?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.models import Action, ActionStrand, Agency, Case, CaseAgency, Membership, Person, StrandState

Rows: TypeAlias = sa.Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Mover:
    """One action, request or person that has to go somewhere. `name` is its reference, or the e-mail address.

    `seen` is false where the reader may not see it: then it moves, and is named nowhere.
    """

    id: int
    name: str
    words: str
    agency_id: int | None
    case_id: int | None
    seen: bool


@dataclass(frozen=True, slots=True)
class Moving:
    """What hangs on some agencies today. `cases` are the open ones they are involved in, as pairs with the agency."""

    actions: Sequence[Mover]
    requests: Sequence[Mover]
    people: Sequence[Mover]
    cases: Sequence[tuple[int, int]]

    @property
    def seen(self) -> list[Mover]:
        """What the reader may choose for, the people last."""
        return [each for each in (*self.actions, *self.requests, *self.people) if each.seen]

    @property
    def has_unseen(self) -> bool:
        return any(not each.seen for each in (*self.actions, *self.requests))


def agencies_there(session: Session, actor: Actor, partnership_id: int, ids: Sequence[int]) -> Sequence[Agency]:
    """Give agencies of a partnership of the actor's by number; others are left out."""
    wanted = (Agency.id.in_(ids), Agency.partnership_id == partnership_id, visible(actor, Agency))
    return session.scalars(sa.select(Agency).where(*wanted).order_by(Agency.name, Agency.id)).all()


def what_moves(session: Session, actor: Actor, agencies: Sequence[Agency], *, lock: bool = False) -> Moving:
    """Read what moves with agencies of one partnership; `lock` keeps the actions and requests from changing."""
    ids = [agency.id for agency in agencies]
    places = {agency.partnership_id for agency in agencies}
    return Moving(
        actions=_movers(session, _actions(actor, ids, places), Action if lock else None),
        requests=_movers(session, _requests(actor, ids), Case if lock else None),
        people=_movers(session, _people(ids), None),
        cases=_cases(session, ids),
    )


def _movers(session: Session, query: Rows, locked: type[Any] | None) -> list[Mover]:
    if locked is not None:
        query = query.with_for_update(of=locked, key_share=True)
    return [Mover(row[0], row[1], row[2], row[3], row[4], bool(row[5])) for row in session.execute(query)]


def _actions(actor: Actor, ids: Sequence[int], places: set[int]) -> Rows:
    """An action moves with its lead agency, and with an agency that has not ended its part of it."""
    shared = sa.select(ActionStrand.action_id).where(
        ActionStrand.agency_id.in_(ids), ActionStrand.state == StrandState.OPEN
    )
    return (
        sa.select(
            Action.id,
            Action.reference,
            Action.title,
            Action.lead_agency_id,
            Action.case_id,
            visible(actor, Action).label("seen"),
        )
        .where(
            Action.partnership_id.in_(places),
            Action.ended_on.is_(None),
            Action.lead_agency_id.in_(ids) | Action.id.in_(shared),
        )
        .order_by(Action.id)
    )


def _requests(actor: Actor, ids: Sequence[int]) -> Rows:
    return (
        sa.select(Case.id, Case.reference, Case.title, CaseAgency.agency_id, Case.id, visible(actor, Case))
        .join(CaseAgency, CaseAgency.case_id == Case.id)
        .where(Case.parent_id.is_not(None), Case.closed_on.is_(None), CaseAgency.agency_id.in_(ids))
        .order_by(Case.id)
    )


def _people(ids: Sequence[int]) -> Rows:
    """Whoever has an open account and works for one of the agencies, once."""
    posts = sa.select(Membership.person_id).where(Membership.agency_id.in_(ids), Membership.ended_on.is_(None))
    return (
        sa.select(Person.id, Person.email, Person.name, sa.null(), sa.null(), sa.true())
        .where(Person.id.in_(posts), Person.disabled_at.is_(None))
        .order_by(Person.name, Person.id)
    )


def _cases(session: Session, ids: Sequence[int]) -> list[tuple[int, int]]:
    rows = session.execute(
        sa.select(CaseAgency.case_id, CaseAgency.agency_id)
        .join(Case, Case.id == CaseAgency.case_id)
        .where(Case.parent_id.is_(None), Case.closed_on.is_(None), CaseAgency.agency_id.in_(ids))
        .order_by(CaseAgency.case_id, CaseAgency.agency_id)
    )
    return [(row[0], row[1]) for row in rows]
