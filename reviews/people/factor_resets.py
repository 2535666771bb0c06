"""Starting anew for somebody who lost their second factor: one person asks, another confirms, and a day passes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from reviews.access.permissions import GRANTS, Actor, NotAllowed, Permission, realm_of
from reviews.access.visibility import visible, within
from reviews.models import EventKind, FactorReset, Membership, Person
from reviews.people.factors import has_factor, partnerships_of, remove_factors
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.core.vocabulary import Realm

DELAY = timedelta(days=1)
LONGEST_RESET_REASON = 500
AT_THE_TERMINAL = (
    "Nobody else here can confirm it. Ask whoever runs Followthrough to use "
    "followthrough people reset-factor at the terminal of the server."
)
NOT_ALLOWED_CHILD_DEATH_FACTOR = (
    "Only the CDOP manager who also manages the people of the partnership, or whoever runs Followthrough, "
    "can reset the second factor of somebody who works in child death review."
)
ASKER = aliased(Person)


@dataclass(frozen=True, slots=True)
class FactorResetLine:
    """A request that is open. It waits for a second person until `effective_at` is known."""

    id: int
    person_id: int
    name: str
    email: str
    reason: str
    asked_by_id: int
    asked_by: str
    asked_at: datetime
    effective_at: datetime | None


def open_resets(session: Session, actor: Actor) -> list[FactorResetLine]:
    """List the open requests about people of the partnerships whose people the actor manages, the oldest first."""
    managed = sa.select(Membership.person_id).where(
        within(actor, Membership.partnership_id, Permission.MANAGE_PEOPLE), Membership.ended_on.is_(None)
    )
    return _lines(session, FactorReset.person_id.in_(managed))


def open_reset_of(session: Session, person_id: int) -> FactorResetLine | None:
    return next(iter(_lines(session, FactorReset.person_id == person_id)), None)


def ask_for_reset(unit: Unit, person_id: int, *, reason: str) -> FactorReset:
    """Ask for somebody's second factor to be reset. Raises NotFound, NotAllowed, and Refused.

    It is refused where the person has no factor, where it is asked already, and where nobody else could confirm it.
    """
    person = _person_to_reset(unit, person_id)
    reason = " ".join(reason.split())
    if not reason or len(reason) > LONGEST_RESET_REASON:
        raise Refused(f"Enter the reason in 1 to {LONGEST_RESET_REASON} characters.", field="reason")
    if not has_factor(unit.session, person.id):
        raise Refused(f"{person.name} has no second factor. They set one up when they next sign in.")
    if open_reset_of(unit.session, person.id) is not None:
        raise Refused(f"There is already a request to reset the second factor of {person.name}.")
    if not who_may_confirm(unit, person.id):
        raise Refused(AT_THE_TERMINAL)
    asked_by_id = unit.actor.person_id
    if asked_by_id is None:
        raise NotFound
    reset = FactorReset(person_id=person.id, reason=reason, asked_by_id=asked_by_id, asked_at=unit.now)
    unit.session.add(reset)
    unit.session.flush()
    _record(unit, person.id, what="asked", reason=reason)
    return reset


def confirm_reset(unit: Unit, reset_id: int) -> FactorReset:
    """Confirm what another person asked: it takes effect after a day. Raises NotFound, NotAllowed, and Refused."""
    reset = _open_reset(unit, reset_id)
    _person_to_reset(unit, reset.person_id)
    if reset.confirmed_by_id is not None:
        raise Refused("This has been confirmed already.")
    if reset.asked_by_id == unit.actor.person_id:
        raise Refused("You asked for this yourself, so another person who manages people has to confirm it.")
    reset.confirmed_by_id, reset.effective_at = unit.actor.person_id, unit.now + DELAY
    _record(unit, reset.person_id, what="confirmed", effective_at=reset.effective_at.isoformat())
    return reset


def stop_reset(unit: Unit, reset_id: int) -> FactorReset:
    """Stop a request before it takes effect: the person themself can, and whoever manages the people."""
    reset = _open_reset(unit, reset_id)
    if reset.person_id != unit.actor.person_id:
        _person_to_reset(unit, reset.person_id)
    reset.stopped_at, reset.stopped_by = unit.now, unit.actor.signature
    _record(unit, reset.person_id, what="stopped")
    return reset


def reset_now(unit: Unit, *, email: str, reason: str, asked_by: Actor | None = None) -> Person:
    """Remove every factor of somebody now; only the operator can, and `asked_by` is on record beside them.

    Raises NotFound, NotAllowed where `asked_by` may not ask for it, and Refused for their own.
    """
    unit.actor.require_operator()
    person = unit.session.scalars(
        sa.select(Person).where(Person.email == email.strip().lower()).with_for_update(of=Person)
    ).first()
    if person is None:
        raise NotFound
    if asked_by is not None:
        _require(asked_by, unit.session, person)
    if not has_factor(unit.session, person.id):
        raise Refused(f"{person.name} has no second factor. They set one up when they next sign in, if they must.")
    remove_factors(unit, person.id)
    waiting = sa.select(FactorReset).where(FactorReset.person_id == person.id, *_IS_OPEN)
    for reset in unit.session.scalars(waiting.with_for_update()):
        reset.done_at = unit.now
    named = {"asked_by": asked_by.signature} if asked_by is not None else {}
    _record(unit, person.id, what="done", reason=reason, **named)
    return person


def remove_reset_factors(unit: Unit, person: Person) -> bool:
    """Carry out a reset whose day has passed, when its person next gives their password; whether there was one."""
    due = sa.select(FactorReset).where(
        FactorReset.person_id == person.id, FactorReset.effective_at <= unit.now, *_IS_OPEN
    )
    reset = unit.session.scalars(due.with_for_update()).first()
    if reset is None:
        return False
    remove_factors(unit, person.id)
    reset.done_at = unit.now
    _record(unit, person.id, what="done", reason=reset.reason)
    return True


def who_may_confirm(unit: Unit, person_id: int) -> list[Person]:
    """Give the others who manage people in every partnership of a person, by number, without the person themself."""
    session = unit.session
    partnership_ids = partnerships_of(session, person_id)
    query = (
        sa.select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.partnership_id.in_(partnership_ids),
            Membership.role.in_(GRANTS[Permission.MANAGE_PEOPLE]),
            Membership.ended_on.is_(None),
            Person.disabled_at.is_(None),
            Person.id.not_in([person_id, unit.actor.person_id or 0]),
        )
        .group_by(Person.id)
        .having(sa.func.count(sa.distinct(Membership.partnership_id)) == len(partnership_ids))
        .order_by(Person.id)
    )
    return list(session.scalars(query))


_IS_OPEN = (FactorReset.done_at.is_(None), FactorReset.stopped_at.is_(None))


def _lines(session: Session, condition: sa.ColumnElement[bool]) -> list[FactorResetLine]:
    query = (
        sa.select(
            FactorReset.id,
            Person.id,
            Person.name,
            Person.email,
            FactorReset.reason,
            ASKER.id,
            ASKER.name,
            FactorReset.asked_at,
            FactorReset.effective_at,
        )
        .join(Person, Person.id == FactorReset.person_id)
        .join(ASKER, ASKER.id == FactorReset.asked_by_id)
        .where(condition, *_IS_OPEN)
    )
    rows: Iterable[Any] = session.execute(query.order_by(FactorReset.id))
    return [FactorResetLine(*row) for row in rows]


def _open_reset(unit: Unit, reset_id: int) -> FactorReset:
    reset = unit.session.scalars(
        sa.select(FactorReset).where(FactorReset.id == reset_id, *_IS_OPEN).with_for_update()
    ).first()
    if reset is None:
        raise NotFound
    return reset


def _person_to_reset(unit: Unit, person_id: int) -> Person:
    query = sa.select(Person).where(Person.id == person_id, visible(unit.actor, Person))
    person = unit.session.scalars(query.with_for_update(of=Person)).first()
    if person is None:
        raise NotFound
    _require(unit.actor, unit.session, person)
    return person


def _require(actor: Actor, session: Session, person: Person) -> None:
    """Require that somebody manages people wherever the person works, and is not that person."""
    if person.id == actor.person_id:
        raise Refused("Nobody resets their own second factor. Use a recovery code, or ask somebody else.")
    held = sa.select(Membership.partnership_id, Membership.role).where(
        Membership.person_id == person.id, Membership.ended_on.is_(None)
    )
    for partnership_id, role in session.execute(held.order_by(Membership.id)):
        actor.require(Permission.MANAGE_PEOPLE, partnership_id)
        if realm_of(role) is Realm.CHILD_DEATHS and not actor.manages_child_deaths(partnership_id):
            raise NotAllowed(NOT_ALLOWED_CHILD_DEATH_FACTOR)


def _record(unit: Unit, person_id: int, **details: str) -> None:
    for partnership_id in partnerships_of(unit.session, person_id):
        unit.record(
            EventKind.FACTOR_RESET, partnership_id=partnership_id, details={"person": person_id} | dict(details)
        )
