"""Who goes, and what becomes of what they had still to do?"""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from reviews.access.permissions import Permission
from reviews.access.visibility import visible
from reviews.models import EventKind, Membership, Partnership, Person
from reviews.people.accounts import end_sessions
from reviews.people.offboarding import NOTHING, HandedOn, hand_on_actions
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.core.roles import Role


def disable_person(unit: Unit, *, email: str, hand_on: Mapping[str, str] = NOTHING) -> list[HandedOn]:
    """Shut an account at once, and give each of its open actions to somebody; says to whom, as far as may be seen.

    `hand_on` names new owners by reference (`CODE:reference` where two partnerships have the same); what it does not
    name is parked with the lead of its agency. Raises NotFound, NotAllowed, Refused for a wrong reference or owner.
    """
    person = _person(unit, email)
    places = unit.session.scalars(
        sa.select(Membership.partnership_id).where(Membership.person_id == person.id).distinct()
    ).all()
    for partnership_id in places:
        unit.actor.require(Permission.MANAGE_PEOPLE, partnership_id)
    if person.disabled_at is None:
        person.disabled_at = unit.now
    end_sessions(unit, person)
    handed = hand_on_actions(unit, person, places, hand_on)
    for partnership_id in sorted(places):
        unit.record(EventKind.PERSON_DISABLED, partnership_id=partnership_id, details={"person": person.id})
    return handed


def end_role(
    unit: Unit, partnership: Partnership, *, email: str, role: Role, hand_on: Mapping[str, str] = NOTHING
) -> list[HandedOn]:
    """End one role of a person in one partnership; with the last one, what they own there goes to others as above."""
    unit.actor.require(Permission.MANAGE_PEOPLE, partnership.id)
    person = _person(unit, email)
    held = _posts(unit, person, partnership)
    post = next((each for each in held if each.role is role), None)
    if post is None:
        raise Refused(f"{person.name} does not have the role {role.in_sentence} in this partnership.")
    post.ended_on = unit.today
    unit.session.flush()
    stays = len(held) > 1
    if stays and hand_on:
        raise Refused(f"{person.name} keeps another role in this partnership, and the actions with it.")
    handed = [] if stays else hand_on_actions(unit, person, [partnership.id], hand_on)
    details = {"person": person.id, "role": role.value}
    unit.record(EventKind.ROLE_ENDED, partnership_id=partnership.id, details=details)
    return handed


def _person(unit: Unit, email: str) -> Person:
    """Find and lock somebody: nobody gives them anything more meanwhile."""
    known = sa.select(Person).where(Person.email == email.strip().lower(), visible(unit.actor, Person))
    person = unit.session.scalars(known.with_for_update(of=Person)).first()
    if person is None:
        raise NotFound
    return person


def _posts(unit: Unit, person: Person, partnership: Partnership) -> Sequence[Membership]:
    return unit.session.scalars(
        sa.select(Membership)
        .where(
            Membership.person_id == person.id,
            Membership.partnership_id == partnership.id,
            Membership.ended_on.is_(None),
        )
        .order_by(Membership.id)
    ).all()
