"""What went to whom, and is the reminder process alive?"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.models import Letter, LetterState, Reminder, Tick
from notifications.ticks import last_tick
from reviews.definitions import present_catalogue
from reviews.models import Action, Case, CaseClock, Person
from reviews.permissions import Actor, Permission
from reviews.visibility import visible, within

PAGE_SIZE = 50
SORTS: dict[str, tuple[Any, ...]] = {
    "-morning": (Letter.morning.desc(), Person.name, Letter.id),
    "morning": (Letter.morning, Person.name, Letter.id),
    "to": (Person.name, Letter.morning.desc(), Letter.id),
    "-to": (Person.name.desc(), Letter.morning.desc(), Letter.id),
    "state": (Letter.state, Letter.morning.desc(), Person.name, Letter.id),
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
)


@dataclass(frozen=True, slots=True)
class LedgerFilters:
    """`to` is looked for in names and addresses; days are mornings, both included."""

    state: LetterState | None = None
    to: str = ""
    since_on: date | None = None
    until_on: date | None = None


@dataclass(frozen=True, slots=True)
class LedgerItem:
    """An action, or the clock of a case: that has a title, and the address is the reference of its case."""

    reference: str
    address: str
    rung: str
    clock: str = ""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One letter, with those of its actions and clocks that the reader may see."""

    id: int
    morning: date
    kind: str
    to_name: str
    to_email: str
    state: LetterState
    tries: int
    sent_at: datetime | None
    answer: str
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
    filters: LedgerFilters = LedgerFilters(),
    sort: str = "-morning",
    page: int = 1,
    size: int = PAGE_SIZE,
) -> LedgerPage:
    """Give one page of a partnership's letters: those with something the reader may see. Pages begin at 1."""
    chosen = sa.and_(
        Letter.partnership_id == partnership_id,
        within(actor, Letter.partnership_id, Permission.SEE_REMINDERS),
        _has_something_visible(actor),
        *_narrowed(filters),
    )
    letters = sa.select(Letter.id).join(Person, Person.id == Letter.person_id).where(chosen)
    total = session.scalar(sa.select(sa.func.count()).select_from(letters.subquery())) or 0
    query = letters.with_only_columns(*COLUMNS).order_by(*SORTS.get(sort, SORTS["-morning"]))
    found = session.execute(query.limit(size).offset((max(page, 1) - 1) * size))
    rows = {row.id: LedgerRow(*row) for row in found}
    _fill(session, actor, rows)
    return LedgerPage(list(rows.values()), total)


def last_seen(session: Session) -> Tick | None:
    """Give the last tick of the reminder process: when, and what went wrong; None when it has never run."""
    return last_tick(session, "reminders")


def _has_something_visible(actor: Actor) -> sa.ColumnElement[bool]:
    """Keep letters about child death review alone from those who may know nothing of it."""
    if actor.is_system:
        return sa.true()
    of_letter = Reminder.letter_id == Letter.id
    return sa.or_(
        sa.exists().where(of_letter, Action.id == Reminder.action_id, visible(actor, Action)),
        sa.exists().where(of_letter, CaseClock.id == Reminder.clock_id, visible(actor, CaseClock)),
    )


def _narrowed(filters: LedgerFilters) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if filters.state is not None:
        conditions.append(Letter.state == filters.state)
    if filters.to.strip():
        wanted = filters.to.strip().lower()
        conditions.append(
            sa.func.lower(Person.name).contains(wanted, autoescape=True)
            | Person.email.contains(wanted, autoescape=True)
        )
    if filters.since_on is not None:
        conditions.append(Letter.morning >= filters.since_on)
    if filters.until_on is not None:
        conditions.append(Letter.morning <= filters.until_on)
    return conditions


def _fill(session: Session, actor: Actor, rows: dict[int, LedgerRow]) -> None:
    _fill_clocks(session, actor, rows)
    found = session.execute(
        sa.select(Reminder.letter_id, Action.reference, Action.address, Reminder.rung)
        .join(Action, Action.id == Reminder.action_id)
        .where(Reminder.letter_id.in_(rows), visible(actor, Action))
        .order_by(Action.reference, Reminder.rung)
    )
    for letter_id, *item in found:
        rows[letter_id].items.append(LedgerItem(*item))


def _fill_clocks(session: Session, actor: Actor, rows: dict[int, LedgerRow]) -> None:
    catalogue = present_catalogue(session)
    found = session.execute(
        sa.select(
            Reminder.letter_id, Reminder.rung, Case.reference, Case.workflow, Case.workflow_version, CaseClock.name
        )
        .join(CaseClock, CaseClock.id == Reminder.clock_id)
        .join(Case, Case.id == CaseClock.case_id)
        .where(Reminder.letter_id.in_(rows), visible(actor, Case))
        .order_by(Case.reference, CaseClock.name, Reminder.rung)
    )
    for letter_id, rung, reference, workflow, version, name in found:
        title = catalogue.deadline(workflow, version, name).title
        rows[letter_id].items.append(LedgerItem(reference, reference, rung, title))
