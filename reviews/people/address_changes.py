"""Another e-mail address for somebody: asked for, confirmed through the old and the new one, and made."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from reviews.access.permissions import NotAllowed, Permission, realm_of
from reviews.access.visibility import visible
from reviews.models import (
    AccountLink,
    AccountMail,
    AccountMailKind,
    AddressChange,
    EventKind,
    LinkPurpose,
    Membership,
    Partnership,
    Person,
)
from reviews.people.accounts import address_of, require_allowed_domain
from reviews.people.sign_in import end_sessions
from reviews.transactions.unit_of_work import Gone, NotFound, Unit
from workflows.core.engine import Refused
from workflows.core.vocabulary import Realm

LASTS = timedelta(days=7)
NOT_ALLOWED_CHILD_DEATH_ADDRESS = (
    "Only the CDOP manager who also looks after the addresses of the partnership, or whoever runs Followthrough, "
    "can change the address of somebody who works in child death review."
)
OLD_WORKS = "Mail to the old address arrives, so only the person can confirm there. Use the link in the mail."
ASKED_THEMSELF = "You asked for this change, so somebody else must confirm it in place of the old address."
OF_THEIRS = "This is your own address, so somebody else must confirm the change in place of the old one."


def ask_for_address(unit: Unit, *, email: str, to: str) -> AddressChange:
    """Ask for another address for somebody, or oneself. Nothing changes until the old and the new one have confirmed.

    An earlier change that still waits is over with it. For somebody else the actor must hold the permission in each
    partnership the person works in. Raises NotFound, NotAllowed, and Refused.
    """
    person = _find_person(unit, email)
    partnership_ids = _require_may_change(unit, person)
    address = _new_address(unit, person, to, partnership_ids)
    taken = sa.select(Person.id).where(Person.email == address, visible(unit.actor, Person))
    if unit.session.scalar(taken) is not None:
        raise Refused(f"Somebody else already has the address {address}.")
    earlier = open_change_of(unit.session, person.id)
    if earlier is not None:
        earlier.ended_at = unit.now
        unit.session.flush()
    change = AddressChange(
        person_id=person.id,
        was=person.email,
        email=address,
        asked_by=unit.actor.signature,
        asked_by_id=unit.actor.person_id,
        asked_at=unit.now,
        expires_at=unit.now + LASTS,
    )
    unit.session.add(change)
    unit.session.flush()
    _record(unit, EventKind.EMAIL_ASKED, change, partnership_ids)
    _mail(unit, change, AccountMailKind.ADDRESS_OLD, change.was)
    _mail(unit, change, AccountMailKind.ADDRESS_NEW, change.email)
    return change


def change_email(unit: Unit, *, email: str, to: str) -> Person:
    """Change an address at once, which only the operator can: at the terminal of the server they are the confirmation.

    The person is mailed at both addresses. Raises NotFound, and Refused.
    """
    unit.actor.require_operator()
    person = _find_person(unit, email)
    partnership_ids = _require_may_change(unit, person)
    address = _new_address(unit, person, to, partnership_ids)
    change = open_change_of(unit.session, person.id)
    if change is not None:
        change.ended_at = unit.now
    _make(unit, person, address, partnership_ids, change=None)
    return person


def change_of_link(session: Session, link: AccountLink) -> AddressChange:
    """Give the change that a link is about."""
    return session.scalars(sa.select(AddressChange).where(AddressChange.id == link.address_change_id)).one()


def confirm_by_link(unit: Unit, link: AccountLink, person: Person) -> AddressChange:
    """Confirm a change from one of its addresses; with the second confirmation it is made. Spends the link.

    Raises Gone for a change that is over, and Refused where the new address was given to somebody else meanwhile.
    """
    change = _lock(unit, AddressChange.id == link.address_change_id)
    if not is_open(change, unit.now) or person.email != change.was:
        raise Gone
    link.used_at = unit.now
    from_old = link.purpose is LinkPurpose.ADDRESS_OLD
    if from_old:
        change.old_confirmed_at, change.old_confirmed_by = unit.now, unit.actor.signature
    else:
        change.new_confirmed_at = unit.now
    _confirmed(unit, change, person, by="old" if from_old else "new")
    return change


def confirm_for_closed_address(unit: Unit, number: int, *, old_works: bool) -> AddressChange:
    """Confirm a change in place of the old address, from which mail comes back (`old_works` says that it does not).

    Takes somebody who may change the address and has neither asked for it nor is the person. Raises NotFound,
    NotAllowed, and Refused.
    """
    change, person = _find_change(unit, number)
    if unit.actor.person_id is not None and unit.actor.person_id == change.person_id:
        raise Refused(OF_THEIRS)
    if unit.actor.person_id is not None and unit.actor.person_id == change.asked_by_id:
        raise Refused(ASKED_THEMSELF)
    if old_works:
        raise Refused(OLD_WORKS)
    change.old_confirmed_at, change.old_confirmed_by = unit.now, unit.actor.signature
    _confirmed(unit, change, person, by="second")
    return change


def refuse_by_link(unit: Unit, link: AccountLink) -> None:
    """End a change from one of its addresses: nothing changes, and its other link no longer works. Raises Gone."""
    change = _lock(unit, AddressChange.id == link.address_change_id)
    if not is_open(change, unit.now):
        raise Gone
    _end(unit, change)


def withdraw_change(unit: Unit, number: int) -> AddressChange:
    """End a change of somebody else's or one's own address, so that nothing changes. Raises NotFound, NotAllowed."""
    change, _ = _find_change(unit, number)
    _end(unit, change)
    return change


def open_change_of(session: Session, person_id: int, *, now: datetime | None = None) -> AddressChange | None:
    """Give the change of a person's address that waits; with `now`, only where it can still be confirmed."""
    query = sa.select(AddressChange).where(AddressChange.person_id == person_id, AddressChange.ended_at.is_(None))
    if now is not None:
        query = query.where(AddressChange.expires_at > now)
    return session.scalars(query).first()


