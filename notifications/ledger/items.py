"""Of which actions and clocks did letters speak, as far as the reader may see them?"""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.models import Reminder
from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.definitions.catalogue import present_catalogue
from reviews.models import Action, Case, CaseClock


@dataclass(frozen=True, slots=True)
class LedgerItem:
    """An action, or the clock of a case: that has a title, and the address is the reference of its case."""

    reference: str
    address: str
    rung: str
    clock: str = ""


def items_of(session: Session, actor: Actor, letters: Collection[int]) -> dict[int, list[LedgerItem]]:
    """Give what letters spoke of, by letter: clocks first, then actions, by reference."""
    found: dict[int, list[LedgerItem]] = {}
    _add_clocks(session, actor, letters, found)
    rows = session.execute(
        sa.select(Reminder.letter_id, Action.reference, Action.address, Reminder.rung)
        .join(Action, Action.id == Reminder.action_id)
        .where(Reminder.letter_id.in_(letters), visible(actor, Action))
        .order_by(Action.reference, Reminder.rung)
    )
    for letter_id, *item in rows:
        found.setdefault(letter_id, []).append(LedgerItem(*item))
    return found


def _add_clocks(session: Session, actor: Actor, letters: Collection[int], found: dict[int, list[LedgerItem]]) -> None:
    catalogue = present_catalogue(session)
    rows = session.execute(
        sa.select(
            Reminder.letter_id, Reminder.rung, Case.reference, Case.workflow, Case.workflow_version, CaseClock.name
        )
        .join(CaseClock, CaseClock.id == Reminder.clock_id)
        .join(Case, Case.id == CaseClock.case_id)
        .where(Reminder.letter_id.in_(letters), visible(actor, Case))
        .order_by(Case.reference, CaseClock.name, Reminder.rung)
    )
    for letter_id, rung, reference, workflow, version, name in rows:
        title = catalogue.deadline(workflow, version, name).title
        found.setdefault(letter_id, []).append(LedgerItem(reference, reference, rung, title))
