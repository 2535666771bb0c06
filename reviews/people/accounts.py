"""Who is let in, and who is no longer?"""

import re
from datetime import date, timedelta
from hashlib import sha256
from secrets import token_urlsafe

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from reviews.access.permissions import NotAllowed, Permission, realm_of, system
from reviews.access.visibility import visible
from reviews.core.clock import Clock
from reviews.core.db import Database
from reviews.core.secrets import is_password
from reviews.models import Agency, AgencyKind, EventKind, Membership, Partnership, Person, SignIn
from reviews.transactions.unit_of_work import NotFound, Unit, unit_of_work
from workflows.core.engine import Refused
from workflows.core.vocabulary import Realm, Role

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{1,39}")
ADDRESS = re.compile(r"[^@\s<>,;:\"\\]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")

NOT_THEIRS_TO_GIVE = (
    "A role in child death review is given by the CDOP manager of the partnership who manages its people too, "
    "or by whoever runs Followthrough."
)


def add_partnership(unit: Unit, *, code: str, name: str) -> Partnership:
    """Set up a partnership; only whoever runs the installation can. Raises Refused for a code that no address takes."""
    unit.actor.require_operator()
    if not CODE.fullmatch(code):
        raise Refused("A code is 2 to 40 letters, digits, hyphens or underscores, such as ANYSHIRE.")
    partnership = Partnership(code=code.upper(), name=line_of(name, "name"))
    unit.session.add(partnership)
    unit.session.flush()
    return partnership


def add_agency(unit: Unit, partnership: Partnership, *, name: str, kind: AgencyKind = AgencyKind.OTHER) -> Agency:
    unit.actor.require(Permission.MANAGE_PEOPLE, partnership.id)
    name = line_of(name, "name")
    called = sa.func.lower(Agency.name) == name.lower()
    if unit.session.scalar(sa.select(Agency.id).where(Agency.partnership_id == partnership.id, called)) is not None:
        raise Refused(f"{partnership.code} has an agency of that name already.")
    agency = Agency(partnership_id=partnership.id, name=name, kind=kind)
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
    """Give a person one role in a partnership. An address already known gets the further role, and keeps its name.

    A role that has ended is taken up again. Raises Refused for an agency that has ended or an account that is shut, and
    NotAllowed for a role of child death review that is not theirs to give.
    """
    unit.actor.require(Permission.MANAGE_PEOPLE, partnership.id)
    if not unit.actor.may_give(role, partnership.id):
        raise NotAllowed(NOT_THEIRS_TO_GIVE)
    address = address_of(email)
    person = unit.session.scalars(sa.select(Person).where(Person.email == address)).first()
    if person is None:
        person = Person(email=address, name=line_of(name, "name"), password_hash=password_hash)
        unit.session.add(person)
        unit.session.flush()
    elif person.disabled_at is not None:
        raise Refused(f"The account of {address} is shut: a role would be of no use to anybody.")
    require_present(unit, agency.id)
    held = _post(unit, person, partnership, role)
    held.agency_id, held.job_title, held.ended_on = agency.id, line_of(job_title, "job title"), None
    unit.record(
        EventKind.PERSON_ADDED, partnership_id=partnership.id, details={"person": person.id, "role": role.value}
    )
    return person


def address_of(email: str) -> str:
    """Give an e-mail address as it is kept, in lower case; raises Refused."""
    address = email.strip().lower()
    if not ADDRESS.fullmatch(address) or len(address) > 254:
        raise Refused("The e-mail address is not one that mail can be sent to.")
    return address


def set_password(unit: Unit, *, email: str, password_hash: str) -> None:
    """Set a password, and end every session that was begun with the old one; only whoever runs it all can."""
    unit.actor.require_operator()
    person = unit.session.scalars(sa.select(Person).where(Person.email == email.strip().lower())).first()
    if person is None:
        raise NotFound
    person.password_hash, person.failed_sign_ins, person.locked_until = password_hash, 0, None
    end_sessions(unit, person)


def require_present(unit: Unit, agency_id: int) -> None:
    """Refuse an agency that has ended; one that is just being ended is waited for."""
    present = sa.select(Agency.name, Agency.ended_on).where(Agency.id == agency_id)
    row = unit.session.execute(present.with_for_update(read=True, key_share=True)).first()
    if row is not None:
        refuse_ended(row.name, row.ended_on)


def refuse_ended(name: str, ended_on: date | None) -> None:
    if ended_on is not None:
        raise Refused(f"{name} ended on {ended_on:%-d %B %Y}: choose the agency that goes on in its place.")


def _post(unit: Unit, person: Person, partnership: Partnership, role: Role) -> Membership:
    """Give the row of a role: a new one, or the one that has ended."""
    known = sa.select(Membership).where(
        Membership.person_id == person.id, Membership.partnership_id == partnership.id, Membership.role == role
    )
    held = unit.session.scalars(known).first()
    if held is None:
        held = Membership(person_id=person.id, partnership_id=partnership.id, role=role)
        unit.session.add(held)
    elif held.ended_on is None:
        raise Refused(f"{person.name} has the role {role.in_sentence} in this partnership already.")
    return held


