"""Who is told in place of somebody who is away, has left, or whose mail comes back.

Each person is told once per rung. The ledger records who was written to, so a deputy begins at the rung the action is
on, and somebody who returns is told of the rung reached meanwhile. What is known for child death review stays with
those who work on it: no agency lead and no business manager stands in there.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias

from notifications.rounds.snapshot import ActionLine, ClockLine, PartnershipSnapshot
from reviews.people.offboarding import CARETAKERS
from workflows.core.vocabulary import Realm, Role

OWNER_LEFT = "its owner has left"
OWNER_BARRED = "its owner may not work on this case, and it needs another owner"


@dataclass(frozen=True, slots=True)
class ReceivingRole:
    """The role as which somebody is told, and the reason where they are told in another person's place."""

    role: Role
    why: str = ""


Recipients: TypeAlias = Mapping[int, ReceivingRole]
OWNS_HOLD = "you see to it that this hold ends"
MANAGERS = frozenset({Role.BUSINESS_MANAGER, Role.CDOP_MANAGER})
IN_PERSON = {role: ReceivingRole(role) for role in Role}


def recipients_of_action(
    snapshot: PartnershipSnapshot, action: ActionLine, role: Role, people: Collection[int]
) -> dict[int, ReceivingRole]:
    """Return who is told for these people of a role: themselves, a deputy, or who looks after the action instead.

    An action that nobody looked after when its owner left is told to whoever has come to look after it since. Whom the
    case is hidden from by name is never told; where that is the owner, the managers of its realm are.
    """
    if action.owner_id is None and not action.aspect and action.previous_owner and role is Role.ACTION_OWNER:
        return _caretakers(snapshot, action, _left_words(action))
    recipients: dict[int, ReceivingRole] = {}
    for person_id in people:
        if is_barred(snapshot, action, person_id):
            if role is Role.ACTION_OWNER:
                managers = [each for each in CARETAKERS[action.realm] if each is not Role.AGENCY_LEAD]
                _add(recipients, _first_there(snapshot, managers, OWNER_BARRED, of=action))
        elif is_there(snapshot, person_id):
            _add(recipients, {person_id: _in_person(action, role)})
        else:
            _add(recipients, _stand_ins(snapshot, action, role, person_id))
    return recipients


def recipients_of_clock(
    snapshot: PartnershipSnapshot, clock: ClockLine, role: Role, people: Collection[int]
) -> dict[int, ReceivingRole]:
    """Return who is told of a clock: somebody who is away is told as well as their deputy.

    Where mail comes back from everybody with the role, the business manager or the CDOP manager is told. Whoever sees
    to it that a hold ends is told with the manager.
    """
    recipients: dict[int, ReceivingRole] = {}
    barred = {person_id for person_id in people if is_barred(snapshot, clock, person_id)}
    for person_id in people:
        if person_id not in barred and person_id not in snapshot.unavailable.unreachable:
            _add(recipients, {person_id: IN_PERSON[role]})
            _add(recipients, _deputy_for_clock(snapshot, clock, role, person_id))
    if people and not recipients:
        reason = f"the {role.in_sentence} may not see this case" if barred else _returned_mail_words(role)
        _add(recipients, _first_there(snapshot, CARETAKERS[clock.realm], reason, of=clock))
    if role in MANAGERS and clock.owner_id is not None and is_there(snapshot, clock.owner_id):
        _add(recipients, {clock.owner_id: ReceivingRole(role, OWNS_HOLD)})
    return {each: receiving for each, receiving in recipients.items() if not is_barred(snapshot, clock, each)}


def managers_there(snapshot: PartnershipSnapshot) -> set[int]:
    """Return who solves delivery problems: the business managers who are not away, or else the administrators of the
    business unit; if all are away, those whose mail does not come back.
    """
    return {*_first_there(snapshot, CARETAKERS[Realm.REVIEWS], "")}


def snoozed_until(snapshot: PartnershipSnapshot, action: ActionLine, person_id: int) -> date | None:
    """Return the day until which the action is snoozed for its owner or somebody who stands in; None if it is not.

    A snooze ends when the owner leaves.
    """
    snoozers = [person_id]
    if action.owner_id is not None and action.owner_id in snapshot.people:
        snoozers.append(action.owner_id)
    days = (snapshot.unavailable.snoozed.get((action.id, each, action.due_on)) for each in snoozers)
    return max((day for day in days if day is not None), default=None)


