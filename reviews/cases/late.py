"""When a case or an action is late: the one definition, for a row in hand and for a query.

A case is late when any clock in it, or in a case inside it, has passed its due day unmet, whatever its rank; what is
shown is the clock due longest ago. The clocks of a closed case run no more.
An action is late when the day it was done, or today while none is given, is after its due day. A submission that is
returned was never made. What is not to be done is not late, nor is what was done on a day that nobody knows, nor what
may have ended before it was brought in, until somebody decides.
"""

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from reviews.access.permissions import Actor
from reviews.access.visibility import visible_with
from reviews.core.db import days_between
from reviews.models import Action, Case, CaseClock
from workflows.core.lateness import Lateness, days_past
from workflows.definitions.action import ACHIEVED, OUTSTANDING, ActionStage

Holder = aliased(Case, name="holders")
"""The case that has a clock, beside the case it is in: the same, or one inside it."""


def next_due(actor: Actor) -> sa.ScalarSelect[Any]:
    """Give the first due day of the clocks that run in a case or inside it, of those the reader may see."""
    return (
        sa.select(sa.func.min(CaseClock.due_on))
        .join(Holder, Holder.id == CaseClock.case_id)
        .where(
            (Holder.id == Case.id) | (Holder.parent_id == Case.id),
            visible_with(actor, Holder),
            Holder.closed_on.is_(None),
            Case.closed_on.is_(None),
            CaseClock.met_on.is_(None),
            CaseClock.dropped_on.is_(None),
        )
        .correlate(Case)
        .scalar_subquery()
    )


def is_late(actor: Actor, today: date) -> sa.ColumnElement[bool]:
    """Give the condition for cases that are late, as far as the reader may see what they are late with."""
    return next_due(actor) < today


ACCEPTED = ACHIEVED | {ActionStage.AWAITING_IMPACT}


def action_lateness(
    stage: str, due_on: date | None, done_on: date | None, today: date, *, awaiting_status: bool = False
) -> Lateness:
    """Give how late an action is, or was when it was done."""
    if awaiting_status:
        return days_past(None, None)
    if stage in OUTSTANDING:
        return days_past(due_on, done_on or today)
    return days_past(due_on, done_on if stage in ACCEPTED else None)


def is_overdue(today: date) -> sa.ColumnElement[bool]:
    """Give the condition for actions that are late and not yet accepted, those that are submitted among them."""
    done_in_time = Action.done_on <= Action.due_on
    return _outstanding() & (Action.due_on < today) & (Action.done_on.is_(None) | ~done_in_time)


def is_overdue_by(fewest: int, most: int | None, today: date) -> sa.ColumnElement[bool]:
    """Give the condition for overdue actions that are late by so many days, both ends included."""
    waits, late = Action.done_on.is_(None), days_between(Action.done_on, Action.due_on)
    since = _outstanding() & (Action.due_on <= today - timedelta(days=fewest))
    if most is None:
        return since & (waits | (late >= fewest))
    return since & ((waits & (Action.due_on >= today - timedelta(days=most))) | late.between(fewest, most))


def _outstanding() -> sa.ColumnElement[bool]:
    return Action.stage.in_(sorted(OUTSTANDING)) & ~is_awaiting_status()


def is_awaiting_status() -> sa.ColumnElement[bool]:
    """Give the condition for actions that may have ended before they were brought in, while nobody has decided."""
    # named as text: written out with its type it would be compared with 1, which PostgreSQL refuses
    return sa.literal_column("actions.awaiting_status")
