"""Partnerships, agencies and accounts: adding them, giving roles, addresses and passwords."""

import re
from collections.abc import Iterable

import sqlalchemy as sa

from reviews.access.permissions import NotAllowed, Permission, needs_second_person
from reviews.access.visibility import visible
from reviews.models import Agency, AgencyKind, EventKind, Partner, Partnership, Person
from reviews.people.memberships import (
    give_membership,
    name_given,
    refuse_held,
    require_current_agency,
    require_may_give,
)
from reviews.people.passwords import give_password
from reviews.people.role_requests import ask_for_role, settle_given
from reviews.people.sign_in import record_of_account
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role

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

    Where the actor does not know the account, as it is of another partnership, all goes as for a new one, whether it is
    open or disabled: the partnership calls them by the name given here. A role that has ended is reopened. One that
    needs a second person waits for them, unless it is given at the terminal (`needs_second_person`). Raises Refused for
    an agency that has ended or a disabled account, and NotAllowed for a role that the actor may not give, or gives to
    themself.
    """
    require_may_give(unit.actor, role, partnership.id)
    address = address_of(email)
    person = unit.session.scalars(sa.select(Person).where(Person.email == address)).first()
    if person is not None and person.id == unit.actor.person_id:
        raise NotAllowed(NOT_TO_ONESELF)
    known_as = _name_to_give(unit, person, partnership, name) if person else ""
    if person is None:
        require_allowed_domain(address, [partnership])
        person = Person(email=address, name=single_line(name, "name"), password_hash=password_hash)
        unit.session.add(person)
        unit.session.flush()
    elif person.disabled_at is not None and not known_as:
        raise Refused(f"The account of {address} is disabled, so you cannot give it a role.")
    require_current_agency(unit, agency.id)
    title = single_line(job_title, "job title")
    refuse_held(unit, person, partnership, role)
    if needs_second_person(unit.actor, role):
        ask_for_role(unit, person, partnership, agency=agency, role=role, job_title=title, known_as=known_as)
    else:
        settle_given(unit, person, partnership, role)
        give_membership(unit, person, partnership, agency_id=agency.id, role=role, job_title=title, known_as=known_as)
    return person


def address_of(email: str) -> str:
    """Give an e-mail address as it is stored, in lower case; raises Refused."""
    address = email.strip().lower()
    if not ADDRESS.fullmatch(address) or len(address) > 254:
        raise Refused("Enter an e-mail address in the correct format, such as name@example.com.")
    return address


def require_allowed_domain(address: str, partnerships: Iterable[Partnership]) -> None:
    """Refuse an address of a domain that one of the partnerships does not allow; one that names none allows any."""
    domain = address.rpartition("@")[2]
    for partnership in partnerships:
        allowed = partnership.email_domains
        if allowed and not any(domain == each or domain.endswith(f".{each}") for each in allowed):
            endings = " or ".join(f"@{each}" for each in allowed)
            raise Refused(f"{partnership.code} allows only addresses that end in {endings}.")


def set_password(unit: Unit, *, email: str, password_hash: str) -> Person:
    """Set a password, and end every session and link of before; only the operator can. Raises NotFound.

    The person is mailed that it was changed.
    """
    unit.actor.require_operator()
    person = unit.session.scalars(sa.select(Person).where(Person.email == email.strip().lower())).first()
    if person is None:
        raise NotFound
    give_password(unit, person, password_hash)
    return person


def change_name(unit: Unit, *, name: str) -> Person:
    """Change one's own name. Earlier rows of the history have the old one. Raises Refused."""
    person = unit.session.get_one(Person, unit.actor.person_id, with_for_update=True)
    previous, person.name = person.name, single_line(name, "name")
    if person.name != previous:
        record_of_account(unit, EventKind.NAME_CHANGED, person, was=previous)
    return person


def _name_to_give(unit: Unit, person: Person, partnership: Partnership, name: str) -> str:
    """Give the name by which a partnership is to call an account it does not know; "" for one that it knows."""
    seen = sa.select(Person.id).where(Person.id == person.id, visible(unit.actor, Person))
    if unit.session.scalar(seen) is None:
        return single_line(name, "name")
    return name_given(unit, person, partnership)


def single_line(text: str, what: str) -> str:
    """Give a name or title on one line with single spaces; raises Refused."""
    line = " ".join(text.split())
    if not line or len(line) > 200 or not line.isprintable():
        raise Refused(f"The {what} must be one line of 1 to 200 characters.")
    return line