def is_open(change: AddressChange, now: datetime) -> bool:
    return change.ended_at is None and change.expires_at > now


def _confirmed(unit: Unit, change: AddressChange, person: Person, *, by: str) -> None:
    partnership_ids = _works_in(unit, person)
    for partnership_id in partnership_ids:
        details = {"person": person.id, "change": change.id, "by": by}
        unit.record(EventKind.EMAIL_CONFIRMED, partnership_id=partnership_id, details=details)
    if change.old_confirmed_at is not None and change.new_confirmed_at is not None:
        require_allowed_domain(change.email, _partnerships(unit, partnership_ids))
        change.ended_at = unit.now
        _make(unit, person, change.email, partnership_ids, change=change)


def _make(
    unit: Unit, person: Person, address: str, partnership_ids: Sequence[int], *, change: AddressChange | None
) -> None:
    """Give the address, end every session and link of before, and have the person mailed at both."""
    previous, person.email = person.email, address
    try:
        unit.session.flush()
    except IntegrityError:
        raise Refused(f"Somebody else already has the address {address}.") from None
    end_sessions(unit, person)
    links = sa.update(AccountLink).where(AccountLink.person_id == person.id, AccountLink.used_at.is_(None))
    unit.session.execute(links.values(used_at=unit.now))
    for partnership_id in partnership_ids:
        details = {"person": person.id, "was": previous} | ({"change": change.id} if change else {})
        unit.record(EventKind.EMAIL_CHANGED, partnership_id=partnership_id, details=details)
    if change is None:
        change = AddressChange(
            person_id=person.id,
            was=previous,
            email=address,
            asked_by=unit.actor.signature,
            asked_at=unit.now,
            expires_at=unit.now,
            old_confirmed_at=unit.now,
            old_confirmed_by=unit.actor.signature,
            new_confirmed_at=unit.now,
            ended_at=unit.now,
        )
        unit.session.add(change)
        unit.session.flush()
    _mail(unit, change, AccountMailKind.ADDRESS_CHANGED, change.email)
    _mail(unit, change, AccountMailKind.ADDRESS_LEFT, change.was)