def is_there(snapshot: PartnershipSnapshot, person_id: int) -> bool:
    """Whether somebody may be written to and reads it today."""
    unavailable = snapshot.unavailable
    return (
        person_id in snapshot.people and person_id not in unavailable.unreachable and person_id not in unavailable.away
    )


def is_barred(snapshot: PartnershipSnapshot, subject: ActionLine | ClockLine, person_id: int) -> bool:
    """Whether the case is hidden from a person by name. Of a confined case its owner and deputy have their action."""
    theirs = (subject.owner_id, subject.deputy_id) if isinstance(subject, ActionLine) else ()
    return snapshot.bars.bar(person_id, subject.case_id, theirs=theirs)


def _in_person(action: ActionLine, role: Role) -> ReceivingRole:
    if role is Role.ACTION_OWNER and action.previous_owner:
        return ReceivingRole(role, _left_words(action))
    return IN_PERSON[role]


def _left_words(action: ActionLine) -> str:
    return f"{action.previous_owner} has left and it has no new owner yet"


def _stand_ins(
    snapshot: PartnershipSnapshot, action: ActionLine, role: Role, person_id: int
) -> dict[int, ReceivingRole]:
    if person_id not in snapshot.people:
        return _caretakers(snapshot, action, OWNER_LEFT)
    if person_id in snapshot.unavailable.unreachable:
        return _caretakers(snapshot, action, _returned_mail_words(role))
    away, why = snapshot.unavailable.away[person_id], _away_words(snapshot, person_id)
    may_stand_in = is_there(snapshot, away.deputy_id) and not is_barred(snapshot, action, away.deputy_id)
    if may_stand_in and snapshot.people.works_in(away.deputy_id, action.realm):
        return {away.deputy_id: ReceivingRole(role, why)}
    return _caretakers(snapshot, action, why)


def _caretakers(snapshot: PartnershipSnapshot, action: ActionLine, why: str) -> dict[int, ReceivingRole]:
    """Return who looks after an action whose owner cannot."""
    return _first_there(snapshot, CARETAKERS[action.realm], why, agency_id=action.agency_id, of=action)


def _first_there(
    snapshot: PartnershipSnapshot,
    roles: Iterable[Role],
    why: str,
    *,
    agency_id: int | None = None,
    of: ActionLine | ClockLine | None = None,
) -> dict[int, ReceivingRole]:
    """Return those available in the first role that anybody holds; failing that, those who are only away.

    Left out are people from whom the case `of` an action or clock is hidden by name.
    """
    holders = [(role, snapshot.people.holding(role, owner_id=None, agency_id=agency_id)) for role in roles]
    groups = [
        (role, [each for each in ids if of is None or not is_barred(snapshot, of, each)]) for role, ids in holders
    ]
    can_read = [(role, [each for each in ids if each not in snapshot.unavailable.unreachable]) for role, ids in groups]
    here = [(role, [each for each in ids if is_there(snapshot, each)]) for role, ids in can_read]
    role, ids = next(((role, ids) for role, ids in [*here, *can_read] if ids), (Role.BUSINESS_MANAGER, []))
    return {person_id: ReceivingRole(role, why) for person_id in ids}


def _deputy_for_clock(
    snapshot: PartnershipSnapshot, clock: ClockLine, role: Role, person_id: int
) -> dict[int, ReceivingRole]:
    """A deputy is told of a clock if they can see its case: the whole realm, or a request to their own agency."""
    away = snapshot.unavailable.away.get(person_id)
    if away is None or not is_there(snapshot, away.deputy_id):
        return {}
    asked = clock.agency_id is not None and away.deputy_id in snapshot.people.all_with(
        Role.AGENCY_LEAD, clock.agency_id
    )
    if not asked and not snapshot.people.sees_all_of(away.deputy_id, clock.realm):
        return {}
    return {away.deputy_id: ReceivingRole(role, _away_words(snapshot, person_id))}


def _add(recipients: dict[int, ReceivingRole], more: Recipients) -> None:
    """Merge: somebody told both for themself and for another is told once, with the reason."""
    for person_id, receiving in more.items():
        existing = recipients.get(person_id)
        recipients[person_id] = receiving if existing is None else replace(existing, why=existing.why or receiving.why)


def _returned_mail_words(role: Role) -> str:
    whom = "its owner" if role is Role.ACTION_OWNER else f"the {role.in_sentence}"
    return f"mail to {whom} comes back"


def _away_words(snapshot: PartnershipSnapshot, person_id: int) -> str:
    until_on = snapshot.unavailable.away[person_id].until_on
    return f"{snapshot.recipients[person_id].name} is away until {until_on:%-d %B %Y}"
