"""What went to whom?"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.ledger.filters import LedgerFilters, narrowed
from notifications.ledger.items import LedgerItem, items_of
from notifications.models import Letter, LetterState, Reminder, Tick
from notifications.process.heartbeat import last_tick
from notifications.process.queueing import KIND
from notifications.rounds.delivery_problems import WITH_TASKS
from reviews.access.permissions import Actor, Permission, realm_of
from reviews.access.visibility import visible, within
from reviews.models import Action, CaseClock, Membership, Person
from workflows.core.roles import Realm, Role

PAGE_SIZE = 50
ALL = LedgerFilters()
SORTS: dict[str, tuple[Any, ...]] = {
    "-morning": (Letter.morning.desc(), Person.name, Letter.id),
    "morning": (Letter.morning, Person.name, Letter.id),
    "to": (Person.name, Letter.morning.desc(), Letter.id),
    "-to": (Person.name.desc(), Letter.morning.desc(), Letter.id),
    "state": (Letter.state, Letter.morning.desc(), Person.name, Letter.id),
    "-state": (Letter.state.desc(), Letter.morning.desc(), Person.name, Letter.id),
}

COLUMNS = (
    Letter.id,
    Letter.morning,
    Letter.kind,
    Person.name,
    Person.email,
    Letter.state,
    Letter.tries,
    Letter.sent_at,
    Letter.answer,
    Letter.again_of_id,
    Letter.heard_at,
)


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One letter, with those of its actions and clocks that the reader may see; a copy has those of the first."""

    id: int
    morning: date
    kind: str
    to_name: str
    to_email: str
    state: LetterState
    tries: int
    sent_at: datetime | None
    answer: str
    again_of_id: int | None = None
    heard_at: datetime | None = None
    items: list[LedgerItem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LedgerPage:
    rows: Sequence[LedgerRow]
    total: int


def ledger(
    session: Session,
    actor: Actor,
    *,
    partnership_id: int,
    filters: LedgerFilters = ALL,
    sort: str = "-morning",
    page: int = 1,
    size: int = PAGE_SIZE,
) -> LedgerPage:
    """Give one page of a partnership's letters: those with something the reader may see. Pages begin at 1."""
    letters = letters_of(actor, partnership_id, filters)
    total = session.scalar(sa.select(sa.func.count()).select_from(letters.subquery())) or 0
    query = letters.with_only_columns(*COLUMNS).order_by(*SORTS.get(sort, SORTS["-morning"]))
    found = session.execute(query.limit(size).offset((max(page, 1) - 1) * size))
    rows = [LedgerRow(*row) for row in found]
    items = items_of(session, actor, {row.again_of_id or row.id for row in rows})
    for row in rows:
        row.items.extend(items.get(row.again_of_id or row.id, ()))
    return LedgerPage(rows, total)


def letters_of(actor: Actor, partnership_id: int, filters: LedgerFilters) -> sa.Select[int]:
    """Give the query for the numbers of a partnership's letters that match, joined with their people."""
    return (
        sa.select(Letter.id)
        .join(Person, Person.id == Letter.person_id)
        .where(Letter.partnership_id == partnership_id, shown_to(actor), *narrowed(filters, actor))
    )


def last_seen(session: Session) -> Tick | None:
    """Give the last tick of the reminder process: when, and what went wrong; None when it has never run."""
    return last_tick(session, "reminders")


def shown_to(actor: Actor) -> sa.ColumnElement[bool]:
    """Give the condition on letters: those of whose ledger they may see, and something of what stands in them.

    Letters about child death review alone are kept from those who may know nothing of it. Of letters without lines,
    those that ask for addresses and owners to be put right are for who is asked, and any other, such as a summary, is
    shown unless whoever got it works in child death review.
    """
    if actor.is_system:
        return sa.true()
    of_letter = Reminder.letter_id == sa.func.coalesce(Letter.again_of_id, Letter.id)
    return within(actor, Letter.partnership_id, Permission.SEE_REMINDERS) & sa.or_(
        sa.exists().where(of_letter, Action.id == Reminder.action_id, visible(actor, Action)),
        sa.exists().where(of_letter, CaseClock.id == Reminder.clock_id, visible(actor, CaseClock)),
        _without_lines(actor) & ~sa.exists().where(of_letter),
    )


def _without_lines(actor: Actor) -> sa.ColumnElement[bool]:
    of_tasks = within(actor, Letter.partnership_id, Permission.MANAGE_PEOPLE) & (Letter.kind == WITH_TASKS)
    in_deaths = works_in_deaths(Letter.person_id, Letter.partnership_id)
    return of_tasks | (Letter.kind.not_in([KIND, WITH_TASKS]) & ~in_deaths)


def works_in_deaths(person_id: Any, partnership_id: Any) -> sa.ColumnElement[bool]:
    """Give the condition on who has, or had, a role of child death review there."""
    return sa.exists().where(
        Membership.person_id == person_id,
        Membership.partnership_id == partnership_id,
        Membership.role.in_([role for role in Role if realm_of(role) is Realm.CHILD_DEATHS]),
    )
