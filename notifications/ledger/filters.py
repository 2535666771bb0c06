"""Which letters of the ledger are asked for?"""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from notifications.models import Letter, LetterState, Reminder
from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.models import Action, Case, CaseClock, Person


@dataclass(frozen=True, slots=True)
class LedgerFilters:
    """`to` is looked for in names and addresses, `about` in references; days are mornings, both included."""

    state: LetterState | None = None
    to: str = ""
    kind: str = ""
    about: str = ""
    since_on: date | None = None
    until_on: date | None = None


def narrowed(filters: LedgerFilters, actor: Actor) -> list[sa.ColumnElement[bool]]:
    """Give the conditions on letters, joined with their people. What the reader may not see is not searched."""
    conditions: list[sa.ColumnElement[bool]] = []
    if filters.state is not None:
        conditions.append(Letter.state == filters.state)
    if filters.kind:
        conditions.append(Letter.kind == filters.kind)
    if filters.to.strip():
        conditions.append(_to(filters.to.strip().lower()))
    if filters.about.strip():
        conditions.append(_about(filters.about.strip(), actor))
    if filters.since_on is not None:
        conditions.append(Letter.morning >= filters.since_on)
    if filters.until_on is not None:
        conditions.append(Letter.morning <= filters.until_on)
    return conditions


def _to(wanted: str) -> sa.ColumnElement[bool]:
    return sa.func.lower(Person.name).contains(wanted, autoescape=True) | Person.email.contains(wanted, autoescape=True)


def _about(wanted: str, actor: Actor) -> sa.ColumnElement[bool]:
    actions = (
        sa.select(Reminder.letter_id)
        .join(Action, Action.id == Reminder.action_id)
        .where(
            visible(actor, Action),
            Action.reference.icontains(wanted, autoescape=True) | Action.address.icontains(wanted, autoescape=True),
        )
    )
    clocks = (
        sa.select(Reminder.letter_id)
        .join(CaseClock, CaseClock.id == Reminder.clock_id)
        .join(Case, Case.id == CaseClock.case_id)
        .where(visible(actor, Case), Case.reference.icontains(wanted, autoescape=True))
    )
    said_in = sa.func.coalesce(Letter.again_of_id, Letter.id)
    return said_in.in_(actions) | said_in.in_(clocks)