def _end(unit: Unit, change: AddressChange) -> None:
    change.ended_at = unit.now
    _record(unit, EventKind.EMAIL_NOT_CHANGED, change, _works_in(unit, unit.session.get_one(Person, change.person_id)))


def _mail(unit: Unit, change: AddressChange, kind: AccountMailKind, to: str) -> None:
    unit.session.add(
        AccountMail(kind=kind, email=to, person_id=change.person_id, address_change_id=change.id, asked_at=unit.now)
    )


def _record(unit: Unit, kind: EventKind, change: AddressChange, partnership_ids: Sequence[int]) -> None:
    for partnership_id in partnership_ids:
        unit.record(kind, partnership_id=partnership_id, details={"person": change.person_id, "change": change.id})


def _find_change(unit: Unit, number: int) -> tuple[AddressChange, Person]:
    query = sa.select(Person).join(AddressChange, AddressChange.person_id == Person.id)
    person = unit.session.scalars(
        query.where(AddressChange.id == number, visible(unit.actor, Person)).with_for_update(of=Person)
    ).first()
    if person is None:
        raise NotFound
    change = _lock(unit, AddressChange.id == number)
    if not is_open(change, unit.now):
        raise NotFound
    _require_may_change(unit, person)
    return change, person


def _lock(unit: Unit, condition: sa.ColumnElement[bool]) -> AddressChange:
    query = sa.select(AddressChange).where(condition).with_for_update()
    return unit.session.scalars(query.execution_options(populate_existing=True)).one()


def _find_person(unit: Unit, email: str) -> Person:
    query = sa.select(Person).where(Person.email == email.strip().lower(), visible(unit.actor, Person))
    person = unit.session.scalars(query.with_for_update(of=Person)).first()
    if person is None:
        raise NotFound
    return person


def _new_address(unit: Unit, person: Person, to: str, partnership_ids: Sequence[int]) -> str:
    address = address_of(to)
    if person.disabled_at is not None or not partnership_ids:
        raise Refused(f"{person.name} has left, so their address cannot be changed.")
    if address == person.email:
        raise Refused("They already have this address. Enter a new one.")
    require_allowed_domain(address, _partnerships(unit, partnership_ids))
    return address


def _require_may_change(unit: Unit, person: Person) -> list[int]:
    """Require the person, or the permission in all partnerships they work in, as mail about all is affected."""
    if unit.actor.person_id is None or unit.actor.person_id != person.id:
        for partnership_id, role in _roles(unit, person):
            unit.actor.require(Permission.CHANGE_ADDRESSES, partnership_id)
            if realm_of(role) is Realm.CHILD_DEATHS and not unit.actor.manages_child_deaths(partnership_id):
                raise NotAllowed(NOT_ALLOWED_CHILD_DEATH_ADDRESS)
    return _works_in(unit, person)


def _works_in(unit: Unit, person: Person) -> list[int]:
    return sorted({partnership_id for partnership_id, _ in _roles(unit, person)})


def _roles(unit: Unit, person: Person) -> Iterable[Any]:
    return unit.session.execute(
        sa.select(Membership.partnership_id, Membership.role)
        .where(Membership.person_id == person.id, Membership.ended_on.is_(None))
        .order_by(Membership.id)
    ).all()


def _partnerships(unit: Unit, partnership_ids: Sequence[int]) -> Sequence[Partnership]:
    return unit.session.scalars(
        sa.select(Partnership).where(Partnership.id.in_(partnership_ids)).order_by(Partnership.id)
    ).all()
