"""How do the open actions of somebody who leaves change hands?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, Permission
from reviews.access.visibility import visible
from reviews.models import Action, Agency, EventKind, Membership, Partnership, Person
from reviews.people.accounts import end_sessions
from reviews.transactions.bulk_events import record_each
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.core.vocabulary import Realm, Role


@dataclass(frozen=True, slots=True)
class Keeper:
    """Somebody who looks after what has no owner: an agency's lead, or the CDOP manager."""

    person_id: int
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class LeftAction:
    """One open action of somebody. `seen` is false where the reader may not see it: then it is named nowhere."""

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
        """Tell it from an action of the same reference in another partnership."""
        return f"{self.partnership}:{self.reference}"


def roles_held(session: Session, actor: Actor, person_id: int) -> tuple[Person, Sequence[Membership]]:
    """Give somebody the actor works with, and all their roles of today; NotFound otherwise."""
    known = (Person.id == person_id, visible(actor, Person))
    person = session.scalars(sa.select(Person).where(*known)).first()
    if person is None:
        raise NotFound
    held = sa.select(Membership).where(Membership.person_id == person_id, Membership.ended_on.is_(None))
    return person, session.scalars(held.order_by(Membership.id)).all()


def left_by(
    session: Session, actor: Actor, person_id: int, partnership_ids: Sequence[int], *, lock: bool = False
) -> list[LeftAction]:
    """List the open actions somebody owns in some partnerships, by reference; `lock` keeps them from changing."""
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
    return [LeftAction(_keeper(keepers, row), *row) for row in rows]


def _keepers(
    session: Session, leaver_id: int, partnership_ids: Sequence[int]
) -> Mapping[tuple[Role, int, int | None], Keeper]:
    """Give the first lead of each agency and the first CDOP manager of each partnership, the leaver left out."""
    rows = session.execute(
        sa.select(
            Membership.role, Membership.partnership_id, Membership.agency_id, Person.id, Person.name, Person.email
        )
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.partnership_id.in_(partnership_ids),
            Membership.role.in_([Role.AGENCY_LEAD, Role.CDOP_MANAGER]),
            Membership.ended_on.is_(None),
            Person.disabled_at.is_(None),
            Person.id != leaver_id,
        )
        .order_by(Membership.id)
    )
    found: dict[tuple[Role, int, int | None], Keeper] = {}
    for role, place, agency, person_id, name, email in rows:
        key = (role, place, agency if role is Role.AGENCY_LEAD else None)
        found.setdefault(key, Keeper(person_id, name, email))
    return found


def _keeper(keepers: Mapping[tuple[Role, int, int | None], Keeper], row: Any) -> Keeper | None:
    """An action of child death review goes to no agency lead: what is known there stays there."""
    if row.realm is Realm.CHILD_DEATHS:
        return keepers.get((Role.CDOP_MANAGER, row.partnership_id, None))
    return keepers.get((Role.AGENCY_LEAD, row.partnership_id, row.lead_agency_id))


NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class HandedOn:
    """Where an action went. `to` is an e-mail address, None where there was nobody to park it with."""

    reference: str
    partnership: str
    to: str | None
    parked: bool


@dataclass(frozen=True, slots=True)
class _Move:
    action: LeftAction
    to_id: int | None
    to: str | None
    agency_id: int | None
    parked: bool


def hand_on_actions(
    unit: Unit, person: Person, partnership_ids: Sequence[int], hand_on: Mapping[str, str] = NOTHING
) -> list[HandedOn]:
    """Give what somebody still has to do to others: by reference to an e-mail address, the rest to whoever keeps it.

    The keeper is the lead of the action's agency, in child death review the CDOP manager; without one the action has
    no owner. Gives where each went that the actor may see. Raises Refused for an action or owner that is not there.
    """
    left = left_by(unit.session, unit.actor, person.id, partnership_ids, lock=True)
    moves = _moves(unit, person, left, hand_on)
    for (to_id, agency_id, is_parked), group in groupby(sorted(moves, key=_key), key=_whom):
        _give(
            unit,
            [move.action.id for move in group],
            to_id,
            agency_id,
            f"Previously: {person.name}" if is_parked else "",
        )
    record_each(unit, EventKind.ACTION_ASSIGNED, (_row(person, move) for move in moves if not move.parked))
    record_each(unit, EventKind.ACTION_PARKED, (_row(person, move) for move in moves if move.parked))
    _clear_deputies(unit, person, partnership_ids)
    return [
        HandedOn(each.action.reference, each.action.partnership, each.to, each.parked)
        for each in moves
        if each.action.seen
    ]


def _moves(unit: Unit, person: Person, left: Sequence[LeftAction], hand_on: Mapping[str, str]) -> list[_Move]:
    named = {_one_of(left, reference).id: email.strip().lower() for reference, email in hand_on.items()}
    people = _people(unit, person, named.values(), {action.partnership_id for action in left})
    moves = []
    for action in left:
        email = named.get(action.id)
        if email is None:
            keeper = action.keeper
            to_id, to = (keeper.person_id, keeper.email) if keeper else (None, None)
            moves.append(_Move(action, to_id, to, action.agency_id, keeper is not None))
        elif (found := people.get((email, action.partnership_id))) is not None:
            moves.append(_Move(action, found[0], email, found[1], parked=False))
        else:
            raise Refused(f"{action.reference}: nobody else with the address {email[:80]} works in the partnership.")
    return moves


def _one_of(left: Sequence[LeftAction], reference: str) -> LeftAction:
    found = [each for each in left if each.seen and reference in (each.reference, each.full_reference)]
    if not found:
        raise Refused(f"{reference[:80]} is none of their open actions.")
    if len(found) > 1:
        raise Refused(f"Two of their actions are called {reference}: say which, as {found[0].full_reference}.")
    return found[0]


def _people(
    unit: Unit, leaver: Person, emails: Iterable[str], partnership_ids: Iterable[int]
) -> dict[tuple[str, int], tuple[int, int]]:
    """Give person and agency of those who may take an action over, by address and partnership."""
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


def _give(unit: Unit, ids: Sequence[int], to_id: int | None, agency_id: int | None, previously: str) -> None:
    unit.session.execute(
        sa.update(Action)
        .where(Action.id.in_(ids))
        .values(
            owner_id=to_id,
            owner_text=previously,
            awaiting_owner=bool(previously),
            lead_agency_id=agency_id,
            deputy_id=sa.func.nullif(Action.deputy_id, to_id),  # nobody stands in for themselves
            version=Action.version + 1,
        )
        .execution_options(synchronize_session="fetch")
    )


def _row(person: Person, move: _Move) -> dict[str, Any]:
    kept = {"owner_text": move.action.owner_text} if move.action.owner_text else {}
    return {
        "partnership_id": move.action.partnership_id,
        "case_id": move.action.case_id,
        "action_id": move.action.id,
        "details": {"owner": move.to_id, "previous": person.id, "parked": move.parked, **kept},
    }


def _clear_deputies(unit: Unit, person: Person, partnership_ids: Sequence[int]) -> None:
    """Nobody stands in for an owner who is gone themselves."""
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


def _whom(move: _Move) -> tuple[int | None, int | None, bool]:
    return move.to_id, move.agency_id, move.parked


def _key(move: _Move) -> tuple[int, int, bool]:
    return move.to_id or 0, move.agency_id or 0, move.parked


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
