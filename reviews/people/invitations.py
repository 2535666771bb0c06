"""Invitations: asking people in by mail, again, no more, and whom to ask."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, NotAllowed, Permission
from reviews.access.visibility import visible
from reviews.models import (
    AccountLink,
    AccountMail,
    AccountMailKind,
    Agency,
    EventKind,
    Invitation,
    LinkPurpose,
    Membership,
    Partnership,
    Person,
)
from reviews.models.people import name_here
from reviews.people.account_links import find_link, spend_links
from reviews.people.accounts import single_line
from reviews.people.memberships import NOT_ALLOWED_CHILD_DEATH_ROLE
from reviews.people.queries import without_way_in
from reviews.people.sign_in import record_of_account
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role

MOST_INVITED = 500
OPERATOR = "whoever runs Followthrough"


@dataclass(frozen=True, slots=True)
class PersonToInvite:
    """Somebody who has no way in, with the roles they hold in the partnership."""

    person_id: int
    name: str
    email: str
    agency: str
    job_title: str
    roles: tuple[Role, ...]


def people_to_invite(session: Session, actor: Actor, partnership_id: int) -> list[PersonToInvite]:
    """Give everybody of a partnership who has no way in and whom the actor may invite, by name."""
    actor.require(Permission.MANAGE_PEOPLE, partnership_id)
    rows: Iterable[Any] = session.execute(
        sa.select(Person.id, name_here(), Person.email, Agency.name, Membership.job_title, Membership.role)
        .join(Membership, Membership.person_id == Person.id)
        .join(Agency, Agency.id == Membership.agency_id)
        .where(
            visible(actor, Membership),
            Membership.partnership_id == partnership_id,
            Membership.ended_on.is_(None),
            without_way_in(),
        )
        .order_by(name_here(), Person.id, Membership.id)
    )
    found: dict[int, PersonToInvite] = {}
    for person_id, name, email, agency, job_title, role in rows:
        first = found.get(person_id) or PersonToInvite(person_id, name, email, agency, job_title, ())
        found[person_id] = replace(first, roles=(*first.roles, role))
    return [each for each in found.values() if any(actor.may_give(role, partnership_id) for role in each.roles)]


def has_way_in(session: Session, partnership_id: int, person_id: int) -> bool:
    """Whether somebody with a role in a partnership can sign in, as far as it knows."""
    here = (Membership.person_id == person_id, Membership.partnership_id == partnership_id)
    without = sa.select(Person.id).join(Membership, Membership.person_id == Person.id).where(*here, without_way_in())
    return session.scalar(without.limit(1)) is None


def invite(unit: Unit, partnership_id: int, person_id: int) -> Invitation:
    """Mail a person of the partnership a link with which they come in; where they are invited already, one more.

    Raises NotFound, NotAllowed for somebody whose roles the actor may not give, and Refused for somebody who can sign
    in or has left.
    """
    person = _person(unit, partnership_id, person_id)
    if has_way_in(unit.session, partnership_id, person_id):
        if person.disabled_at is not None:
            raise Refused(f"The account of {person.name} is disabled, so you cannot invite them.")
        raise Refused(f"{person.name} can sign in already. They need no invitation.")
    invitation = open_invitation(unit.session, partnership_id, person_id)
    if invitation is None:
        invitation = Invitation(
            person_id=person.id,
            partnership_id=partnership_id,
            invited_by=OPERATOR if unit.actor.is_system else unit.actor.name,
            invited_at=unit.now,
        )
        unit.session.add(invitation)
        unit.session.flush()
    if not _is_mail_waiting(unit, invitation):
        unit.session.add(
            AccountMail(
                kind=AccountMailKind.INVITATION,
                email=person.email,
                person_id=person.id,
                partnership_id=partnership_id,
                invitation_id=invitation.id,
                asked_at=unit.now,
            )
        )
    unit.record(EventKind.PERSON_INVITED, partnership_id=partnership_id, details={"person": person.id})
    return invitation


def invite_all(unit: Unit, partnership_id: int, person_ids: Collection[int]) -> int:
    """Invite those of these people who still have no way in and whom the actor may invite; gives how many.

    Raises NotAllowed, and Refused for more than MOST_INVITED.
    """
    if len(person_ids) > MOST_INVITED:
        raise Refused(f"You can invite at most {MOST_INVITED} people at once.")
    there = {each.person_id for each in people_to_invite(unit.session, unit.actor, partnership_id)}
    chosen = sorted(there.intersection(person_ids))
    for person_id in chosen:
        invite(unit, partnership_id, person_id)
    return len(chosen)


def withdraw_invitation(unit: Unit, partnership_id: int, person_id: int) -> None:
    """End an invitation: none of its links works any more.

    Raises NotFound, NotAllowed, and Refused where none is open.
    """
    person = _person(unit, partnership_id, person_id)
    invitation = open_invitation(unit.session, partnership_id, person_id)
    if invitation is None:
        raise Refused(f"{person.name} has no invitation that you can withdraw.")
    invitation.withdrawn_at = unit.now
    unit.record(EventKind.INVITATION_WITHDRAWN, partnership_id=partnership_id, details={"person": person.id})


def open_invitation(session: Session, partnership_id: int, person_id: int) -> Invitation | None:
    """Give the invitation of a person that was neither used nor withdrawn."""
    query = sa.select(Invitation).where(
        Invitation.person_id == person_id,
        Invitation.partnership_id == partnership_id,
        Invitation.used_at.is_(None),
        Invitation.withdrawn_at.is_(None),
    )
    return session.scalars(query.order_by(Invitation.id.desc())).first()


def invitation_of(session: Session, link: AccountLink) -> tuple[Invitation, str]:
    """Give the invitation that a link belongs to, and the name of the partnership that invites. Raises NotFound."""
    query = sa.select(Invitation, Partnership.name).join(Partnership, Partnership.id == Invitation.partnership_id)
    row = session.execute(query.where(Invitation.id == link.invitation_id)).first()
    if row is None:
        raise NotFound
    return row[0], row[1]


def note_opened(unit: Unit, token: str) -> None:
    """Note that the page of an invitation was opened; that need not have been its person. Raises NotFound and Gone."""
    link, _ = find_link(unit.session, LinkPurpose.INVITATION, token, now=unit.now)
    first = sa.update(Invitation).where(Invitation.id == link.invitation_id, Invitation.opened_at.is_(None))
    unit.session.execute(first.values(opened_at=unit.now))


def accept_invitation(unit: Unit, token: str, *, name: str = "") -> Person:
    """Spend an invitation, and give its person, by whatever means they will sign in. Raises NotFound, Gone, Refused.

    Who sets a password gives it next, and who comes from the council's sign-in keeps that identity: this asks for none.
    """
    _, person = find_link(unit.session, LinkPurpose.INVITATION, token, now=unit.now, lock=True)
    if name:
        person.name = single_line(name, "name")
    return accept_for(unit, person)


def accept_for(unit: Unit, person: Person) -> Person:
    """Spend every link of an invited person, whose row is locked."""
    spend_links(unit, person)
    record_of_account(unit, EventKind.INVITATION_ACCEPTED, person)
    return person


def _person(unit: Unit, partnership_id: int, person_id: int) -> Person:
    """Find and lock somebody who works in the partnership, whom the actor may invite."""
    unit.actor.require(Permission.MANAGE_PEOPLE, partnership_id)
    roles = unit.session.scalars(
        sa.select(Membership.role).where(
            visible(unit.actor, Membership),
            Membership.person_id == person_id,
            Membership.partnership_id == partnership_id,
            Membership.ended_on.is_(None),
        )
    ).all()
    if not roles:
        raise NotFound
    if not any(unit.actor.may_give(role, partnership_id) for role in roles):
        raise NotAllowed(NOT_ALLOWED_CHILD_DEATH_ROLE)
    return unit.session.scalars(sa.select(Person).where(Person.id == person_id).with_for_update(of=Person)).one()


def _is_mail_waiting(unit: Unit, invitation: Invitation) -> bool:
    unwritten = (AccountMail.invitation_id == invitation.id, AccountMail.written_at.is_(None))
    return unit.session.scalar(sa.select(AccountMail.id).where(*unwritten).limit(1)) is not None
