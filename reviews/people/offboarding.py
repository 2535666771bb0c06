"""How do the open actions of somebody who leaves change hands?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from reviews.actions.parked import parked
from reviews.models import Action, EventKind, Membership, Person
from reviews.people.leaving import LeftAction, left_by
from reviews.transactions.bulk_events import record_each
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused

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
        _give(unit, [move.action.id for move in group], to_id, agency_id, parked(person.name) if is_parked else "")
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


def _give(unit: Unit, ids: Sequence[int], to_id: int | None, agency_id: int | None, owner_text: str) -> None:
    unit.session.execute(
        sa.update(Action)
        .where(Action.id.in_(ids))
        .values(
            owner_id=to_id,
            owner_text=owner_text,
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
