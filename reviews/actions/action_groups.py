"""Which actions does a number of the summary count? The same condition makes the number and the list behind it."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from reviews.actions.parked import PARKED
from reviews.core.db import written_out
from reviews.models import Action, ExtensionRequest, ImpactCheck
from workflows.definitions.action import OPEN, OUTSTANDING, A

SOON = timedelta(days=30)

Condition: TypeAlias = Callable[[date], ColumnElement[bool]]


def _open() -> ColumnElement[bool]:
    return Action.stage.in_(sorted(OPEN))


def _outstanding(_today: date) -> ColumnElement[bool]:
    return Action.stage.in_(sorted(OUTSTANDING))


def _unowned() -> ColumnElement[bool]:
    """Whoever a parked action is kept by looks after it, and does not own it."""
    return Action.owner_id.is_(None) | Action.owner_text.startswith(PARKED)


def _more_time_asked(_today: date) -> ColumnElement[bool]:
    """Of each action alone it is asked whether a wish waits: those of other partnerships are not read."""
    this = sa.literal_column("actions.id", ExtensionRequest.action_id.type)
    return _open() & sa.exists().where(ExtensionRequest.action_id == this, ExtensionRequest.answered_at.is_(None))


def _impact_due(today: date) -> ColumnElement[bool]:
    this = sa.literal_column("actions.id", ImpactCheck.action_id.type)
    due = (ImpactCheck.action_id == this) & ImpactCheck.answered_on.is_(None) & (ImpactCheck.due_on <= today)
    return (Action.stage == A.AWAITING_IMPACT.value) & sa.exists().where(due)


def _late_by(fewest: int, most: int | None) -> Condition:
    """Give the condition of an age band: late by so many days, both ends included."""

    def late(today: date) -> ColumnElement[bool]:
        condition = _open() & (Action.due_on <= today - timedelta(days=fewest))
        return condition if most is None else condition & (Action.due_on >= today - timedelta(days=most))

    return late


GROUPS: Mapping[str, tuple[str, Condition]] = {
    "outstanding": ("Outstanding", _outstanding),
    "overdue": ("Overdue", _late_by(1, None)),
    "due_soon": ("Due in the next 30 days", lambda today: _open() & Action.due_on.between(today, today + SOON)),
    "awaiting_sign_off": ("Awaiting sign-off", lambda _today: Action.stage == "submitted"),
    "no_owner": ("No owner", lambda today: _outstanding(today) & _unowned()),
    "no_date": ("No date", lambda _today: _open() & Action.due_on.is_(None)),
}
WAITING: Mapping[str, tuple[str, Condition]] = {
    "more_time": ("More time asked for", _more_time_asked),
    "impact_due": ("Impact to be checked", _impact_due),
}
"""What waits for an answer of the chair or the partners: counted once, and not for each agency."""
LISTED = {**GROUPS, **WAITING}
"""Every one lies within the live actions, those whose `ended_on` is empty."""

AGES: Mapping[str, tuple[str, Condition]] = {
    "1-30": ("1 to 30 days late", _late_by(1, 30)),
    "31-90": ("31 to 90 days late", _late_by(31, 90)),
    "over 90": ("Over 90 days late", _late_by(91, None)),
}


@lru_cache(maxsize=32)
def counted_by(name: str, today: date) -> ColumnElement[bool]:
    """Give the condition of a group or an age on a day."""
    _, condition = {**LISTED, **AGES}[name]
    return written_out(condition(today))
