"""Partnerships, agencies and accounts: adding them, giving roles, addresses and passwords."""

import re

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from reviews.access.permissions import NotAllowed, Permission, needs_second_person, realm_of
from reviews.access.visibility import visible
from reviews.models import Agency, AgencyKind, EventKind, Membership, Partner, Partnership, Person
from reviews.people.memberships import give_membership, refuse_held, require_current_agency, require_may_give
from reviews.people.role_requests import ask_for_role, settle_given
from reviews.people.sign_in import end_sessions
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.core.vocabulary import Realm, Role

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{1,39}")
ADDRESS = re.compile(r"[^@\s<>,;:\"\\]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")

NOT_TO_ONESELF = (
    "You cannot give a role to yourself. Ask somebody else who manages people here, or whoever runs Followthrough."
)


def add_partnership(unit: Unit, *, code: str, name: str) -> Partnership:
    """Set up a partnership; only the operator can. Raises Refused for a code that cannot stand in an address."""
    unit.actor.require_operator()
    if not CODE.fullmatch(code):
        raise Refused("The code must be 2 to 40 letters, digits, hyphens or underscores, such as ANYSHIRE.")
    partnership = Partnership(code=code.upper(), name=single_line(name, "name"))
    unit.session.add(partnership)
    unit.session.flush()
    return partnership


def add_agency(unit: Unit, partnership: Partnership, *, name: str, kind: AgencyKind = AgencyKind.OTHER) -> Agency:
    """Add an agency. One of a statutory kind is a safeguarding partner of the partnership."""
    unit.actor.require(Permission.MANAGE_PEOPLE, partnership.id)
    name = single_line(name, "name")
    same_name = sa.func.lower(Agency.name) == name.lower()
    if unit.session.scalar(sa.select(Agency.id).where(Agency.partnership_id == partnership.id, same_name)) is not None:
        raise Refused(f"{partnership.code} already has an agency of that name.")
    agency = Agency(partnership_id=partnership.id, name=name, kind=kind)
    unit.session.add(agency)
    unit.session.flush()
    if kind is not AgencyKind.OTHER:
        unit.session.add(Partner(agency_id=agency.id, from_on=None, until_on=None))
    return agency


def add_person(
    unit: Unit,
    partnership: Partnership,
    *,
    email: str,
    name: str,
    job_title: str,
    agency: Agency,
    role: Role,
    password_hash: str | None = None,
) -> Person:
    """Give a person one role in a partnership. Somebody who has an account gets the further role and keeps their name.

    A role that has ended is reopened. One that needs a second person waits for them, unless it is given at the
    terminal (`needs_second_person`). Raises Refused for an agency that has ended or a disabled account, and NotAllowed
    for a role that the actor may not give, or gives to themself.
    """
    require_may_give(unit.actor, role, partnership.id)
    address = address_of(email)
    person = unit.session.scalars(sa.select(Person).where(Person.email == address)).first()
    if person is not None and person.id == unit.actor.person_id:
        raise NotAllowed(NOT_TO_ONESELF)
    if person is None:
        person = Person(email=address, name=single_line(name, "name"), password_hash=password_hash)
        unit.session.add(person)
        unit.session.flush()
    elif person.disabled_at is not None:
        raise Refused(f"The account of {address} is disabled, so you cannot give it a role.")
    require_current_agency(unit, agency.id)
    title = single_line(job_title, "job title")
    refuse_held(unit, person, partnership, role)
    if needs_second_person(unit.actor, role):
        ask_for_role(unit, person, partnership, agency=agency, role=role, job_title=title)
    else:
        settle_given(unit, person, partnership, role)
        give_membership(unit, person, partnership, agency_id=agency.id, role=role, job_title=title)
    return person


def address_of(email: str) -> str:
    """Give an e-mail address as it is stored, in lower case; raises Refused."""
    address = email.strip().lower()
    if not ADDRESS.fullmatch(address) or len(address) > 254:
        raise Refused("Enter an e-mail address in the correct format, such as name@example.com.")
    return address


def set_password(unit: Unit, *, email: str, password_hash: str) -> None:
    """Set a password, and end every session begun with the old one; only the operator can. Raises NotFound."""
    unit.actor.require_operator()
    person = unit.session.scalars(sa.select(Person).where(Person.email == email.strip().lower())).first()
    if person is None:
        raise NotFound
    person.password_hash, person.failed_sign_ins, person.locked_until = password_hash, 0, None
    end_sessions(unit, person)


def single_line(text: str, what: str) -> str:
    """Give a name or title on one line with single spaces; raises Refused."""
    line = " ".join(text.split())
    if not line or len(line) > 200 or not line.isprintable():
        raise Refused(f"The {what} must be one line of 1 to 200 characters.")
    return line


NOT_ALLOWED_CHILD_DEATH_ADDRESS = (
    "Only the CDOP manager who also looks after the addresses of the partnership, or whoever runs Followthrough, "
    "can change the address of somebody who works in child death review."
)


def change_email(unit: Unit, *, email: str, to: str) -> Person:
    """Change the address a person signs in with and is mailed at. Sessions go on; the history has the old address.

    The actor must hold the permission in each partnership the person works in. Raises NotFound, NotAllowed, and Refused
    for an address that is wrong or taken, and for a disabled account.
    """
    person = _find_person(unit, email)
    partnership_ids = _partnerships_of(unit, person)
    address = address_of(to)
    if person.disabled_at is not None or not partnership_ids:
        raise Refused(f"{person.name} has left, so their address cannot be changed.")
    if address == person.email:
        raise Refused("They already have this address. Enter a new one.")
    previous, person.email = person.email, address
    try:
        unit.session.flush()
    except IntegrityError:
        raise Refused(f"Somebody else already has the address {address}.") from None
    for partnership_id in partnership_ids:
        details = {"person": person.id, "was": previous}
        unit.record(EventKind.EMAIL_CHANGED, partnership_id=partnership_id, details=details)
    return person


def _find_person(unit: Unit, email: str) -> Person:
    query = sa.select(Person).where(Person.email == email.strip().lower(), visible(unit.actor, Person))
    person = unit.session.scalars(query.with_for_update(of=Person)).first()
    if person is None:
        raise NotFound
    return person


def _partnerships_of(unit: Unit, person: Person) -> list[int]:
    """Give the partnerships somebody works in; requires the permission in all, as mail about all is affected."""
    memberships = unit.session.execute(
        sa.select(Membership.partnership_id, Membership.role)
        .where(Membership.person_id == person.id, Membership.ended_on.is_(None))
        .order_by(Membership.id)
    ).all()
    for partnership_id, role in memberships:
        unit.actor.require(Permission.CHANGE_ADDRESSES, partnership_id)
        if realm_of(role) is Realm.CHILD_DEATHS and not unit.actor.manages_child_deaths(partnership_id):
            raise NotAllowed(NOT_ALLOWED_CHILD_DEATH_ADDRESS)
    return sorted({partnership_id for partnership_id, _ in memberships})
