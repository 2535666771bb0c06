"""Disabling accounts and ending roles: the open actions of the person get new owners, or are parked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from reviews.access.case_rights import CaseBars, bars_of
from reviews.access.permissions import Actor, NotAllowed, Permission
from reviews.access.visibility import visible
from reviews.models import Action, Agency, EventKind, Membership, Partnership, Person
from reviews.models.people import name_here
from reviews.people.sign_in import end_sessions
from reviews.transactions.unit_of_work import NotFound, Unit, record_each
from workflows.core.engine import Refused
from workflows.core.vocabulary import Realm, Role

CARETAKERS: Mapping[Realm, tuple[Role, ...]] = {
    Realm.REVIEWS: (Role.AGENCY_LEAD, Role.BUSINESS_MANAGER, Role.BUSINESS_UNIT_ADMIN),
    # what is known for child death review stays in that realm
    Realm.CHILD_DEATHS: (Role.CDOP_MANAGER,),
}
"""Who looks after an action whose owner cannot: the lead of its agency, or else the first role that somebody holds."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """Somebody who looks after what has no owner, in one of the roles of CARETAKERS."""

    person_id: int
    name: str
    email: str
    role: Role


@dataclass(frozen=True, slots=True)
class OpenAction:
    """An open action of the person who leaves. `seen` is false where the reader may not see it: it is named nowhere."""

    keeper: Keeper | None
    id: int
    case_id: int
    reference: str
    address: str
    title: str
    owner_text: str
    realm: Realm
    partnership_id: int
    partnership: str
    agency_id: int | None
    agency: str | None
    seen: bool

    @property
    def full_reference(self) -> str:
        """The reference with the code of the partnership: two partnerships may have the same reference."""
        return f"{self.partnership}:{self.reference}"


def person_with_roles(session: Session, actor: Actor, person_id: int) -> tuple[Person, Sequence[Membership]]:
    """Give a person the actor may see, and all their roles of today; raises NotFound."""
    query = (Person.id == person_id, visible(actor, Person))
    person = session.scalars(sa.select(Person).where(*query)).first()
    if person is None:
        raise NotFound
    held = sa.select(Membership).where(Membership.person_id == person_id, Membership.ended_on.is_(None))
    memberships = session.scalars(held.order_by(Membership.id)).all()
    names = {row.known_as for row in memberships if actor.roles_held_in(row.partnership_id)}
    if names and "" not in names:
        set_committed_value(person, "name", max(names))  # as the reader knows them; it is never written
    return person, memberships


def open_actions_of(
    session: Session,
    actor: Actor,
    person_id: int,
    partnership_ids: Sequence[int],
    *,
    today: date,
    lock: bool = False,
) -> list[OpenAction]:
    """List the open actions a person owns in some partnerships, by reference; `lock` keeps them from changing."""
    query = (
        sa.select(
            Action.id,
            Action.case_id,
            Action.reference,
            Action.address,
            Action.title,
            Action.owner_text,
            Action.realm,
            Action.partnership_id,
            Partnership.code,
            Action.lead_agency_id,
            Agency.name,
            visible(actor, Action).label("seen"),
        )
        .join(Partnership, Partnership.id == Action.partnership_id)
        .outerjoin(Agency, Agency.id == Action.lead_agency_id)
        .where(Action.owner_id == person_id, Action.ended_on.is_(None), Action.partnership_id.in_(partnership_ids))
        .order_by(Action.reference, Action.id)
    )
    if lock:
        query = query.with_for_update(of=Action, key_share=True)
    rows: list[Any] = [*session.execute(query)]
    keepers = _keepers(session, person_id, partnership_ids)
    bars = {each: bars_of(session, each, today=today) for each in partnership_ids}
    return [OpenAction(_keeper(keepers, row, bars[row.partnership_id]), *row) for row in rows]


def _keepers(
    session: Session, leaver_id: int, partnership_ids: Sequence[int]
) -> Mapping[tuple[Role, int, int | None], Sequence[Keeper]]:
    """Give the leads of each agency, and who else of each partnership has one of the roles, except the leaver."""
    rows = session.execute(
        sa.select(
            Membership.role, Membership.partnership_id, Membership.agency_id, Person.id, name_here(), Person.email
        )
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.partnership_id.in_(partnership_ids),
            Membership.role.in_([role for roles in CARETAKERS.values() for role in roles]),
            Membership.ended_on.is_(None),
            Person.disabled_at.is_(None),
            Person.id != leaver_id,
        )
        .order_by(Membership.id)
    )
    found: dict[tuple[Role, int, int | None], list[Keeper]] = {}
    for role, partnership_id, agency, person_id, name, email in rows:
        key = (role, partnership_id, agency if role is Role.AGENCY_LEAD else None)
        found.setdefault(key, []).append(Keeper(person_id, name, email, role))
    return found


def _keeper(
    keepers: Mapping[tuple[Role, int, int | None], Sequence[Keeper]], row: Any, bars: CaseBars
) -> Keeper | None:
    """Give the first from whom the case of the action is not hidden by name."""
    for role in CARETAKERS[row.realm]:
        key = (role, row.partnership_id, row.lead_agency_id if role is Role.AGENCY_LEAD else None)
        for found in keepers.get(key, ()):
            if not bars.bar(found.person_id, row.case_id):
                return found
    return None


def unattended_actions(session: Session) -> dict[tuple[str, Realm], int]:
    """Count the open actions of people who have left that nobody looks after, by code of partnership and realm."""
    looked_after = [
        (Action.realm == realm)
        & (Membership.role == role)
        & (Membership.agency_id == Action.lead_agency_id if role is Role.AGENCY_LEAD else sa.true())
        for realm, roles in CARETAKERS.items()
        for role in roles
    ]
    caretakers = (
        sa.select(Membership.id)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.partnership_id == Action.partnership_id, Membership.ended_on.is_(None))
        .where(Person.disabled_at.is_(None), sa.or_(*looked_after))
        .correlate(Action)
    )
    rows = session.execute(
        sa.select(Partnership.code, Action.realm, sa.func.count())
        .join(Partnership, Partnership.id == Action.partnership_id)
        .where(Action.awaiting_owner, Action.owner_id.is_(None), Action.ended_on.is_(None), ~caretakers.exists())
        .group_by(Partnership.code, Action.realm)
        .order_by(Partnership.code, Action.realm)
    )
    return {(code, realm): count for code, realm, count in rows}


NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ReassignedAction:
    """The new owner of an action. `to` is an e-mail address, None where there was nobody to park it with: then it
    waits for an owner, and whoever gets a role of CARETAKERS is told of it.
    """

    reference: str
    partnership: str
    to: str | None
    parked: bool


@dataclass(frozen=True, slots=True)
class _Reassignment:
    action: OpenAction
    to_id: int | None
    to: str | None
    agency_id: int | None
    parked: bool


def reassign_actions(
    unit: Unit, person: Person, partnership_ids: Sequence[int], hand_on: Mapping[str, str] = NOTHING
) -> list[ReassignedAction]:
    """Give the open actions of a person new owners. `hand_on` maps references to e-mail addresses; the rest is parked.

    An action is parked with whoever looks after it (CARETAKERS). Where nobody does, it has no owner, and remembers
    whose it was. Gives those the actor may see. Raises Refused for an unknown action or owner.
    """
    open_actions = open_actions_of(unit.session, unit.actor, person.id, partnership_ids, today=unit.today, lock=True)
    reassignments = _plan_reassignments(unit, person, open_actions, hand_on)
    for (to_id, agency_id, is_parked), group in groupby(sorted(reassignments, key=_group), key=_group):
        ids = [each.action.id for each in group]
        has_new_owner = to_id and not is_parked
        _assign(unit, ids, to_id or None, agency_id or None, previous=None if has_new_owner else person)
    record_each(unit, EventKind.ACTION_ASSIGNED, (_event(person, each) for each in reassignments if not each.parked))
    record_each(unit, EventKind.ACTION_PARKED, (_event(person, each) for each in reassignments if each.parked))
    _clear_deputies(unit, person, partnership_ids)
    return [
        ReassignedAction(each.action.reference, each.action.partnership, each.to, each.parked)
        for each in reassignments
        if each.action.seen
    ]


def _plan_reassignments(
    unit: Unit, person: Person, open_actions: Sequence[OpenAction], hand_on: Mapping[str, str]
) -> list[_Reassignment]:
    named = {_named_action(open_actions, reference).id: email.strip().lower() for reference, email in hand_on.items()}
    people = _people(unit, person, named.values(), {action.partnership_id for action in open_actions})
    reassignments = []
    for action in open_actions:
        email = named.get(action.id)
        if email is None:
            keeper = action.keeper
            to_id, to = (keeper.person_id, keeper.email) if keeper else (None, None)
            reassignments.append(_Reassignment(action, to_id, to, action.agency_id, keeper is not None))
        elif (found := people.get((email, action.partnership_id))) is not None:
            reassignments.append(_Reassignment(action, found[0], email, found[1], parked=False))
        else:
            raise Refused(f"{action.reference}: nobody else with the address {email[:80]} works in the partnership.")
    return reassignments


def _named_action(open_actions: Sequence[OpenAction], reference: str) -> OpenAction:
    found = [each for each in open_actions if each.seen and reference in (each.reference, each.full_reference)]
    if not found:
        raise Refused(f"{reference[:80]} is not one of their open actions.")
    if len(found) > 1:
        raise Refused(f"They have two actions {reference}. Name one as {found[0].full_reference}.")
    return found[0]


def _people(
    unit: Unit, leaver: Person, emails: Iterable[str], partnership_ids: Iterable[int]
) -> dict[tuple[str, int], tuple[int, int]]:
    """Give the numbers of person and agency of possible new owners, by address and partnership."""
    rows = unit.session.execute(
        sa.select(Person.email, Membership.partnership_id, Person.id, Membership.agency_id)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Person.email.in_(sorted(set(emails))),
            Person.id != leaver.id,
            Person.disabled_at.is_(None),
            Membership.partnership_id.in_(sorted(partnership_ids)),
            Membership.ended_on.is_(None),
        )
        .order_by(Membership.id)
    )
    found: dict[tuple[str, int], tuple[int, int]] = {}
    for row in rows:
        found.setdefault((row[0], row[1]), (row[2], row[3]))
    return found


def _assign(
    unit: Unit, ids: Sequence[int], to_id: int | None, agency_id: int | None, *, previous: Person | None
) -> None:
    """Give actions another owner, who only looks after them where `previous` is named; or none, where nobody does."""
    unit.session.execute(
        sa.update(Action)
        .where(Action.id.in_(ids))
        .values(
            owner_id=to_id,
            owner_text=f"Previously: {previous.name}" if previous and to_id else "",
            awaiting_owner=previous is not None,
            previous_owner_id=previous.id if previous else None,
            lead_agency_id=agency_id,
            deputy_id=sa.func.nullif(Action.deputy_id, to_id),  # nobody stands in for themselves
            version=Action.version + 1,
        )
        .execution_options(synchronize_session="fetch")
    )


def _event(person: Person, reassignment: _Reassignment) -> dict[str, Any]:
    previous_text = {"owner_text": reassignment.action.owner_text} if reassignment.action.owner_text else {}
    return {
        "partnership_id": reassignment.action.partnership_id,
        "case_id": reassignment.action.case_id,
        "action_id": reassignment.action.id,
        "details": {"owner": reassignment.to_id, "previous": person.id, "parked": reassignment.parked, **previous_text},
    }


def _clear_deputies(unit: Unit, person: Person, partnership_ids: Sequence[int]) -> None:
    """Take the person off the open actions they are deputy for."""
    deputised = (
        Action.deputy_id == person.id,
        Action.ended_on.is_(None),
        Action.partnership_id.in_(partnership_ids),
    )
    rows = unit.session.execute(
        sa.update(Action)
        .where(*deputised)
        .values(deputy_id=None, version=Action.version + 1)
        .returning(Action.id, Action.case_id, Action.partnership_id)
        .execution_options(synchronize_session=False)
    ).all()
    details = {"deputy": None, "previous_deputy": person.id}
    named = ("action_id", "case_id", "partnership_id")
    cleared = ({**dict(zip(named, row, strict=True)), "details": details} for row in sorted(rows))
    record_each(unit, EventKind.ACTION_CHANGED, cleared)


def _group(reassignment: _Reassignment) -> tuple[int, int, bool]:
    """Give what the actions of one statement have in common: owner and agency, 0 for none, and whether parked."""
    return reassignment.to_id or 0, reassignment.agency_id or 0, reassignment.parked


def disable_person(unit: Unit, *, email: str, hand_on: Mapping[str, str] = NOTHING) -> list[ReassignedAction]:
    """Disable an account at once, and give each of its open actions a new owner. Gives those the actor may see.

    `hand_on` names new owners by reference (`CODE:reference` where two partnerships have the same); all other actions
    are parked as in `reassign_actions`. Raises NotFound, NotAllowed, Refused for a wrong reference or owner.
    """
    person = _person(unit, email)
    partnership_ids = unit.session.scalars(
        sa.select(Membership.partnership_id).where(Membership.person_id == person.id).distinct()
    ).all()
    for partnership_id in partnership_ids:
        unit.actor.require(Permission.MANAGE_PEOPLE, partnership_id)
    if person.id == unit.actor.person_id:
        raise NotAllowed("You cannot disable your own account. Ask somebody else who manages people here.")
    if person.disabled_at is None:
        person.disabled_at = unit.now
    end_sessions(unit, person)
    reassigned = reassign_actions(unit, person, partnership_ids, hand_on)
    for partnership_id in sorted(partnership_ids):
        unit.record(EventKind.PERSON_DISABLED, partnership_id=partnership_id, details={"person": person.id})
    return reassigned


def end_role(
    unit: Unit, partnership: Partnership, *, email: str, role: Role, hand_on: Mapping[str, str] = NOTHING
) -> list[ReassignedAction]:
    """End one role of a person, and their sessions; with their last one here, their open actions get new owners."""
    unit.actor.require(Permission.MANAGE_PEOPLE, partnership.id)
    person = _person(unit, email)
    if person.id == unit.actor.person_id:
        raise NotAllowed("You cannot end a role of your own. Ask somebody else who manages people here.")
    memberships = _memberships(unit, person, partnership)
    membership = next((each for each in memberships if each.role is role), None)
    if membership is None:
        raise Refused(f"{person.name} does not have the role {role.in_sentence} in this partnership.")
    membership.ended_on = unit.today
    end_sessions(unit, person)
    unit.session.flush()
    keeps_another_role = len(memberships) > 1
    if keeps_another_role and hand_on:
        raise Refused(f"{person.name} keeps another role in this partnership, and their actions stay with them.")
    reassigned = [] if keeps_another_role else reassign_actions(unit, person, [partnership.id], hand_on)
    details = {"person": person.id, "role": role.value}
    unit.record(EventKind.ROLE_ENDED, partnership_id=partnership.id, details=details)
    return reassigned


def _person(unit: Unit, email: str) -> Person:
    """Find a person, locked so that they are given nothing more meanwhile; raises NotFound."""
    query = sa.select(Person).where(Person.email == email.strip().lower(), visible(unit.actor, Person))
    person = unit.session.scalars(query.with_for_update(of=Person)).first()
    if person is None:
        raise NotFound
    return person


def _memberships(unit: Unit, person: Person, partnership: Partnership) -> Sequence[Membership]:
    return unit.session.scalars(
        sa.select(Membership)
        .where(
            Membership.person_id == person.id,
            Membership.partnership_id == partnership.id,
            Membership.ended_on.is_(None),
        )
        .order_by(Membership.id)
    ).all()
