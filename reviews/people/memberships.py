"""Giving a role to a person: who may, for which agency, and the row of it."""

from datetime import date

import sqlalchemy as sa

from reviews.access.permissions import Actor, NotAllowed, Permission
from reviews.models import Agency, EventKind, Membership, Partnership, Person, RoleRequest
from reviews.models.people import known_as_in
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role

NOT_ALLOWED_CHILD_DEATH_ROLE = (
    "Only the CDOP manager who also manages the people of the partnership, or whoever runs Followthrough, "
    "can give a role in child death review."
)


def require_may_give(actor: Actor, role: Role, partnership_id: int) -> None:
    """Raise NotAllowed for who does not manage people, and for a role in child death review they may not give."""
    actor.require(Permission.MANAGE_PEOPLE, partnership_id)
    if not actor.may_give(role, partnership_id):
        raise NotAllowed(NOT_ALLOWED_CHILD_DEATH_ROLE)


def give_membership(
    unit: Unit, person: Person, partnership: Partnership, *, agency_id: int, role: Role, job_title: str, known_as: str
) -> None:
    """Write the row of a role, new or ended before, and its event. Raises Refused for a role they have."""
    membership = _row(unit, person, partnership, role)
    membership.agency_id, membership.job_title, membership.ended_on = agency_id, job_title, None
    membership.earlier_agency_ids, membership.known_as = [], known_as
    unit.session.flush()
    details = {"person": person.id, "role": role.value}
    unit.record(EventKind.PERSON_ADDED, partnership_id=partnership.id, details=details)


def refuse_held(unit: Unit, person: Person, partnership: Partnership, role: Role) -> Membership | None:
    """Give the row of a role that has ended, None where there is none; raises Refused for a role they have."""
    query = sa.select(Membership).where(
        Membership.person_id == person.id, Membership.partnership_id == partnership.id, Membership.role == role
    )
    membership = unit.session.scalars(query).first()
    if membership is not None and membership.ended_on is None:
        called = name_given(unit, person, partnership) or person.name
        raise Refused(f"{called} already has the role {role.in_sentence} in this partnership.")
    return membership


def _row(unit: Unit, person: Person, partnership: Partnership, role: Role) -> Membership:
    membership = refuse_held(unit, person, partnership, role)
    if membership is None:
        membership = Membership(person_id=person.id, partnership_id=partnership.id, role=role)
        unit.session.add(membership)
    return membership


def name_given(unit: Unit, person: Person, partnership: Partnership) -> str:
    """Give the name that a partnership gave to a person whose account it did not know; "" for anybody else."""
    return (
        unit.session.scalar(sa.select(known_as_in(partnership.id, person.id)))
        or unit.session.scalar(
            sa.select(RoleRequest.known_as).where(
                RoleRequest.person_id == person.id,
                RoleRequest.partnership_id == partnership.id,
                RoleRequest.known_as != "",
                RoleRequest.answered_at.is_(None),
            )
        )
        or ""
    )


def require_current_agency(unit: Unit, agency_id: int) -> None:
    """Refuse an agency that has ended; waits for a transaction that is just ending it."""
    query = sa.select(Agency.name, Agency.ended_on).where(Agency.id == agency_id)
    row = unit.session.execute(query.with_for_update(read=True, key_share=True)).first()
    if row is not None:
        refuse_ended_agency(row.name, row.ended_on)


def refuse_ended_agency(name: str, ended_on: date | None) -> None:
    if ended_on is not None:
        raise Refused(f"{name} ended on {ended_on:%-d %B %Y}. Choose the agency that replaced it.")
