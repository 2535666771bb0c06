"""What is there to put right: whose mail comes back, and which open actions have an owner who has left?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.models import AddressTrouble, Letter
from notifications.returns.address_problems import is_open
from reviews.access.permissions import Actor, Permission
from reviews.access.visibility import visible
from reviews.core.clock import local_day
from reviews.models import Action, Membership, Person
from workflows.core.vocabulary import Realm

WITH_TASKS = "morning-tasks"
"""The kind of a morning's letter that names these tasks: once a week, until they are solved."""


class Why(StrEnum):
    COMES_BACK = "comes back"
    LEFT = "has left"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One task of the business manager. `open_actions` are those of the person's that the reader may know of.

    `trouble_id` names the trouble of an address, and `answer` what its mail server said; a leaver has neither.
    """

    person_id: int
    name: str
    email: str
    since: date
    why: Why
    open_actions: int
    answer: str = ""
    trouble_id: int | None = None


def tasks_of(session: Session, actor: Actor, partnership_id: int) -> list[Trouble]:
    """Give what the actor is to put right in a partnership, the oldest first; nothing to who manages nobody there."""
    if not actor.may(Permission.MANAGE_PEOPLE, partnership_id):
        return []
    return _tasks(session, partnership_id, visible(actor, Action))


def read_tasks(session: Session, partnership_id: int) -> list[Trouble]:
    """Give what the mail of the business managers names: of child death review they know nothing."""
    return _tasks(session, partnership_id, Action.realm == Realm.REVIEWS)


def told_this_week(session: Session, partnership_id: int, morning: date) -> set[int]:
    """Give who had a letter with these tasks in the week of a morning, which begins on its Monday."""
    monday = morning - timedelta(days=morning.weekday())
    told = (Letter.partnership_id == partnership_id, Letter.morning >= monday, Letter.kind == WITH_TASKS)
    return set(session.scalars(sa.select(Letter.person_id).where(*told)))


def _tasks(session: Session, partnership_id: int, known: sa.ColumnElement[bool]) -> list[Trouble]:
    found = [*_returned(session, partnership_id, known), *_left(session, partnership_id, known)]
    return sorted(found, key=lambda each: (each.since, each.name, each.person_id))


def _returned(session: Session, partnership_id: int, known: sa.ColumnElement[bool]) -> Iterable[Trouble]:
    owned = (
        sa.select(sa.func.count(Action.id))
        .where(
            Action.owner_id == Person.id,
            Action.partnership_id == partnership_id,
            Action.ended_on.is_(None),
            known,
        )
        .correlate(Person)
        .scalar_subquery()
    )
    rows: Iterable[Any] = session.execute(
        sa.select(
            AddressTrouble.id, Person.id, Person.name, Person.email, AddressTrouble.reported_at, AddressTrouble.answer
        )
        .add_columns(owned)
        .join(Person, Person.id == AddressTrouble.person_id)
        .where(is_open(), AddressTrouble.person_id.in_(_working(partnership_id)), Person.disabled_at.is_(None))
        .order_by(AddressTrouble.reported_at)
    )
    first: dict[int, Trouble] = {}
    for trouble_id, person_id, name, email, reported_at, answer, count in rows:
        trouble = Trouble(
            person_id, name, email, local_day(reported_at), Why.COMES_BACK, count, answer, trouble_id=trouble_id
        )
        first.setdefault(person_id, trouble)
    return first.values()


def _left(session: Session, partnership_id: int, known: sa.ColumnElement[bool]) -> Iterable[Trouble]:
    once_here = sa.select(Membership.person_id).where(Membership.partnership_id == partnership_id)
    gone = Person.disabled_at.is_not(None) | Person.id.not_in(_working(partnership_id))
    rows: Iterable[Any] = session.execute(
        sa.select(
            Person.id,
            Person.name,
            Person.email,
            Person.disabled_at,
            _last_day(partnership_id),
            sa.func.count(Action.id),
        )
        .join(Action, Action.owner_id == Person.id)
        .where(Person.id.in_(once_here), gone)
        .where(Action.ended_on.is_(None), Action.partnership_id == partnership_id, known)
        .group_by(Person.id, Person.name, Person.email, Person.disabled_at)
        .order_by(Person.id)
    )
    for person_id, name, email, disabled_at, ended_on, count in rows:
        yield Trouble(person_id, name, email, _since(disabled_at, ended_on), Why.LEFT, count)


def _working(partnership_id: int) -> sa.Select[int]:
    return sa.select(Membership.person_id).where(
        Membership.partnership_id == partnership_id, Membership.ended_on.is_(None)
    )


def _last_day(partnership_id: int) -> sa.ScalarSelect[date | None]:
    return (
        sa.select(sa.func.max(Membership.ended_on))
        .where(Membership.person_id == Person.id, Membership.partnership_id == partnership_id)
        .correlate(Person)
        .scalar_subquery()
    )


def _since(disabled_at: datetime | None, ended_on: date | None) -> date:
    days = [local_day(disabled_at)] if disabled_at else []
    return min([*days, *([ended_on] if ended_on else [])])
