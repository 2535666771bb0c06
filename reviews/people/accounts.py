"""Partnerships, agencies and accounts: adding them, giving roles, addresses and passwords."""

import re
from collections.abc import Iterable
from datetime import date

import sqlalchemy as sa

from reviews.access.permissions import NotAllowed, Permission
from reviews.access.visibility import visible
from reviews.models import Agency, AgencyKind, EventKind, Membership, Partner, Partnership, Person
from reviews.models.people import known_as_in
from reviews.people.passwords import give_password
from reviews.people.sign_in import record_of_account
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{1,39}")
ADDRESS = re.compile(r"[^@\s<>,;:\"\\]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")

NOT_ALLOWED_CHILD_DEATH_ROLE = (
    "Only the CDOP manager who also manages the people of the partnership, or whoever runs Followthrough, "
    "can give a role in child death review."
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
    open or disabled: the partnership calls them by the name given here. A role that has ended is reopened. Raises
    Refused for an agency that has ended or a disabled account, and NotAllowed for a role in child death review that the
    actor may not give.
    """
    unit.actor.require(Permission.MANAGE_PEOPLE, partnership.id)
    if not unit.actor.may_give(role, partnership.id):
        raise NotAllowed(NOT_ALLOWED_CHILD_DEATH_ROLE)
    address = address_of(email)
    person = unit.session.scalars(sa.select(Person).where(Person.email == address)).first()
    known_as = _name_to_give(unit, person, partnership, name) if person else ""
    if person is None:
        require_allowed_domain(address, [partnership])
        person = Person(email=address, name=single_line(name, "name"), password_hash=password_hash)
        unit.session.add(person)
        unit.session.flush()
    elif person.disabled_at is not None and not known_as:
        raise Refused(f"The account of {address} is disabled, so you cannot give it a role.")
    require_current_agency(unit, agency.id)
    membership = _membership(unit, person, partnership, role)
    membership.agency_id, membership.job_title, membership.ended_on = (
        agency.id,
        single_line(job_title, "job title"),
        None,
    )
    membership.earlier_agency_ids, membership.known_as = [], known_as
    unit.session.flush()
    unit.record(
        EventKind.PERSON_ADDED, partnership_id=partnership.id, details={"person": person.id, "role": role.value}
    )
    return person


def name_given(unit: Unit, person: Person, partnership: Partnership) -> str:
    """Give the name that a partnership gave to a person whose account it did not know; "" for anybody else."""
    return unit.session.scalar(sa.select(known_as_in(partnership.id, person.id))) or ""


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


def require_current_agency(unit: Unit, agency_id: int) -> None:
    """Refuse an agency that has ended; waits for a transaction that is just ending it."""
    query = sa.select(Agency.name, Agency.ended_on).where(Agency.id == agency_id)
    row = unit.session.execute(query.with_for_update(read=True, key_share=True)).first()
    if row is not None:
        refuse_ended_agency(row.name, row.ended_on)


def refuse_ended_agency(name: str, ended_on: date | None) -> None:
    if ended_on is not None:
        raise Refused(f"{name} ended on {ended_on:%-d %B %Y}. Choose the agency that replaced it.")


def _name_to_give(unit: Unit, person: Person, partnership: Partnership, name: str) -> str:
    """Give the name by which a partnership is to call an account it does not know; "" for one that it knows."""
    seen = sa.select(Person.id).where(Person.id == person.id, visible(unit.actor, Person))
    if unit.session.scalar(seen) is None:
        return single_line(name, "name")
    return name_given(unit, person, partnership)


def _membership(unit: Unit, person: Person, partnership: Partnership, role: Role) -> Membership:
    """Give the row of a role: a new one, or the one that has ended."""
    query = sa.select(Membership).where(
        Membership.person_id == person.id, Membership.partnership_id == partnership.id, Membership.role == role
    )
    membership = unit.session.scalars(query).first()
    if membership is None:
        membership = Membership(person_id=person.id, partnership_id=partnership.id, role=role)
        unit.session.add(membership)
    elif membership.ended_on is None:
        called = name_given(unit, person, partnership) or person.name
        raise Refused(f"{called} already has the role {role.in_sentence} in this partnership.")
    return membership


def single_line(text: str, what: str) -> str:
    """Give a name or title on one line with single spaces; raises Refused."""
    line = " ".join(text.split())
    if not line or len(line) > 200 or not line.isprintable():
        raise Refused(f"The {what} must be one line of 1 to 200 characters.")
    return line
