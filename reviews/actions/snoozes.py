"""For whom does an action rest now, and until when?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.models import Action, Person, Snooze


@dataclass(frozen=True, slots=True)
class Rest:
    """`until_on` is the day from which the person is reminded again."""

    name: str
    until_on: date
    reason: str


def rests(session: Session, action: Action, today: date) -> list[Rest]:
    """Give what rests of an action the reader sees, with its present date, the longest first."""
    rows: Iterable[Any] = session.execute(
        sa.select(Person.id, Person.name, Snooze.until_on, Snooze.reason)
        .join(Person, Person.id == Snooze.person_id)
        .where(Snooze.action_id == action.id, Snooze.about == action.due_on, Snooze.until_on > today)
        .order_by(Snooze.until_on.desc(), Snooze.id.desc())
    )
    found: dict[int, Rest] = {}
    for person_id, name, until_on, reason in rows:
        found.setdefault(person_id, Rest(name, until_on, reason))
    return list(found.values())
