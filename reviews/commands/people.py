"""Who is let in, and who is no longer?"""

import re

import sqlalchemy as sa

from reviews.models import Action, Agency, AgencyKind, EventKind, Membership, Partnership, Person, SignIn
from reviews.permissions import Permission
from reviews.unit import NotFound, Unit
from reviews.visibility import visible
from workflows.definitions.ladders import LADDERS
from workflows.engine import Refused
from workflows.vocabulary import Role

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{1,39}")
ADDRESS = re.compile(r"[^@\s<>,;:\"\\]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def add_partnership(unit: Unit, *, code: str, name: str) -> Partnership:
    """Set up a partnership; only whoever runs the installation can. Raises Refused for a code that no address takes."""
    unit.actor.require_operator()
    if not CODE.fullmatch(code):
        raise Refused("A code is 2 to 40 letters, digits, hyphens or underscores, such as ANYSHIRE.")
    partnership = Partnership(code=code.upper(), name=_line(name, "name"))
    unit.session.add(partnership)
    unit.session.flush()
    return partnership


def add_agency(unit: Unit, partnership: Partnership, *, name: str, kind: AgencyKind = AgencyKind.OTHER) -> Agency:
    unit.actor.require(Permission.MANAGE_PEOPLE, partnership.id)
    agency = Agency(partnership_id=partnership.id, name=_line(name, "name"), kind=kind)
    unit.session.add(agency)
    unit.session.flush()
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
    """Give a person one role in a partnership. An address already known gets the further role, and keeps its name."""
    unit.actor.require(Permission.MANAGE_PEOPLE, partnership.id)
    address = email.strip().lower()
    if not ADDRESS.fullmatch(address) or len(address) > 254:
        raise Refused("The e-mail address is not one that mail can be sent to.")
    person = unit.session.scalars(sa.select(Person).where(Person.email == address)).first()
    if person is None:
        person = Person(email=address, name=_line(name, "name"), password_hash=password_hash)
        unit.session.add(person)
        unit.session.flush()
    held = sa.select(Membership.id).where(
        Membership.person_id == person.id, Membership.partnership_id == partnership.id, Membership.role == role
    )
    if unit.session.scalar(held) is not None:
        raise Refused(f"{person.name} has the role {role.in_sentence} in this partnership already.")
    unit.session.add(
        Membership(
            person_id=person.id,
            partnership_id=partnership.id,
            agency_id=agency.id,
            role=role,
            job_title=_line(job_title, "job title"),
        )
    )
    unit.record(
        EventKind.PERSON_ADDED, partnership_id=partnership.id, details={"person": person.id, "role": role.value}
    )
    return person


def set_password(unit: Unit, *, email: str, password_hash: str) -> None:
    """Set a password, and end every session that was begun with the old one; only whoever runs it all can."""
    unit.actor.require_operator()
    person = unit.session.scalars(sa.select(Person).where(Person.email == email.strip().lower())).first()
    if person is None:
        raise NotFound
    person.password_hash, person.failed_sign_ins, person.locked_until = password_hash, 0, None
    _end_sessions(unit, person)


def disable_person(unit: Unit, *, email: str) -> list[str]:
    """Shut an account at once and give the references of the open actions it leaves behind."""
    known = sa.select(Person).where(Person.email == email.strip().lower(), visible(unit.actor, Person))
    person = unit.session.scalars(known).first()
    if person is None:
        raise NotFound
    places = unit.session.scalars(
        sa.select(Membership.partnership_id).where(Membership.person_id == person.id).distinct()
    ).all()
    for partnership_id in places:
        unit.actor.require(Permission.MANAGE_PEOPLE, partnership_id)
    person.disabled_at = unit.now
    _end_sessions(unit, person)
    for partnership_id in places:
        unit.record(EventKind.PERSON_DISABLED, partnership_id=partnership_id, details={"person": person.id})
    return list(
        unit.session.scalars(
            sa.select(Action.reference)
            .where(Action.owner_id == person.id, Action.ended_on.is_(None))
            .order_by(Action.reference)
        )
    )


def _end_sessions(unit: Unit, person: Person) -> None:
    unit.session.execute(
        sa.update(SignIn).where(SignIn.person_id == person.id, SignIn.ended_at.is_(None)).values(ended_at=unit.now)
    )


def set_reminder_policy(unit: Unit, partnership: Partnership, *, policy: str) -> None:
    unit.actor.require(Permission.MANAGE_PEOPLE, partnership.id)
    if policy not in LADDERS:
        raise Refused(f"There is no reminder policy “{policy}”. There is: {', '.join(sorted(LADDERS))}.")
    partnership.reminder_policy = policy
    unit.record(EventKind.POLICY_SET, partnership_id=partnership.id, details={"policy": policy})


def _line(text: str, what: str) -> str:
    said = " ".join(text.split())
    if not said or len(said) > 200 or not said.isprintable():
        raise Refused(f"The {what} must be one line of 1 to 200 characters.")
    return said
