"""At which address is somebody written to, and signs in?"""

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from reviews.access.permissions import NotAllowed, Permission, realm_of
from reviews.access.visibility import visible
from reviews.models import EventKind, Membership, Person
from reviews.people.accounts import address_of
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.core.roles import Realm

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
