"""Delivery problems for the business unit: returned mail, and open actions of owners who have left."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.models import AddressProblem, FailureKind, Letter, SendingFault
from notifications.returns.address_problems import SHOWN_FOR, is_shown, needs_somebody
from reviews.access.permissions import Actor, Permission
from reviews.access.visibility import visible
from reviews.core.clock import local_day
from reviews.core.db import UtcDateTime
from reviews.models import Action, Membership, Person
from workflows.core.vocabulary import Realm

Condition: TypeAlias = sa.ColumnElement[bool]
Rows: TypeAlias = sa.Select[*tuple[Any, ...]]
Statements: TypeAlias = tuple[Rows, Rows]
"""Those that select the problems of addresses, and the leavers."""
WITH_TASKS = "morning-tasks"
"""The kind of a morning letter that lists these tasks: once a week, until they are solved."""


class ProblemCause(StrEnum):
    COMES_BACK = "comes back"
    PASSING = "came back, and is tried again"
    UNCLEAR = "report not understood"
    LEFT = "has left"


@dataclass(frozen=True, slots=True)
class DeliveryProblem:
    """One task for the business unit. `open_actions` counts those of the person's actions that the reader may see.

    `problem_id` is the stored problem of the address and `answer` the code of the mail server; a leaver has neither.
    `kind` is that of the failure, `reports` the number of letters that came back, and `letter_id` the last of them.
    """

    person_id: int
    name: str
    email: str
    since: date
    why: ProblemCause
    open_actions: int
    answer: str = ""
    problem_id: int | None = None
    kind: FailureKind | None = None
    reports: int = 1
    letter_id: int | None = None


def tasks_of(session: Session, actor: Actor, partnership_id: int, now: datetime) -> list[DeliveryProblem]:
    """Return the actor's tasks in a partnership, the oldest first; none for somebody who does not solve them there.

    The actions of a leaver are among them until they have an owner of their own, also while somebody looks after them.
    """
    if not actor.may(Permission.SOLVE_DELIVERY_PROBLEMS, partnership_id):
        return []
    return _tasks(session, _statements_for(actor, partnership_id), {"shown_since": now - SHOWN_FOR})


@lru_cache(maxsize=256)
def _statements_for(actor: Actor, partnership_id: int) -> Statements:
    """Build the statements of a reader. Cached: home pages count the tasks, and building takes as long as running."""
    readable, since = visible(actor, Action), sa.bindparam("shown_since", type_=UtcDateTime())
    still_theirs = sa.or_(Action.owner_id == Person.id, Action.previous_owner_id == Person.id)
    return _returned(partnership_id, readable, is_shown(since)), _left(partnership_id, readable, still_theirs)


def read_tasks(session: Session, partnership_id: int) -> list[DeliveryProblem]:
    """Return the tasks for the business unit's mail, counting no action of child death review.

    What may pass by itself, such as a full mailbox, is on the page alone. What somebody looks after is no task here:
    they are told of it themselves.
    """
    is_theirs = sa.or_(
        Action.owner_id == Person.id, sa.and_(Action.owner_id.is_(None), Action.previous_owner_id == Person.id)
    )
    readable = Action.realm == Realm.REVIEWS
    return _tasks(
        session, (_returned(partnership_id, readable, needs_somebody()), _left(partnership_id, readable, is_theirs)), {}
    )


def sent_tasks_this_week(session: Session, partnership_id: int, morning: date) -> set[int]:
    """Return the people who had a letter with these tasks since the Monday of this morning's week."""
    monday = morning - timedelta(days=morning.weekday())
    this_week = (Letter.partnership_id == partnership_id, Letter.morning >= monday, Letter.kind == WITH_TASKS)
    return set(session.scalars(sa.select(Letter.person_id).where(*this_week)))


def _tasks(session: Session, statements: Statements, values: Mapping[str, object]) -> list[DeliveryProblem]:
    returned, left = statements
    found = [*_of_addresses(session.execute(returned, values)), *map(_of_leaver, session.execute(left))]
    return sorted(found, key=lambda each: (each.since, each.name, each.person_id))


def _of_addresses(rows: Iterable[Any]) -> Iterable[DeliveryProblem]:
    closed: set[int] = set()
    for problem, name, count in rows:
        if problem.person_id not in closed:
            yield _of_address(problem, name, count)
        if problem.closes:
            closed.add(problem.person_id)


def _of_leaver(row: Any) -> DeliveryProblem:
    person_id, name, email, disabled_at, ended_on, count = row
    return DeliveryProblem(person_id, name, email, _since(disabled_at, ended_on), ProblemCause.LEFT, count)


def _returned(partnership_id: int, readable: Condition, shown: Condition) -> Rows:
    """Select the problems of addresses, without those that are a fault of our sending: that is shown as one."""
    owned = (
        sa.select(sa.func.count(Action.id))
        .where(
            Action.owner_id == Person.id,
            Action.partnership_id == partnership_id,
            Action.ended_on.is_(None),
            readable,
        )
        .correlate(Person)
        .scalar_subquery()
    )
    at_fault = sa.select(SendingFault.kind).where(SendingFault.ended_at.is_(None))
    return (
        sa.select(AddressProblem, Person.name, owned)
        .join(Person, Person.id == AddressProblem.person_id)
        .where(shown, AddressProblem.person_id.in_(_working(partnership_id)), Person.disabled_at.is_(None))
        .where(AddressProblem.closes | AddressProblem.kind.not_in(at_fault))
        .order_by(AddressProblem.closes.desc(), AddressProblem.reported_at, AddressProblem.id)
    )


def _of_address(problem: AddressProblem, name: str, open_actions: int) -> DeliveryProblem:
    why = ProblemCause.COMES_BACK if problem.closes else ProblemCause.PASSING
    return DeliveryProblem(
        problem.person_id,
        name,
        problem.email,
        local_day(problem.reported_at),
        ProblemCause.UNCLEAR if problem.kind is FailureKind.UNCLEAR else why,
        open_actions,
        problem.answer,
        problem_id=problem.id,
        kind=problem.kind,
        reports=problem.reports,
        letter_id=problem.letter_id,
    )


def _left(partnership_id: int, readable: Condition, still_theirs: Condition) -> Rows:
    ever_here = sa.select(Membership.person_id).where(Membership.partnership_id == partnership_id)
    gone = Person.disabled_at.is_not(None) | Person.id.not_in(_working(partnership_id))
    return (
        sa.select(
            Person.id,
            Person.name,
            Person.email,
            Person.disabled_at,
            _last_day(partnership_id),
            sa.func.count(Action.id),
        )
        .join(Action, still_theirs)
        .where(Person.id.in_(ever_here), gone)
        .where(Action.ended_on.is_(None), Action.partnership_id == partnership_id, readable)
        .group_by(Person.id, Person.name, Person.email, Person.disabled_at)
        .order_by(Person.id)
    )


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