def end_sessions(unit: Unit, person: Person) -> None:
    unit.session.execute(
        sa.update(SignIn).where(SignIn.person_id == person.id, SignIn.ended_at.is_(None)).values(ended_at=unit.now)
    )


def line_of(text: str, what: str) -> str:
    """Give a name or title on one line with single spaces; raises Refused."""
    said = " ".join(text.split())
    if not said or len(said) > 200 or not said.isprintable():
        raise Refused(f"The {what} must be one line of 1 to 200 characters.")
    return said


OF_CHILD_DEATHS = (
    "The address of somebody who works in child death review is changed by the CDOP manager of the partnership who "
    "keeps its addresses too, or by whoever runs Followthrough."
)


def change_email(unit: Unit, *, email: str, to: str) -> Person:
    """Let somebody be written to, and sign in, at another address. Sessions go on, and the history keeps the old one.

    It must be the actor's to do in each partnership the person works in. Raises NotFound, NotAllowed, and Refused for
    an address that is none or that somebody has, and for an account that is shut.
    """
    person = _found(unit, email)
    places = _places(unit, person)
    address = address_of(to)
    if person.disabled_at is not None or not places:
        raise Refused(f"{person.name} has left: there is nothing to write to them about.")
    if address == person.email:
        raise Refused("This is the address they have already.")
    was, person.email = person.email, address
    _keep_unique(unit, address)
    for place in places:
        unit.record(EventKind.EMAIL_CHANGED, partnership_id=place, details={"person": person.id, "was": was})
    return person


def _found(unit: Unit, email: str) -> Person:
    known = sa.select(Person).where(Person.email == email.strip().lower(), visible(unit.actor, Person))
    person = unit.session.scalars(known.with_for_update(of=Person)).first()
    if person is None:
        raise NotFound
    return person


def _places(unit: Unit, person: Person) -> list[int]:
    """Give where they work: all of it must be the actor's, as mail about all of it goes to the new address."""
    held = unit.session.execute(
        sa.select(Membership.partnership_id, Membership.role)
        .where(Membership.person_id == person.id, Membership.ended_on.is_(None))
        .order_by(Membership.id)
    ).all()
    for place, role in held:
        unit.actor.require(Permission.CHANGE_ADDRESSES, place)
        if realm_of(role) is Realm.CHILD_DEATHS and not unit.actor.manages_child_deaths(place):
            raise NotAllowed(OF_CHILD_DEATHS)
    return sorted({place for place, _ in held})


def _keep_unique(unit: Unit, address: str) -> None:
    try:
        unit.session.flush()
    except IntegrityError:
        raise Refused(f"Somebody has the address {address} already.") from None


FREE_TRIES = 10
FIRST_LOCK = timedelta(minutes=15)
LONGEST_LOCK = timedelta(hours=24)


def hash_token(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def sign_in(database: Database, clock: Clock, *, email: str, password: str) -> str | None:
    """Give the token of a new session, or None: unknown, wrong and locked are told to nobody apart.

    After ten wrong passwords the account is locked for 15 minutes, doubling to a day. The slow check of the password
    runs outside any transaction.
    """
    with database() as session:
        person = session.scalars(sa.select(Person).where(Person.email == email.strip().lower())).first()
    now = clock.now()
    usable = person is not None and person.disabled_at is None
    locked = person is not None and person.locked_until is not None and person.locked_until > now
    matches = is_password(password, person.password_hash if person and usable else None)
    if person is None or locked:
        return None
    with unit_of_work(database, system("sign-in"), clock) as unit:
        kept = unit.session.get_one(Person, person.id, with_for_update=True)
        unchanged = kept.password_hash == person.password_hash and kept.disabled_at is None
        if not (matches and unchanged):
            kept.failed_sign_ins += 1
            kept.locked_until = now + _lock(kept.failed_sign_ins) if kept.failed_sign_ins >= FREE_TRIES else None
            return None
        kept.failed_sign_ins, kept.locked_until = 0, None
        token = token_urlsafe(32)
        unit.session.add(SignIn(token_hash=hash_token(token), person_id=person.id, started_at=now, seen_at=now))
        return token


def sign_out(database: Database, clock: Clock, *, token: str) -> None:
    with unit_of_work(database, system("sign-out"), clock) as unit:
        _update(unit.session, token, ended_at=unit.now)


def note_seen(database: Database, clock: Clock, *, token: str) -> None:
    """Keep a session alive; called at most once a minute."""
    with unit_of_work(database, system("sign-in"), clock) as unit:
        _update(unit.session, token, seen_at=unit.now)


def _update(session: Session, token: str, **values: object) -> None:
    session.execute(sa.update(SignIn).where(SignIn.token_hash == hash_token(token)).values(**values))


def _lock(failures: int) -> timedelta:
    doublings: int = min(failures - FREE_TRIES, 10)
    return min(FIRST_LOCK * (1 << doublings), LONGEST_LOCK)
